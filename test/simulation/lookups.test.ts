/** What a lookup costs, and what relays can do to it, in small networks of real nodes in virtual time. */

import test from 'tape'
import { runSimulation } from './processes.js'
import type { LookupFigures } from './scale/figures.js'

// Without routes each lookup makes a connection for most of the nodes that it asks.
const MAX_MADE_WITH_ROUTES = 2
const MIN_MADE_WITHOUT = 10
const MIN_FOUND = 0.98
/** Where each query needs a connection, 58 to 60 of 60 lookups find the announcer (seeds 1 to 3). */
const MIN_FOUND_WITHOUT = 0.95
const MIN_FOUND_OVER_BAD_RELAYS = 0.95
/** In mean round trips. */
const MAX_END = 8

const simulate = (options: string) =>
  runSimulation<LookupFigures[]>(`--lookups 60 --gets 20 --settling 30 --seed 1 ${options}`)

// All begin now; the tests below wait for theirs.
const runs = {
  designs: simulate('--sizes 50'),
  badRelays: simulate('--sizes 60 --designs routes --bad-relays 0.3')
}
for (const run of Object.values(runs)) run.catch(() => {}) // the test that waits for it reports it

test('simulated: lookups over routes make next to no connections', async t => {
  const [routes, eager] = await runs.designs
  if (!routes || !eager) return t.fail('two networks')
  for (const figures of [routes, eager]) {
    t.deepEqual(figures.violations, [], `${figures.design}: no violations`)
    t.equal(figures.overBudget, 0, `${figures.design}: no node over its budget`)
    const least = figures === routes ? MIN_FOUND : MIN_FOUND_WITHOUT
    atLeast(t, figures.lookups.share, least, `${figures.design}: lookups`)
  }
  const made = routes.connectionsMade?.mean ?? Number.NaN
  t.ok(made <= MAX_MADE_WITH_ROUTES, `${made} RTCPeerConnections made for a lookup`)
  atLeast(t, eager.connectionsMade?.mean, MIN_MADE_WITHOUT, 'made where there are no routes')
  atLeast(t, routes.hops.longest, 1.5, 'hops of the longest route')
  const end = (routes.end?.median ?? Number.NaN) / routes.meanRoundTrip
  t.ok(end <= MAX_END, `a lookup takes ${end} round trips`)
})

test('simulated: relays that drop, delay, alter, replay and attract neither stop lookups nor forge values', async t => {
  const [figures] = await runs.badRelays
  if (!figures) return t.fail('a network')
  t.deepEqual(figures.violations, [], 'no violations')
  t.equal(figures.wrongValues, 0, 'no wrong values')
  t.equal(figures.falsePeers, 0, 'no false peers')
  atLeast(t, figures.meddledWith, 100, 'frames that were meddled with')
  atLeast(t, figures.lookups.share, MIN_FOUND_OVER_BAD_RELAYS, 'lookups')
  atLeast(t, figures.gets.share, MIN_FOUND_OVER_BAD_RELAYS, 'gets')
})

function atLeast(t: test.Test, number: number | null | undefined, min: number, what: string): void {
  t.ok((number ?? Number.NaN) >= min, `${what}: ${number} is at least ${min}`)
}
