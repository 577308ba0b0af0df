/**
 * Checks the package as its users get it: packed, installed beside nothing but its own dependencies, imported, required and
 * compiled against. `node test/package/check.mjs package.tgz`; prints one line a promise and exits with 1 if one is broken.
 */

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { root, run } from '../../scripts/setup.mjs'
import { programs, typed } from './consumers.mjs'

const [tarball] = process.argv.slice(2)
if (tarball === undefined) throw new Error('Usage: node test/package/check.mjs package.tgz')

const project = mkdtempSync(join(tmpdir(), 'webtorrent-dht-consumer-'))
let hasFailed = false
try {
  await install(resolve(tarball))
  for (const [promise, { file, code }] of Object.entries(programs)) {
    writeFileSync(join(project, file), code)
    await check(promise, process.execPath, [file])
  }
  for (const [promise, { files, compilerOptions, needsNode = true }] of Object.entries(typed)) {
    linkNodeTypes(needsNode)
    writeConsumer(files, compilerOptions)
    await check(promise, process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project])
  }
} finally {
  rmSync(project, { recursive: true, force: true })
}
if (hasFailed) process.exitCode = 1

async function check(promise, command, args) {
  const { code, output } = await run(command, args, { cwd: project })
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'}  ${promise}`)
  if (code === 0) return
  hasFailed = true
  console.log(output)
}

/** Unpacks the package and links what it depends on: not what only its development does. */
async function install(file) {
  const target = join(project, 'node_modules/webtorrent-dht')
  mkdirSync(target, { recursive: true })
  const { code, output } = await run('tar', ['-xzf', file, '--strip-components=1', '-C', target])
  if (code !== 0) throw new Error(output)
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  for (const [path, { dev }] of Object.entries(packages)) {
    const isDependency = !dev && /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path)
    if (isDependency) link(path, join(target, path))
  }
}

/** The types of Node.js with what they depend on, for consumers that have them: the package must do without. */
function linkNodeTypes(isWanted) {
  for (const name of ['@types/node', 'undici-types']) {
    const place = join(project, 'node_modules', name)
    rmSync(place, { force: true })
    if (isWanted) link(`node_modules/${name}`, place)
  }
}

function link(path, place) {
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(join(root, path), place, 'junction')
}

function writeConsumer(files, compilerOptions) {
  for (const name of readdirSync(project).filter(entry => entry !== 'node_modules'))
    rmSync(join(project, name), { recursive: true })
  writeFileSync(join(project, 'package.json'), '{"type": "module"}')
  const strict = { strict: true, skipLibCheck: false, noEmit: true, exactOptionalPropertyTypes: true }
  const config = {
    compilerOptions: { ...strict, target: 'es2022', ...compilerOptions },
    files: Object.keys(files)
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config))
  for (const [name, code] of Object.entries(files)) writeFileSync(join(project, name), code)
}
