/** What befalls the network, once it has formed. */

import { recoverFromPartition } from './partition.js'
import type { LivingScenario } from './settings.js'
import type { Simulation } from './simulation.js'
import { recoverFromSleep } from './sleep.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
const HOUR = 60 * MINUTES
/** Living nodes of which a newcomer knows the places that they remember. */
const ACQUAINTANCES = 3

export const scenarios: Record<LivingScenario, (simulation: Simulation) => Promise<void>> = {
  steady,
  'bootstrap-death': outliveBootstrapNodes,
  partition: recoverFromPartition,
  sleep: recoverFromSleep
}

/** Nodes come and go. */
async function steady({ population, clock, settings }: Simulation): Promise<void> {
  population.startChurn()
  await clock.sleep(settings.hours * HOUR)
}

/** All bootstrap nodes die. Newcomers know the places that some living nodes remember. */
async function outliveBootstrapNodes(simulation: Simulation): Promise<void> {
  const { population, clock, settings } = simulation
  population.startChurn()
  await clock.sleep(settings.lead * MINUTES)
  population.placesToJoin = () => {
    const nodes = population.pick(ACQUAINTANCES, node => node.isHonest && node.readyAt !== null)
    const places = nodes.flatMap(({ dht }) => dht.toJSON().nodes)
    if (places.length > 0) return places
    simulation.violations.add('no place to join at is remembered by anybody')
    return population.pick(1, node => node.isListening).map(node => node.place)
  }
  for (const node of population.bootstrapNodes) population.kill(node)
  simulation.resetFigures()
  await clock.sleep(settings.hours * HOUR)
}
