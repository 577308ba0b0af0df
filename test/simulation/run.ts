/** Runs a simulation from its beginning to its end. Imported once the globals are replaced. */

import { figuresOf } from './figures.js'
import { report } from './report.js'
import { scenarios } from './scenarios.js'
import type { LivingScenario, Settings } from './settings.js'
import { Simulation } from './simulation.js'
import { replaceFetch, watchProcess } from './surroundings.js'
import type { VirtualClock } from './virtual-clock.js'

/** @returns the report, and whether everything that must hold did */
export async function run(
  settings: Settings,
  scenario: LivingScenario,
  clock: VirtualClock,
  now: () => number
): Promise<{ text: string; isFine: boolean }> {
  const startedAt = now()
  const simulation = new Simulation(settings, clock)
  if (settings.isVerbose) printProgress(simulation, now)
  const stopWatching = watchProcess(simulation.violations)
  const undoFetch = replaceFetch(simulation.http)
  try {
    await clock.run(async () => {
      await simulation.start()
      await scenarios[scenario](simulation)
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
    const cpu = (process.cpuUsage().user / 1e6).toFixed(0)
    process.stderr.write(
      `${minutes} min virtual, ${seconds} s real, ${cpu} s CPU, ${population.living.size} nodes, heap ${heap} MB, ${violations.count} violations\n`
    )
    printProgress(simulation, now)
  })
}
