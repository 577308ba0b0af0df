/** Some nodes are suspended, as a laptop is, and go on later with connections that are no more. */

import type { Host } from './host.js'
import type { SimulatedNode } from './node.js'
import type { Simulation } from './simulation.js'
import { Sample, Tally } from './tally.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
const SLEEPING_SHARE = 0.1
const CHECKING_INTERVAL = 1 * SECONDS
const LOOKUP_INTERVAL = 5 * SECONDS
const MAX_WAIT = 5 * MINUTES

export async function recoverFromSleep(simulation: Simulation): Promise<void> {
  const { population, network, clock, settings } = simulation
  population.startChurn()
  await clock.sleep(settings.lead * MINUTES)
  const isSleepy = (node: SimulatedNode) => node.isHonest && !node.isBootstrap && node.readyAt !== null
  const sleepers = population.pick(Math.ceil(settings.nodes * SLEEPING_SHARE), isSleepy)
  for (const node of sleepers) network.suspend(node.host)
  await clock.sleep(settings.outage * MINUTES)
  for (const node of sleepers) network.resume(node.host)
  const hosts = new Set(sleepers.map(({ host }) => host))
  const connected = new Sample()
  const found = new Sample()
  await Promise.all(sleepers.map(node => watch(simulation, node, { sleepers: hosts, connected, found })))
  simulation.recoveredAfter = found.quantile(1)
  if (found.values.length < sleepers.length) simulation.recoveredAfter = Number.POSITIVE_INFINITY
  const show = (sample: Sample) =>
    `${sample.values.length} of ${sleepers.length} after ${(sample.quantile(0.5) / SECONDS).toFixed(1)} s (median), ${(sample.quantile(1) / SECONDS).toFixed(1)} s (worst)`
  simulation.notes.push(['awake, connected', show(connected)], ['awake, a lookup succeeds', show(found)])
}

interface Watch {
  /** Who has slept: that these are connected to each other says nothing. */
  sleepers: Set<Host>
  connected: Sample
  found: Sample
}

/** Notes when a node that has woken up is connected to one that did not sleep, and when a lookup of it succeeds. */
async function watch(
  { clock, torrents }: Simulation,
  node: SimulatedNode,
  { sleepers, connected, found }: Watch
): Promise<void> {
  const wokenAt = clock.now
  const lookups = new Tally()
  let isConnected = false
  for (let time = 0; time < MAX_WAIT && lookups.successes === 0; time += CHECKING_INTERVAL) {
    const isReached = node.host.neighbours.some(host => !host.isDead && !sleepers.has(host))
    if (isReached && !isConnected) connected.add(clock.now - wokenAt)
    isConnected ||= isReached
    if (time % LOOKUP_INTERVAL === 0)
      torrents.lookUp(
        asker => asker === node,
        () => true,
        lookups
      )
    await clock.sleep(CHECKING_INTERVAL)
  }
  if (lookups.successes > 0) found.add(clock.now - wokenAt)
}
