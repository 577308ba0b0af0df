/**
 * Runs test/browser/*.test.ts in browsers, through airtap, each with a companion process for what happens in Node.js.
 * `node scripts/test-browsers.mjs`, with `--browser firefox` for those whose name has that in it, and with words that the
 * names of files have in them. `npm test` calls `testBrowsers`.
 *
 * A run fails at once, clearly, and closes what it opened, whatever goes wrong: an error in the page that nobody catches, a
 * file without tests, a browser that crashes, does not start or says nothing for a while.
 */

import { fork } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { TapPrinter } from '../test/browser/tap-printer.mjs'
import { ensureBrowsers } from './browsers.mjs'
import { root, run, setUp } from './setup.mjs'

const SECONDS = 1000
/** From the start of a browser to its first word, which comes when the tests are bundled. */
const START_TIMEOUT = 40 * SECONDS
/** How long a test may be silent. */
const SILENCE_TIMEOUT = 40 * SECONDS
const RUN_TIMEOUT = 120 * SECONDS
/** How long a browser may take to close, before it is killed. */
const CLOSING_TIME = 10 * SECONDS

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
    return await runAirtap({ browser, files: [WATCH, ...files], constants }, scratch)
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

/** @returns the numbers of assertions that passed and failed */
function runAirtap(settings, scratch) {
  const child = fork(join(FOLDER, 'run-airtap.mjs'), [JSON.stringify(settings)], {
    cwd: root,
    env: { ...process.env, TMPDIR: scratch, TMP: scratch, TEMP: scratch },
    detached: process.platform !== 'win32', // its own group, to be killed with all that it starts
    silent: true
  })
  const printer = new TapPrinter()
  const clocks = [setTimeout(fail, RUN_TIMEOUT, `the run did not end in ${RUN_TIMEOUT / SECONDS} s`)]
  const silence = setTimeout(() => fail(silenceReason()), START_TIMEOUT)
  clocks.push(silence)
  let isStarted = false
  let isClosing = false
  let noise = ''
  let reason

  child.stdout.setEncoding('utf8').on('data', text => {
    if (isClosing) return
    isStarted = true
    silence.refresh()
    printer.write(text)
    if (printer.uncaught) fail(`Uncaught: ${printer.uncaught}`)
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    noise += text
  })
  child.on('message', message => {
    reason = message.error
  })

  return new Promise(resolve => {
    child.once('close', code => {
      for (const clock of clocks) clearTimeout(clock)
      killGroup(child.pid)
      if (!isClosing && !printer.isComplete) printer.fail(`the browser is gone${details(code)}`)
      else if (printer.passed + printer.failed === 0) printer.fail('no test ran')
      resolve({ passed: printer.passed, failed: printer.failed })
    })
  })

  function fail(why) {
    if (isClosing) return
    isClosing = true
    printer.fail(why)
    close()
  }

  function silenceReason() {
    return isStarted
      ? `nothing came for ${SILENCE_TIMEOUT / SECONDS} s`
      : `the browser did not start in ${START_TIMEOUT / SECONDS} s${details()}`
  }

  function close() {
    if (child.connected) child.send('close')
    clocks.push(setTimeout(killGroup, CLOSING_TIME, child.pid))
  }

  function details(code) {
    const lines = [reason, code && `exit code ${code}`, noise.trim()].filter(Boolean)
    return lines.length > 0 ? `: ${lines.join('\n')}` : ''
  }
}

/** Ends the child and what it started, if any of it is still there. */
function killGroup(pid) {
  try {
    if (process.platform === 'win32') process.kill(pid, 'SIGKILL')
    else process.kill(-pid, 'SIGKILL')
  } catch {
    // nothing is left
  }
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
