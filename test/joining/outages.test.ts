/** When a node counts as cut off, and when as back; and how long it waits between attempts meanwhile. */

import test, { type Test } from 'tape'
import type { CloseReason } from '../../src/counters.js'
import { AttemptPauses } from '../../src/joining/attempt-pauses.js'
import { Outages } from '../../src/joining/outages.js'
import { HandClock } from '../helpers/hand-clock.js'

const SECONDS = 1000
/** Longer than the node waits for others that are lost or met together. */
const SETTLED = 5 * SECONDS

/** A node with this many neighbours. */
function create(t: Test, count: number) {
  const clock = new HandClock()
  const state = { clock, count, timesBack: 0, outages: null as unknown as Outages, lose, meet }
  state.outages = new Outages({ countConnected: () => state.count, onBack: () => state.timesBack++ })
  function lose(reason: CloseReason, number = 1): void {
    for (let i = 0; i < number; i++) {
      state.count--
      state.outages.lost(reason)
    }
  }
  function meet(): void {
    state.count++
    state.outages.met()
  }
  t.teardown(() => {
    state.outages.close()
    clock.restore()
  })
  return state
}

test('a node that was alone is back once a neighbour is connected', t => {
  const state = create(t, 2)
  state.lose('unresponsive', 2)
  state.clock.move(60 * SECONDS)
  t.equal(state.timesBack, 0, 'not while it is alone')
  state.meet()
  t.equal(state.timesBack, 0, 'not at once: others are met in a moment')
  state.meet()
  state.clock.move(SECONDS)
  t.equal(state.timesBack, 1)
  state.clock.move(60 * SECONDS)
  t.equal(state.timesBack, 1, 'once')
  t.equal(state.clock.pending, 0)
  t.end()
})

test('a node that is alone again before it was back is back later', t => {
  const state = create(t, 1)
  state.lose('broken')
  state.meet()
  state.lose('broken')
  state.clock.move(SETTLED)
  t.equal(state.timesBack, 0)
  state.meet()
  state.clock.move(SETTLED)
  t.equal(state.timesBack, 1)
  t.end()
})

test('a node that lost half of its neighbours within seconds is back where it kept the others', t => {
  const state = create(t, 6)
  state.lose('unresponsive', 2)
  state.clock.move(SETTLED)
  t.equal(state.timesBack, 0, 'two of six are no half')
  state.lose('disconnected')
  state.clock.move(SETTLED)
  t.equal(state.timesBack, 1)
  t.end()
})

test('neighbours that go one by one, or make room, are no outage', t => {
  const state = create(t, 8)
  for (let i = 0; i < 4; i++) {
    state.lose('disconnected')
    state.clock.move(30 * SECONDS)
  }
  t.equal(state.timesBack, 0)
  state.lose('released', 2)
  state.lose('no room')
  state.clock.move(SETTLED)
  t.equal(state.timesBack, 0)
  t.end()
})

test('a node that could not get in at first is back once it is in', t => {
  const state = create(t, 0)
  state.meet()
  state.clock.move(SETTLED)
  t.equal(state.timesBack, 0, 'one that got in at once was never out')
  state.outages.shutOut()
  state.meet()
  state.clock.move(SETTLED)
  t.equal(state.timesBack, 1)
  t.end()
})

test('a lone node waits for an eighth of the time that it is alone, 1.5 s to 15 s at most', t => {
  const clock = new HandClock()
  const random = Math.random
  Math.random = () => 1 // the longest pauses
  t.teardown(() => {
    Math.random = random
    clock.restore()
  })
  const pauses = new AttemptPauses()
  t.deepEqual([pauses.next(), pauses.next()], [1 * SECONDS, 1.5 * SECONDS])
  clock.move(24 * SECONDS)
  t.equal(pauses.next(), 3 * SECONDS)
  for (let i = 0; i < 5; i++) pauses.next()
  clock.move(600 * SECONDS)
  t.equal(pauses.next(), 15 * SECONDS)
  pauses.begin()
  t.equal(pauses.next(), 1 * SECONDS, 'it begins anew')
  pauses.refused()
  t.deepEqual(
    [1, 2, 3, 4].map(() => pauses.next()),
    [2, 4, 8, 15].map(pause => pause * SECONDS),
    'longer where a server refuses'
  )
  t.end()
})
