/**
 * Runs the tape tests in one browser with airtap: its TAP goes to stdout, and how it ended to the parent process, which is
 * scripts/test-browsers.mjs. It is a process of its own because airtap ends the process where it cannot bundle, and so that
 * a parent that was killed takes the browser with it.
 *
 * airtap-system starts the browsers; what it is told here, and why:
 *
 * - The command: it looks on the path only, and would not find what scripts/browsers.mjs has installed.
 * - `headless: false`, with the flag for headless in `args`: its own option is ignored on a machine with a screen, and opens
 *   Chromium's debugging port, always the same one.
 * - `proxy`: a dead one, so that no browser calls home; what is on this machine bypasses it.
 *
 * It makes the browser's profile in TMPDIR, and leaves it there for the parent to remove. It neither tells that a browser has
 * crashed nor reads what it prints, for which a browser may wait; so this listens for the process that it starts.
 */

import { subscribe } from 'node:diagnostics_channel'
import Airtap from 'airtap'
import SystemProvider from 'airtap-system'
import { browserifyOptions } from './bundle.mjs'
import { SourcePlaces } from './source-places.mjs'

const SECONDS = 1000
/** How long a browser may take to close before it is killed, and this process with it. */
const CLOSING_TIME = 5 * SECONDS

const FLUSHING_TIME = 0.1 * SECONDS
/** Characters of what a browser printed that are told when it crashes. */
const MAX_OUTPUT = 1000

const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox', // it refuses to run as root with one
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage', // it is small in containers
  '--disable-breakpad'
]

const FIREFOX_PREFS = {
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': 9,
  'network.proxy.failover_direct': false, // it would call home without the proxy
  'network.proxy.allow_bypass': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
  'toolkit.startup.max_resumed_crashes': -1
}

/** One manifest, of the browser that the parent process names. */
class GivenBrowser extends SystemProvider {
  id = 'given'

  _manifests(callback) {
    const { name, command, title, args } = this.options
    const own = name === 'firefox' ? { args: ['-headless'], prefs: FIREFOX_PREFS } : { args: CHROMIUM_ARGS }
    const options = {
      ...own,
      args: [...own.args, ...args],
      headless: false,
      proxy: '127.0.0.1:9',
      noProxy: ['localhost', '127.0.0.1']
    }
    process.nextTick(callback, null, [{ name, title, command, options }])
  }
}

const { browser, files, constants } = JSON.parse(process.argv[2])
process.on('message', close).on('disconnect', close)

subscribe('child_process', ({ process: child }) => {
  setImmediate(() => {
    if (child.spawnfile === browser.command) watch(child)
  })
})

const places = new SourcePlaces()
const airtap = new Airtap()
airtap.provider(GivenBrowser, browser)
airtap.manifests((error, manifests) => {
  if (error) throw error
  airtap
    .test(manifests, files, {
      browserify: [...browserifyOptions(constants), { plugin: places.plugin }],
      watchify: false,
      annotate: false,
      retries: 0, // a browser that crashed has failed
      loopback: '127.0.0.1',
      timeout: 0 // the parent has clocks of its own
    })
    .on('context', context => {
      context.on('session', session => {
        session.on('data', line => process.stdout.write(places.translate(line)))
      })
    })
    .on('error', end)
    .on('complete', () => end())
})

/** Some browsers start another process and end with 0. */
function watch(child) {
  let output = ''
  child.stdout.resume()
  child.stderr.setEncoding('utf8').on('data', text => {
    output = (output + text).slice(-MAX_OUTPUT)
  })
  child.once('exit', (code, signal) => {
    if (code === 0) return
    // What it said last may come after its end.
    setTimeout(() => end(new Error(`it ended with ${signal ?? code}\n${output}`.trim())), FLUSHING_TIME)
  })
}

/** airtap closes everything when it is told to end. */
function close() {
  process.emit('SIGTERM')
  setTimeout(killGroup, CLOSING_TIME)
}

/** Ends this process and the browser. */
function killGroup() {
  process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL')
}

function end(error) {
  const message = error?.message
  if (!process.connected) process.exit()
  process.send({ error: message }, () => process.exit())
}
