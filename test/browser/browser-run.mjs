/**
 * One run of all tests in one browser. It fails at once, clearly, and leaves nothing running, whatever goes wrong: an error in
 * the page that nobody catches, a file without tests, a browser that crashes, does not start or says nothing for a while.
 */

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { TapPrinter } from './tap-printer.mjs'

const SECONDS = 1000
/** From the start of a browser to its first word, which comes when the tests are bundled. */
const START_TIMEOUT = 40 * SECONDS
/** How long a test may be silent. */
const SILENCE_TIMEOUT = 40 * SECONDS
const RUN_TIMEOUT = 120 * SECONDS
/** How long a browser may take to close before it is killed. */
const CLOSING_TIME = 10 * SECONDS

const RUNNER = fileURLToPath(new URL('run-airtap.mjs', import.meta.url))

export class BrowserRun {
  /** Resolves with the numbers of assertions, `{passed, failed}`; what broke the run counts as one that failed. */
  end
  #child
  #printer = new TapPrinter()
  /** `'starting'`, `'running'`, `'closing'` */
  #state = 'starting'
  /** Whether it ended before its time; what comes then is of no interest. */
  #hasBroken = false
  /** What will happen if nothing else does. */
  #clock
  /** When the run must be over. */
  #limit
  /** What airtap says on its end, and on stderr. */
  #reason = ''
  #noise = ''

  /**
   * @param settings for run-airtap.mjs
   * @param scratch a folder for the browser's profile, which the caller removes
   */
  constructor(settings, scratch) {
    this.#child = fork(RUNNER, [JSON.stringify(settings)], {
      env: { ...process.env, TMPDIR: scratch, TMP: scratch, TEMP: scratch },
      detached: process.platform !== 'win32', // a group of its own, to be killed with all that it starts
      silent: true
    })
    this.#child.stdout.setEncoding('utf8').on('data', text => this.#output(text))
    this.#child.stderr.setEncoding('utf8').on('data', text => {
      this.#noise += text
    })
    this.#child.on('message', ({ error }) => {
      this.#reason = error ?? ''
    })
    this.#clock = setTimeout(() => this.#fail(this.#notStarted()), START_TIMEOUT)
    this.#limit = setTimeout(
      () => this.#fail(`the run takes more than ${RUN_TIMEOUT / SECONDS} s`),
      RUN_TIMEOUT
    )
    this.end = new Promise(resolve => {
      this.#child.once('close', code => resolve(this.#ended(code)))
    })
  }

  #output(text) {
    if (this.#hasBroken) return
    this.#printer.write(text)
    if (this.#printer.uncaught) this.#fail(`Uncaught: ${this.#printer.uncaught}`)
    else if (this.#printer.isComplete)
      this.#close() // airtap does that by itself, if nothing goes wrong
    else if (this.#state !== 'closing') this.#wait()
  }

  #wait() {
    this.#state = 'running'
    clearTimeout(this.#clock)
    this.#clock = setTimeout(
      () => this.#fail(`nothing came for ${SILENCE_TIMEOUT / SECONDS} s`),
      SILENCE_TIMEOUT
    )
  }

  #fail(why) {
    if (this.#hasBroken) return
    this.#hasBroken = true
    this.#printer.fail(why)
    this.#close()
    if (this.#child.connected) this.#child.send('close')
  }

  #close() {
    if (this.#state === 'closing') return
    this.#state = 'closing'
    clearTimeout(this.#clock)
    clearTimeout(this.#limit)
    this.#clock = setTimeout(() => this.#kill(), CLOSING_TIME)
  }

  #ended(code) {
    if (this.#state !== 'closing')
      this.#fail(`${code ? 'airtap failed' : 'the browser is gone'}${this.#details(code)}`)
    clearTimeout(this.#clock)
    this.#kill()
    if (this.#printer.passed + this.#printer.failed === 0) this.#printer.fail('no test ran')
    return { passed: this.#printer.passed, failed: this.#printer.failed }
  }

  /** Ends airtap and what it started, if any of it is still there. */
  #kill() {
    const { pid } = this.#child
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
    } catch {
      // nothing is left
    }
  }

  #notStarted() {
    return `the browser did not start in ${START_TIMEOUT / SECONDS} s${this.#details(0)}`
  }

  #details(code) {
    const known = [this.#reason, code && `exit code ${code}`, withoutDump(this.#noise)].filter(Boolean)
    return known.length > 0 ? `: ${known.join('\n')}` : ''
  }
}

/** An error that browserify ended with, without the stream that it prints with it. */
function withoutDump(text) {
  return text.replace(/(\n +at .*)* \{\n[\s\S]*/, '').trim()
}
