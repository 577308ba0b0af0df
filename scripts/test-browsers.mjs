/**
 * Runs test/browser/*.test.ts in browsers, through airtap, each with a companion process for what happens in Node.js.
 * `node scripts/test-browsers.mjs`, with `--browser firefox` for those whose name has that in it, and with words that the
 * names of files have in them. `npm test` calls `testBrowsers`.
 * */

import { fork } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BrowserRun } from '../test/browser/browser-run.mjs'
import { ensureBrowsers } from './browsers.mjs'
import { root, run, setUp } from './setup.mjs'

const FOLDER = join(root, 'test/browser')
const WATCH = join(FOLDER, 'watch.ts')

/** What is run: with local addresses hidden behind mDNS names, as browsers do by default, and in Chromium without that too. */
const RUNS = [
  { title: 'Chromium', name: 'chromium', hidesAddresses: true, args: [] },
  {
    title: 'Chromium without mDNS',
    name: 'chromium',
    hidesAddresses: false,
    args: ['--disable-features=WebRtcHideLocalIpsWithMdns']
  },
  { title: 'Firefox', name: 'firefox', hidesAddresses: true, args: [] }
]

/**
 * Runs the tests in all browsers, or in those chosen.
 *
 * @returns how many assertions passed and failed, over all browsers; a run that broke counts as one that failed
 * @throws Error if there is no browser, or nothing to run
 */
export async function testBrowsers({ browser = '', words = [] } = {}) {
  const paths = await ensureBrowsers()
  const files = readdirSync(FOLDER)
    .filter(file => file.endsWith('.test.ts') && words.every(word => file.includes(word)))
    .map(file => join(FOLDER, file))
  const runs = RUNS.filter(({ title }) => title.toLowerCase().includes(browser.toLowerCase()))
  if (files.length === 0 || runs.length === 0) throw new Error('No browser test has that name.')

  const total = { passed: 0, failed: 0 }
  for (const chosen of runs) {
    const command = paths[chosen.name]
    console.log(`\n${chosen.title} (${await version(command)})`)
    const { passed, failed } = await testIn({ ...chosen, command }, files)
    console.log(`${passed} passed, ${failed} failed`)
    total.passed += passed
    total.failed += failed
  }
  return total
}

async function version(command) {
  if (process.platform === 'win32') return command // where `--version` opens a window
  const { output } = await run(command, ['--version'])
  return output.split('\n').at(-1).trim()
}

async function testIn(browser, files) {
  const scratch = mkdtempSync(join(tmpdir(), 'webtorrent-dht-browser-'))
  const companion = await startCompanion()
  try {
    const constants = { COMPANION: companion.url, HIDES_ADDRESSES: browser.hidesAddresses }
    return await new BrowserRun({ browser, files: [WATCH, ...files], constants }, scratch).end
  } finally {
    companion.stop()
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** @throws Error if it does not start */
async function startCompanion() {
  const child = fork(join(root, 'build/test/browser/companion.js'))
  const url = await new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', code => reject(new Error(`The companion process ended with ${code}.`)))
  })
  return { url, stop: () => child.kill('SIGKILL') }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { browser: { type: 'string' } },
    allowPositionals: true
  })
  await setUp()
  try {
    const { passed, failed } = await testBrowsers({ browser: values.browser, words: positionals })
    console.log(`\n${passed} passed, ${failed} failed`)
    if (failed > 0) process.exitCode = 1
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
