/** `--workers`: several processes behind one port, each with a node of its own. This is their main process. */

import cluster, { type Worker } from 'node:cluster'
import { join } from 'node:path'
import type { Settings } from './settings.js'
import { OfferRelay } from './worker-entrance.js'

/** In the environment of a worker: its number, from 0. */
const NUMBER = 'DHT_WORKER'
/** Milliseconds before a worker that died is started again. */
const RESTART_PAUSE = 1000

/** The number of this process among the workers; `null`: it is none. */
export function workerNumber(): number | null {
  return cluster.isWorker ? Number(process.env[NUMBER]) : null
}

/** What is different for one of several workers: ports and folders, of which no two may have the same. */
export function settingsOfWorker(settings: Settings, number: number): Settings {
  const { data, udpPort, adminPort } = settings
  return {
    ...settings,
    data: data === null ? null : join(data, `worker-${number + 1}`),
    udpPort: udpPort === null ? null : udpPort + number,
    adminPort: adminPort === null || adminPort === 0 ? adminPort : adminPort + number
  }
}

/** Runs workers until a signal ends them. The others start once the first one listens: what is wrong with the settings is said once. */
export function runWorkers(count: number): void {
  const relay = new OfferRelay()
  const workers = new Map<number, Worker>()
  let isStopping = false

  const start = (number: number) => {
    const worker = cluster.fork({ [NUMBER]: String(number) })
    let hasListened = false
    workers.set(number, worker)
    relay.add(number, worker)
    worker.once('listening', () => {
      hasListened = true
      if (number !== 0) return
      for (let other = 1; other < count; other++) if (!workers.has(other)) start(other)
    })
    worker.once('exit', code => {
      workers.delete(number)
      relay.remove(number)
      if (isStopping || !hasListened) return end(hasListened ? 0 : code)
      setTimeout(() => {
        if (!isStopping) start(number)
      }, RESTART_PAUSE)
    })
  }
  const tell = (signal: NodeJS.Signals) => {
    for (const worker of workers.values()) worker.process.kill(signal)
  }
  const end = (code: number) => {
    process.exitCode ||= code
    if (!isStopping) tell('SIGTERM')
    isStopping = true
    if (workers.size === 0) process.exit()
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      isStopping = true
      tell(signal)
      if (workers.size === 0) process.exit()
    })
  }
  process.on('SIGHUP', () => tell('SIGHUP'))
  start(0)
}
