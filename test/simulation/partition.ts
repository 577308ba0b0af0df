/** The network is split into halves that do not reach each other, and heals: how long until lookups cross the line again? */

import { placeAt, type SimulatedNode } from './node.js'
import type { Simulation } from './simulation.js'
import { Tally } from './tally.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** Lookups across the line are counted for this long at a time. */
const WINDOW = 30 * SECONDS
const LOOKUPS_IN_WINDOW = 40
/** Share of successful lookups from which on the halves are one. */
const RECOVERED = 0.9
const MAX_WAIT = 60 * MINUTES

export async function recoverFromPartition(simulation: Simulation): Promise<void> {
  const { population, network, clock, settings } = simulation
  population.startChurn()
  await clock.sleep(settings.lead * MINUTES)
  const before = await measureCrossing(simulation)
  network.partition(({ number }) => 1 + (number % 2))
  await clock.sleep(settings.outage * MINUTES)
  simulation.notes.push(['before the partition', `lookups across: ${before}`])
  network.heal()
  if (settings.heal === 'one') await connectHalves(simulation)
  simulation.resetFigures()
  await measureRecovery(simulation)
}

async function measureRecovery(simulation: Simulation): Promise<void> {
  const { clock, notes } = simulation
  const healedAt = clock.now
  const shares: string[] = []
  simulation.recoveredAfter = Number.POSITIVE_INFINITY
  while (clock.now - healedAt < MAX_WAIT) {
    const tally = await measureCrossing(simulation)
    shares.push((100 * tally.share).toFixed(0))
    if (tally.share >= RECOVERED) {
      simulation.recoveredAfter = clock.now - healedAt
      break
    }
  }
  notes.push([
    'after the partition',
    `lookups across recovered after ${simulation.recoveredAfter / SECONDS} s`
  ])
  notes.push(['lookups across (%/30 s)', shares.slice(0, 40).join(' ')])
}

async function measureCrossing({ torrents, clock }: Simulation): Promise<Tally> {
  const tally = new Tally()
  for (let i = 0; i < LOOKUPS_IN_WINDOW; i++) {
    const half = i % 2
    torrents.lookUp(isIn(half), isIn(1 - half), tally)
    await clock.sleep(WINDOW / LOOKUPS_IN_WINDOW)
  }
  return tally
}

function isIn(half: number) {
  return ({ host }: SimulatedNode) => host.number % 2 === half
}

/** One node of one half is told of one in the other. */
async function connectHalves({ population, clock }: Simulation): Promise<void> {
  const [asker] = population.pick(1, isIn(0))
  const [server] = population.pick(1, node => node.isListening && isIn(1)(node))
  if (asker && server) await clock.runAs(asker.host, () => asker.dht.addNode(placeAt(server.host)))
}
