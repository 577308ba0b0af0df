/** What befalls the network. */

import type { Simulation } from './simulation.js'

const HOUR = 3_600_000

/** Nodes come and go. */
async function steady({ population, clock, settings }: Simulation): Promise<void> {
  population.startChurn()
  await clock.sleep(settings.hours * HOUR)
}

export const scenarios = { steady } as const
