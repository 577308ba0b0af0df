/** Runs a simulation from its beginning to its end. Imported once the globals are replaced. */

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
    text: report(simulation, (now() - startedAt) / 1000),
    isFine: simulation.violations.count === 0
  }
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
