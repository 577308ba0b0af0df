/** `webtorrent-dht serve`: runs a node until a signal ends it. SIGHUP reads the settings and the certificate again. */

import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { createLogger, type Logger } from './logger.js'
import { newKey } from './node-key.js'
import { type ServingNode, startServing } from './serving-node.js'
import type { Settings } from './settings.js'
import { messageOf } from './text.js'
import { checkUdpPort } from './udp-port.js'
import { runWorkers, settingsOfWorker, tellMain, workerNumber } from './workers.js'

/** Milliseconds that a stop may take. Container engines kill after ten seconds. */
const STOPPING_TIME = 4800
/** npm passes on the signal that the terminal has sent us already: two so soon are one. */
const SAME_SIGNAL_TIME = 300

/** @param reread reads the settings again, for SIGHUP @throws UserError, WebTorrentDHTError */
export async function serve(given: Settings, rereadAll: () => Settings): Promise<void> {
  const number = workerNumber()
  if (given.workers > 1 && number === null) return runWorkers(given)
  const ofThis = (settings: Settings) => (number === null ? settings : settingsOfWorker(settings, number))
  const settings = ofThis(given)
  const reread = () => ofThis(rereadAll())
  const node = new ReloadableNode(settings)
  // Before it says that it listens: whoever reads that may send a signal at once.
  process.on('SIGHUP', () => void node.reload(reread))
  tellMain('ready')
  let askedAt = 0
  const stop = () => {
    if (askedAt > 0 && Date.now() - askedAt > SAME_SIGNAL_TIME) process.exit(130)
    if (askedAt > 0) return
    askedAt = Date.now()
    setTimeout(() => process.exit(0), STOPPING_TIME).unref()
    void node.stop().finally(() => process.exit(0))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  await checkUdpPort(settings.udpPort)
  await node.start()
  tellMain('started')
}

class ReloadableNode {
  /** For a node that has none in a file: it keeps its id over SIGHUP. */
  readonly #key = newKey()
  #settings: Settings
  #log: Logger
  #node: ServingNode | null = null
  /** The start, reload or stop under way: one after the other. */
  #turn: Promise<void> = Promise.resolve()

  constructor(settings: Settings) {
    this.#settings = settings
    this.#log = createLogger(settings)
  }

  start(): Promise<void> {
    const started = this.#start()
    this.#turn = started.catch(() => {}) // the caller tells of it
    return started
  }

  async #start(): Promise<void> {
    this.#node = await startServing(this.#settings, this.#key, this.#log)
    const { bootstrap, id } = this.#node
    if (this.#settings.logFormat === 'lines' && !workerNumber()) console.log(`bootstrap: '${bootstrap}'`)
    this.#log.info({ bootstrap, id }, 'The node listens')
  }

  reload(reread: () => Settings): Promise<void> {
    this.#turn = this.#turn
      .then(() => this.#reload(reread))
      .catch(error => {
        this.#log.error(`The node does not start again: ${messageOf(error)}`)
        process.exit(1)
      })
    return this.#turn
  }

  stop(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      this.#log.info('The node leaves')
      await this.#node?.stop()
    })
    return this.#turn
  }

  async #reload(read: () => Settings): Promise<void> {
    const before = this.#settings
    try {
      const { workers } = before
      const reread = read()
      if (reread.workers !== workers && !workerNumber())
        this.#log.warn(`--workers is ${workers} until the process starts again`)
      const settings = { ...reread, workers }
      if (settings.udpPort !== before.udpPort) await checkUdpPort(settings.udpPort)
      this.#node?.reloadCertificate()
      if (isDeepStrictEqual(settings, before)) return this.#log.info('The settings are as before')
      this.#settings = settings
    } catch (error) {
      return this.#log.error(`Nothing is changed: ${messageOf(error)}`)
    }
    this.#log = createLogger(this.#settings)
    if (isDeepStrictEqual({ ...this.#settings, logLevel: '' }, { ...before, logLevel: '' }))
      return this.#log.info('The log level is changed')
    await this.#restart(before)
  }

  /** The options of a node are for its life: another one takes its place, with its key, on its port. */
  async #restart(before: Settings): Promise<void> {
    this.#log.info('The node starts again with other settings')
    if (!(await this.#hasStopped())) this.#log.warn('The node does not stop in time')
    try {
      await this.#start()
    } catch (error) {
      this.#log.error(`The settings stay as they were: ${messageOf(error)}`)
      this.#settings = before
      await this.#start()
    }
  }
  async #hasStopped(): Promise<boolean> {
    const late = new AbortController()
    const hasStopped = this.#node?.stop().then(() => true) ?? true
    const isLate = sleep(STOPPING_TIME, false, { signal: late.signal }).catch(() => false)
    return Promise.race([hasStopped, isLate]).finally(() => late.abort())
  }
}
