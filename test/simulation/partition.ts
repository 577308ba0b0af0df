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
const MAX_WAIT = 30 * MINUTES
/** The census counts once in this time. */
const CENSUS_INTERVAL = 1 * MINUTES

export async function recoverFromPartition(simulation: Simulation): Promise<void> {
  const { population, network, clock, settings } = simulation
  population.startChurn()
  await clock.sleep(settings.lead * MINUTES)
  const before = await measureCrossing(simulation)
  network.partition(({ number }) => 1 + (number % 2))
  await clock.sleep(settings.outage * MINUTES)
  const during = await measureCrossing(simulation)
  simulation.notes.push(['before, in the partition', `lookups across: ${before}, then ${during}`])
  network.heal()
  if (settings.heal === 'one') await connectHalves(simulation)
  simulation.resetFigures()
  await measureRecovery(simulation)
  await clock.sleep(CENSUS_INTERVAL) // the halves may be one before the census has seen them so
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
    `lookups across recovered after ${(simulation.recoveredAfter / SECONDS).toFixed(0)} s`
  ])
  notes.push(['lookups across (% a 30 s)', shares.slice(0, 40).join(' ')])
}

/** Announcements on one side, and lookups of them on the other: what was announced before says nothing of now. */
async function measureCrossing({ torrents, population, clock }: Simulation): Promise<Tally> {
  const tally = new Tally()
  const isReady = (node: SimulatedNode) => node.isHonest && node.readyAt !== null
  for (let i = 0; i < LOOKUPS_IN_WINDOW; i++) {
    const half = i % 2
    const [announcer] = population.pick(1, node => isReady(node) && isIn(half)(node))
    const [asker] = population.pick(1, node => isReady(node) && isIn(1 - half)(node))
    if (announcer && asker) void torrents.announceAndFind(announcer, asker, tally)
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
