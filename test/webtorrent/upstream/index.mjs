/**
 * The tests that torrent-discovery and WebTorrent have of their DHT, with this package in place of bittorrent-dht: all files that
 * import it. They come from git at run time, unchanged: from the folder in UPSTREAM_MIRROR, which has a repository as
 * `owner+name/repo` or `name`, else from GitHub. Where they cannot be had, that is said, and nothing fails.
 */

import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const SUITES = [
  { repository: 'webtorrent/torrent-discovery', tag: 'v11.0.21', installed: 'torrent-discovery' },
  { repository: 'webtorrent/webtorrent', tag: 'v2.8.5', installed: 'webtorrent-2' },
  { repository: 'webtorrent/webtorrent', tag: 'v3.0.21', installed: 'webtorrent-3' }
]
/** Milliseconds for all tests of a file, and for its process to end by itself. */
const FILE_TIMEOUT = 60_000
const REGISTER = new URL('register.mjs', import.meta.url).href

const scratch = mkdtempSync(join(tmpdir(), 'webtorrent-dht-upstream-'))
const total = { passed: 0, failed: 0, skipped: 0 }
try {
  for (const suite of SUITES) await runSuite(suite)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
console.log(
  `\n${total.passed} passed, ${total.failed} failed; ${total.skipped} of ${SUITES.length} suites skipped`
)
if (total.failed > 0) process.exitCode = 1

async function runSuite({ repository, tag, installed }) {
  console.log(`\n${repository} ${tag}`)
  const folder = join(scratch, installed)
  const problem = fetchTests(repository, tag, folder)
  if (problem) {
    total.skipped++
    return console.log(`  SKIPPED: its tests cannot be had. ${problem}`)
  }
  const files = readdirSync(join(folder, 'test'), { recursive: true })
    .filter(
      file =>
        file.endsWith('.js') && readFileSync(join(folder, 'test', file), 'utf8').includes("'bittorrent-dht'")
    )
    .sort()
  if (files.length === 0) throw new Error(`no test of ${repository} imports bittorrent-dht`)
  const release = new URL(`../node_modules/${installed}/index.js`, import.meta.url)
  if (!existsSync(release)) throw new Error(`${fileURLToPath(release)} is not installed`)
  for (const file of files) await runFile(folder, file, release.href)
}

/** Lays the folder `test` of a tag into a folder. Returns why that cannot be done, if it cannot. */
function fetchTests(repository, tag, folder) {
  const { UPSTREAM_MIRROR: mirror } = process.env
  const [owner, name] = repository.split('/')
  const places = mirror
    ? [join(mirror, `${owner}+${name}`, 'repo'), join(mirror, name)]
    : [`https://github.com/${repository}.git`]
  const source = places.find(place => !mirror || existsSync(place))
  if (!source) return `UPSTREAM_MIRROR has neither ${places.join(' nor ')}.`
  try {
    const options = { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, GIT_TERMINAL_PROMPT: '0' } }
    const url = mirror ? pathToFileURL(source).href : source
    const clone = [
      'clone',
      '--quiet',
      '--depth',
      '1',
      '--branch',
      tag,
      '-c',
      'advice.detachedHead=false',
      url,
      folder
    ]
    execFileSync('git', clone, options)
  } catch (error) {
    return String(error.stderr ?? error).trim()
  }
}

async function runFile(folder, file, release) {
  const { output, problem } = await runProcess(join(folder, 'test', file), {
    UPSTREAM_TESTS: pathToFileURL(`${folder}/`).href,
    UPSTREAM_RELEASE: release
  })
  const tests = readTests(output)
  const hasNodes = /^# nodes made: [1-9]/m.test(output)
  const complaint = problem || (hasNodes ? '' : 'It made no node of this package.')
  if (tests.length === 0) tests.push({ name: '(no test)', passes: 0, failures: [] })
  if (complaint) tests.at(-1).failures.push(complaint)
  for (const { name, passes, failures } of tests) {
    const hasPassed = passes > 0 && failures.length === 0
    total[hasPassed ? 'passed' : 'failed']++
    console.log(`  ${hasPassed ? 'ok  ' : 'FAIL'} ${file}: ${name}`)
    for (const failure of failures) console.log(`       ${failure}`)
  }
}

/** Runs one file. `problem` says what is wrong with the way in which the process ended, if not with a test. */
function runProcess(path, env) {
  return new Promise(resolve => {
    const child = spawn(process.execPath, ['--import', REGISTER, path], {
      cwd: scratch,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let output = ''
    let complaints = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      complaints += text
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), FILE_TIMEOUT)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      const isComplete = /^# (?:ok|fail +\d+)$/m.test(output)
      if (signal)
        resolve({ output, problem: `ended by ${signal}, ${isComplete ? 'after' : 'before'} its last test` })
      else resolve({ output, problem: isComplete ? '' : `exit code ${code}\n${complaints}` })
    })
  })
}

/** The tests in the output of tape. */
function readTests(output) {
  const tests = []
  for (const line of output.split('\n')) {
    const [, name] = /^# (?!nodes made: |tests |pass |fail |ok$)(.+)$/.exec(line) ?? []
    const [, failure] = /^not ok \d+ (.*)$/.exec(line) ?? []
    if (name) tests.push({ name, passes: 0, failures: [] })
    if (line.startsWith('ok ')) tests.at(-1).passes++
    if (failure) tests.at(-1).failures.push(failure)
  }
  return tests
}
