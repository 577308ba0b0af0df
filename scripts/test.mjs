/**
 * `npm test`: everything that must pass, each step with its time, going on after a failure so that all is reported. The last
 * line is the total: `N passed, N failed`. A step counts as one; of the tests each counts.
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBrowsers } from './browsers.mjs'
import { ensureServices } from './services.mjs'
import { build, installPackages, npm, root, run } from './setup.mjs'
import { testBrowsers } from './test-browsers.mjs'

/** A test that hangs should not hang whatever waits for it. */
const TEST_TIMEOUT = 20 * 60 * 1000

const bin = name => join(root, 'node_modules', name)
/** Bytes of the tarball. */
const MOST_PACKED = 650_000
const scratch = mkdtempSync(join(tmpdir(), 'webtorrent-dht-test-'))
const total = { passed: 0, failed: 0 }

try {
  await step('install', installPackages)
  await step('types (tsc)', build)
  await step('lint (biome)', () => node(bin('@biomejs/biome/bin/biome'), 'check', '.'))
  const browsers = await step('browsers', getBrowsers)
  const tarball = await step('pack', pack)
  if (tarball) {
    await step('package.json (publint)', () => node(bin('publint/src/cli.js'), 'run', tarball, '--strict'))
    await step('types of the package (attw)', () => checkTypes(tarball))
    await step('package as its users have it', () => node(join(root, 'test/package/check.mjs'), tarball))
    await step('program as npx runs it', () => node(join(root, 'test/package/program.mjs'), tarball))
  }
  if (tarball && browsers) {
    const check = join(root, 'test/package/bundlers.mjs')
    await step('package in bundlers', () => node(check, tarball, browsers.chromium))
  }
  // They mostly wait; the simulation keeps one processor busy. With more at once live nodes are taken for dead, for want of processors.
  await Promise.all([
    inTurn([
      ['simulated networks', 'build/test/simulation/suite.js'],
      ['networks', 'build/test/networks/index.js', 'short']
    ]),
    inTurn([['tests of nodes', 'build/test/nodes.js']]),
    inTurn([
      ['tests with processes', 'build/test/processes/index.js'],
      ['tests of parts', 'build/test/index.js']
    ])
  ])
  await step('tests in browsers', runBrowserTests)
  if (browsers)
    await step('tests with many tabs', () => runTests('build/test/tabs/index.js', ...pathsOf(browsers)))
  await Promise.all([testApplications(browsers), testWithServers(browsers)])
  await testPage(browsers)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 ? 0 : 1

async function inTurn(steps) {
  for (const [title, ...args] of steps) await step(title, () => runTests(...args))
}

async function testApplications(browsers) {
  if (!browsers) return
  await step('examples', () => runTests('build/test/examples/index.js', ...pathsOf(browsers)))
  await step('WebTorrent', () => node(join(root, 'test/webtorrent/install.mjs')))
  await step('tests with WebTorrent', () =>
    runTests('build/test/webtorrent/index.js', ...pathsOf(browsers), 'short')
  )
}

async function testWithServers(browsers) {
  await step('servers', ensureServices)
  await step('tests with other servers', () => runTests('build/test/deploy/index.js', ...pathsOf(browsers)))
}

async function testPage(browsers) {
  if (!browsers) return
  await step('the demo page', () => node(join(root, 'scripts/test-page.mjs'), ...pathsOf(browsers)))
}

function pathsOf(browsers) {
  return [browsers?.chromium ?? '', browsers?.firefox ?? '']
}

/** Runs one step; a throw is a failure. What it returns is returned. */
async function step(title, work) {
  const started = Date.now()
  console.log(`\n# ${title}`)
  const passedBefore = total.passed
  try {
    const result = await work()
    if (total.passed === passedBefore) total.passed++ // else it has counted by itself
    console.log(`ok, ${time(started)}`)
    return result
  } catch (error) {
    if (!error.isCounted) total.failed++
    console.log(`${error.message}\nFAILED, ${time(started)}`)
    return undefined
  }
}

function time(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`
}

/** Runs a program in Node.js. @throws Error with its output if it fails */
async function node(...args) {
  const { code, output } = await run(process.execPath, args)
  if (code !== 0) throw new Error(output)
  console.log(output)
}

async function pack() {
  const { code, output } = await run(
    ...npm(['pack', '--ignore-scripts', '--json', '--loglevel=error', `--pack-destination=${scratch}`])
  )
  if (code !== 0) throw new Error(output)
  const [{ filename, entryCount, size }] = Object.values(JSON.parse(output))
  console.log(`${filename}: ${entryCount} files, ${Math.ceil(size / 1024)} KiB`)
  if (size > MOST_PACKED) throw new Error(`It should have at most ${MOST_PACKED} bytes.`)
  return join(scratch, filename)
}

/**
 * The package is ESM only and works with `require` all the same, in every Node.js that it is for (`engines`): so
 * `cjs-resolves-to-esm`, which warns of older ones, says nothing new. That `require` does work is what test/package/ checks.
 */
function checkTypes(tarball) {
  return node(
    bin('@arethetypeswrong/cli/dist/index.js'),
    tarball,
    '--ignore-rules',
    'cjs-resolves-to-esm',
    '--exclude-entrypoints',
    'browser.global.js' // a classic script
  )
}

/** Runs tape tests, shows what they print as it comes, and takes over their numbers. */
async function runTests(...args) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: TEST_TIMEOUT
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    process.stdout.write(text)
    output += text
  })
  const exit = await new Promise(resolve => child.once('close', (code, signal) => resolve(signal ?? code)))
  if (exit === 0 && /^skipped: /m.test(output)) return
  const [, passed, failed] =
    [...output.matchAll(/^#?\s*(\d+) passed, (\d+) failed\s*$/gm)].at(-1)?.map(Number) ?? []
  if (!passed && !failed) throw new Error(`No test ran (exit code ${exit}).`)
  count(passed, failed)
  if (exit !== 0) throw new Error(`The tests passed, but their process ended with ${exit}.`)
}

/** Finds the browsers, or installs them. */
async function getBrowsers() {
  const browsers = await ensureBrowsers()
  for (const [name, path] of Object.entries(browsers)) console.log(`${name}: ${path}`)
  return browsers
}

async function runBrowserTests() {
  const { passed, failed } = await testBrowsers()
  count(passed, failed)
}

function count(passed, failed) {
  total.passed += passed
  total.failed += failed
  if (failed > 0)
    throw Object.assign(new Error(`${failed} of ${passed + failed} tests failed.`), { isCounted: true })
}
