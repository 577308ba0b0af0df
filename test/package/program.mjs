/**
 * Runs the program of the package as `npx webtorrent-dht` does: packed, in an empty folder, beside its runtime dependencies alone.
 * `node test/package/program.mjs package.tgz`; prints the seconds to listening, the megabytes and the memory, and exits with 1 if
 * it does not work or takes longer than promised.
 */

import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { root, run } from '../../scripts/setup.mjs'

/** Seconds of a processor until it listens: the clock's depend on what else runs. */
const MOST_SECONDS = 2
/** The best of them counts. */
const RUNS = 3
const MEGABYTE = 1_000_000

const [tarball] = process.argv.slice(2)
if (tarball === undefined) throw new Error('Usage: node test/package/program.mjs package.tgz')

const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-program-'))
try {
  const program = await install(resolve(tarball))
  const runs = []
  for (let i = 0; i < RUNS; i++) runs.push(await listen(program))
  const seconds = Math.min(...runs.map(({ seconds }) => seconds))
  const memory = Math.min(...runs.map(({ memory }) => memory))
  const work = Math.min(...runs.map(({ work }) => work))
  const shown = [
    `listening after ${seconds.toFixed(2)} s and ${work.toFixed(2)} s of a processor`,
    `${(sizeOf(join(folder, 'node_modules')) / MEGABYTE).toFixed(1)} MB installed`,
    `${(memory / MEGABYTE).toFixed(1)} MB of memory when idle`
  ]
  console.log(`ok    ${shown.join(', ')}`)
  if (work > MOST_SECONDS) throw new Error(`It should need at most ${MOST_SECONDS} s of a processor.`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Puts the package and its runtime dependencies where npm would. */
async function install(file) {
  const target = join(folder, 'node_modules/webtorrent-dht')
  mkdirSync(target, { recursive: true })
  const { code, output } = await run('tar', ['-xzf', file, '--strip-components=1', '-C', target])
  if (code !== 0) throw new Error(output)
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  for (const [path, { dev, peer }] of Object.entries(packages)) {
    const isInstalled = path !== '' && !dev && !peer && existsSync(join(root, path))
    if (isInstalled)
      cpSync(join(root, path), join(folder, path), { recursive: true, filter: isOwn(join(root, path)) })
  }
  const { bin } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'))
  return join(target, bin['webtorrent-dht'])
}

/** Packages inside a package have a line of their own. */
function isOwn(path) {
  return source => !source.slice(path.length).includes('node_modules')
}

/** Starts the program, looks at its status, and ends it. */
async function listen(program) {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [program, '--host', '127.0.0.1', '--port', '0'], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 30_000
  })
  const ended = new Promise(resolve => child.once('exit', resolve))
  let output = ''
  const url = await new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', text => {
      output += text
      const [, found] = /^bootstrap: '(.*)'$/m.exec(output) ?? []
      if (found) resolve(found)
    })
    ended.then(code => reject(new Error(`It ended with ${code}: ${output}`)))
  })
  const seconds = (performance.now() - startedAt) / 1000
  const { cpu: work, memory } = await (await fetch(`${url}/status`)).json()
  child.kill()
  const code = await ended
  if (code !== 0) throw new Error(`It ended with ${code}: ${output}`)
  return { seconds, work, memory }
}

function sizeOf(path) {
  const entry = lstatSync(path)
  if (!entry.isDirectory()) return entry.size
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}
