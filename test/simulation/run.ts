/** Runs a simulation from its beginning to its end. Imported once the globals are replaced. */

import { figuresOf } from './figures.js'
import type { Http } from './http.js'
import { report } from './report.js'
import { scenarios } from './scenarios.js'
import type { Settings } from './settings.js'
import { Simulation } from './simulation.js'
import type { VirtualClock } from './virtual-clock.js'

/** @returns the report, and whether everything that must hold did */
export async function run(
  settings: Settings,
  clock: VirtualClock,
  now: () => number
): Promise<{ text: string; isFine: boolean }> {
  const startedAt = now()
  const simulation = new Simulation(settings, clock)
  if (settings.isVerbose) printProgress(simulation, now)
  const stopWatching = watchProcess(simulation)
  const undoFetch = replaceFetch(simulation.http)
  try {
    await clock.run(async () => {
      await simulation.start()
      await scenarios[settings.scenario](simulation)
      await simulation.stop()
    })
  } finally {
    undoFetch()
    stopWatching()
  }
  return {
    text: settings.isJson
      ? JSON.stringify(figuresOf(simulation))
      : report(simulation, (now() - startedAt) / 1000),
    isFine: simulation.violations.count === 0
  }
}

const PROGRESS_INTERVAL = 60_000

/** Prints a line each virtual minute: long runs are watched, and memory that grows is seen. */
function printProgress(simulation: Simulation, now: () => number): void {
  const { clock, population, violations } = simulation
  clock.schedule(null, PROGRESS_INTERVAL, () => {
    ;(globalThis as { gc?: () => void }).gc?.() // with --expose-gc
    const heap = (process.memoryUsage().heapUsed / 2 ** 20).toFixed(0)
    const minutes = (clock.now / PROGRESS_INTERVAL).toFixed(0)
    const seconds = (now() / 1000).toFixed(0)
    process.stderr.write(
      `${minutes} min virtual, ${seconds} s real, ${population.living.size} nodes, heap ${heap} MB, ${violations.count} violations\n`
    )
    printProgress(simulation, now)
  })
}

function replaceFetch(http: Http): () => void {
  const { fetch } = globalThis
  globalThis.fetch = http.fetch
  return () => {
    globalThis.fetch = fetch
  }
}

/** What would have ended the process of a node. */
function watchProcess({ violations }: Simulation): () => void {
  const note = (error: unknown) => violations.add(`uncaught: ${error instanceof Error ? error.stack : error}`)
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  return () => {
    process.off('unhandledRejection', note)
    process.off('uncaughtException', note)
  }
}
