/** `--workers`: several processes behind one port, each with a node of its own. This is their main process. */

import cluster, { type Worker } from 'node:cluster'
import { join } from 'node:path'
import { createLogger, type Logger } from './logger.js'
import type { Settings } from './settings.js'
import { OfferRelay } from './worker-entrance.js'

/** In the environment of a worker: its number, from 0. */
const NUMBER = 'DHT_WORKER'
/** Milliseconds before a worker that died is started again; twice as long each time that it dies soon. */
const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 60_000

/** A worker to its main process: SIGHUP does not kill it from now on; others can join at it. */
type Progress = { worker: 'ready' | 'started' }

/** The number of this process among the workers; `null`: it is none. */
export function workerNumber(): number | null {
  return cluster.isWorker ? Number(process.env[NUMBER]) : null
}

/** The settings that differ between workers: ports and folders, of which no two may have the same. */
export function settingsOfWorker(settings: Settings, number: number): Settings {
  const { data, udpPort, adminPort } = settings
  return {
    ...settings,
    data: data === null ? null : join(data, `worker-${number + 1}`),
    udpPort: udpPort === null ? null : udpPort + number,
    adminPort: adminPort === null || adminPort === 0 ? adminPort : adminPort + number
  }
}

export function tellMain(worker: Progress['worker']): void {
  if (cluster.isWorker) process.send?.({ worker })
}

/** Runs workers until a signal ends them. */
export function runWorkers(settings: Settings): void {
  const log = createLogger(settings)
  const workers = new Workers(settings.workers, log)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => workers.stop(signal))
  process.on('SIGHUP', () => workers.reload())
  workers.start(0)
}

interface Running {
  worker: Worker
  isReady: boolean
  startedAt: number
}

/** The others start once the first one has: an error in the settings is printed once, and ends them all. */
class Workers {
  readonly #count: number
  readonly #log: Logger
  readonly #relay = new OfferRelay()
  readonly #running = new Map<number, Running>()
  readonly #pauses = new Map<number, number>()
  #haveStarted = false
  #isStopping = false

  constructor(count: number, log: Logger) {
    this.#count = count
    this.#log = log
  }

  start(number: number): void {
    const worker = cluster.fork({ [NUMBER]: String(number) })
    const running = { worker, isReady: false, startedAt: performance.now() }
    this.#running.set(number, running)
    this.#relay.add(number, worker)
    worker.on('message', (message: unknown) => {
      if (!isProgress(message)) return
      if (message.worker === 'ready') running.isReady = true
      else this.#onStarted()
    })
    worker.once('exit', (code, signal) => this.#onExit(number, running, code, signal))
  }

  /** A worker that is not ready yet has just read the settings. */
  reload(): void {
    for (const { worker, isReady } of this.#running.values()) if (isReady) worker.process.kill('SIGHUP')
  }

  stop(signal: NodeJS.Signals): void {
    this.#isStopping = true
    for (const { worker } of this.#running.values()) worker.process.kill(signal)
    if (this.#running.size === 0) process.exit()
  }

  #onStarted(): void {
    if (this.#haveStarted || this.#isStopping) return
    this.#haveStarted = true
    for (let number = 1; number < this.#count; number++) this.start(number)
  }

  #onExit(number: number, { startedAt }: Running, code: number | null, signal: string | null): void {
    this.#running.delete(number)
    this.#relay.remove(number)
    if (this.#isStopping) {
      if (this.#running.size === 0) process.exit()
      return
    }
    const how = `Worker ${number + 1} has ended, with ${signal ?? `exit code ${code}`}`
    if (!this.#haveStarted) {
      if (signal) this.#log.error(how)
      process.exit(code || 1)
    }
    const pause = this.#nextPause(number, performance.now() - startedAt)
    this.#log.error(`${how}; it starts again in ${pause / 1000} s`)
    setTimeout(() => {
      if (!this.#isStopping) this.start(number)
    }, pause)
  }

  #nextPause(number: number, lifetime: number): number {
    const last = lifetime > LONGEST_PAUSE ? undefined : this.#pauses.get(number)
    const pause = last === undefined ? FIRST_PAUSE : Math.min(2 * last, LONGEST_PAUSE)
    this.#pauses.set(number, pause)
    return pause
  }
}

function isProgress(message: unknown): message is Progress {
  return typeof message === 'object' && message !== null && 'worker' in message
}
