/**
 * Small networks of real nodes in virtual time. Each runs in a process of its own: it replaces the timers and the clock, and
 * the code that is simulated must be loaded after that.
 */

import test from 'tape'
import type { Figures } from './figures.js'
import { runSimulation } from './processes.js'

const SECONDS = 1000

// What lookups and gets must reach here. With these seeds all succeed; the table of `npm run bench:reliability` is from more.
const MIN_LOOKUPS = 0.99
const MIN_GETS = 0.99
const MIN_LOOKUPS_AMONG_LIARS = 0.95
const MIN_GETS_AMONG_LIARS = 0.95
const MIN_NEWCOMERS = 0.97
const MIN_REACHABLE = 0.95
/** Milliseconds. */
const MAX_TIME_IN_TABLES = 15 * SECONDS
const MAX_PARTITION_RECOVERY = 300 * SECONDS
const MAX_WAKING = 60 * SECONDS

const simulate = (options: string) => runSimulation<Figures>(`--scenario steady ${options}`)

// All begin now, one runs at a time; the tests below wait for theirs.
const runs = {
  first: simulate('--nodes 25 --hours 0.05 --seed 7'),
  again: simulate('--nodes 25 --hours 0.05 --seed 7'),
  other: simulate('--nodes 25 --hours 0.05 --seed 8'),
  honest: simulate('--nodes 60 --hours 0.1 --seed 1'),
  liars: simulate('--nodes 50 --hours 0.08 --liars 0.333 --seed 2'),
  withoutBootstrap: simulate('--nodes 50 --hours 0.08 --lead 3 --scenario bootstrap-death --seed 13'),
  partition: simulate('--nodes 60 --lead 2 --outage 5 --scenario partition --seed 4'),
  sleep: simulate('--nodes 60 --lead 1 --outage 12 --scenario sleep --seed 5')
}
for (const run of Object.values(runs)) run.catch(() => {}) // the test that waits for it reports it

test('a simulation is the same again with its seed, and another one with another', async t => {
  const [first, again, other] = await Promise.all([runs.first, runs.again, runs.other])
  t.deepEqual(again, first, 'the same seed')
  t.notEqual(other.digest, first.digest, 'another seed')
})

test('simulated: 60 nodes that come and go find what they look for', async t => {
  const figures = await runs.honest
  checkAll(t, figures)
  atLeast(t, figures.lookups.share, MIN_LOOKUPS, 'lookups')
  atLeast(t, figures.getsOfImmutable.share, MIN_GETS, 'gets of immutable values')
  atLeast(t, figures.getsOfMutable.share, MIN_GETS, 'gets of mutable values')
  t.ok(figures.deaths.count > 10, 'enough nodes were killed')
  t.ok(figures.deaths.worst <= MAX_TIME_IN_TABLES, `in tables for ${figures.deaths.worst} ms after a kill`)
})

test('simulated: a third of 50 nodes lies', async t => {
  const figures = await runs.liars
  checkAll(t, figures)
  atLeast(t, figures.lookups.share, MIN_LOOKUPS_AMONG_LIARS, 'lookups')
  atLeast(t, figures.getsOfImmutable.share, MIN_GETS_AMONG_LIARS, 'gets of immutable values')
  atLeast(t, figures.getsOfMutable.share, MIN_GETS_AMONG_LIARS, 'gets of mutable values')
})

test('simulated: 50 nodes outlive all bootstrap nodes', async t => {
  const figures = await runs.withoutBootstrap
  checkAll(t, figures)
  atLeast(t, figures.lookups.share, MIN_LOOKUPS, 'lookups')
  atLeast(t, figures.getsOfMutable.share, MIN_GETS, 'gets of mutable values')
})

test('simulated: two halves find each other after a partition', async t => {
  const figures = await runs.partition
  checkAll(t, figures)
  const { recoveredAfter } = figures
  t.ok(recoveredAfter !== null && recoveredAfter <= MAX_PARTITION_RECOVERY, `after ${recoveredAfter} ms`)
})

test('simulated: nodes that slept find what they look for when they wake up', async t => {
  const figures = await runs.sleep
  checkAll(t, figures)
  const { recoveredAfter } = figures
  t.ok(recoveredAfter !== null && recoveredAfter <= MAX_WAKING, `after ${recoveredAfter} ms`)
})

/** What must hold everywhere. */
function checkAll(t: test.Test, figures: Figures): void {
  t.deepEqual(figures.violations, [], 'no violations')
  t.deepEqual(figures.timersLeft, {}, 'no timers of nodes that were destroyed')
  atLeast(t, figures.reachable.mean, MIN_REACHABLE, 'reachable')
  atLeast(t, figures.newcomers.share, MIN_NEWCOMERS, 'newcomers that are in')
}

function atLeast(t: test.Test, share: number | null, min: number, what: string): void {
  t.ok(share !== null && share >= min, `${what}: ${share} is at least ${min}`)
}
