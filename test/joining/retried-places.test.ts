/** Places that are dialled again: when, how often, and when no more. */

import test, { type Test } from 'tape'
import { keyOf } from '../../src/connections/address-book.js'
import { RetriedPlaces } from '../../src/joining/retried-places.js'
import type { Address } from '../../src/wire/compact.js'
import { HandClock } from '../helpers/hand-clock.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS

const A = { host: '1.1.1.1', port: 1 }
const B = { host: '2.2.2.2', port: 2 }

function createPlaces(t: Test) {
  const clock = new HandClock()
  const random = Math.random
  Math.random = () => 0 // the shortest pauses: half as long
  const dialled: string[] = []
  const state = {
    clock,
    /** Those where somebody is. */
    alive: new Set<string>(),
    reached: new Set<string>(),
    isAlone: false,
    timesReached: 0,
    places: null as unknown as RetriedPlaces,
    async pass(milliseconds: number): Promise<string[]> {
      clock.move(milliseconds)
      await new Promise(resolve => setImmediate(resolve))
      return dialled.splice(0)
    }
  }
  state.places = new RetriedPlaces({
    isReached: place => state.reached.has(keyOf(place)),
    isAlone: () => state.isAlone,
    async dialPlace(place: Address) {
      dialled.push(keyOf(place))
      if (!state.alive.has(keyOf(place))) throw new Error('nobody is there')
    },
    onReached: () => state.timesReached++
  })
  t.teardown(() => {
    state.places.close()
    Math.random = random
    clock.restore()
  })
  return state
}

test('a place is dialled until somebody is there, with pauses that double up to ten minutes', async t => {
  const state = createPlaces(t)
  const { places, pass } = state
  places.add(A)
  for (const seconds of [2.5, 5, 10, 20, 40, 80, 160, 300, 300]) {
    t.deepEqual(await pass(seconds * SECONDS - 1), [], `not within ${seconds} s`)
    t.deepEqual(await pass(1), [keyOf(A)])
  }
  t.equal(state.timesReached, 0)
  state.alive.add(keyOf(A))
  t.deepEqual(await pass(5 * MINUTES), [keyOf(A)])
  t.equal(state.timesReached, 1)
  t.deepEqual(await pass(60 * MINUTES), [])
  t.equal(state.clock.pending, 0)
})

test('no more than so many attempts, if there is a limit', async t => {
  const { places, pass, clock } = createPlaces(t)
  places.add(A, 2)
  t.deepEqual(await pass(2.5 * SECONDS), [keyOf(A)])
  t.deepEqual(await pass(5 * SECONDS), [keyOf(A)])
  t.deepEqual(await pass(60 * MINUTES), [])
  t.equal(clock.pending, 0)
})

test('a place that leads to a connected node need not be dialled', async t => {
  const state = createPlaces(t)
  state.places.add(A)
  state.reached.add(keyOf(A))
  t.deepEqual(await state.pass(60 * MINUTES), [])
  t.equal(state.timesReached, 0, 'nobody new is there')
  t.equal(state.clock.pending, 0)
})

test('while no node is connected, joining tries the places, and this waits', async t => {
  const state = createPlaces(t)
  state.places.add(A)
  state.isAlone = true
  t.deepEqual(await state.pass(2.5 * SECONDS), [])
  state.isAlone = false
  t.deepEqual(await state.pass(5 * SECONDS), [keyOf(A)])
})

test('each place is dialled in its own time, and once if it is added twice', async t => {
  const { places, pass } = createPlaces(t)
  places.add(A)
  t.deepEqual(await pass(1 * SECONDS), [])
  places.add(B)
  places.add(A)
  t.deepEqual(await pass(1.5 * SECONDS), [keyOf(A)])
  t.deepEqual(await pass(1 * SECONDS), [keyOf(B)])
})

test('nothing is dialled after the end', async t => {
  const { places, pass, clock } = createPlaces(t)
  places.add(A)
  places.close()
  places.add(B)
  t.deepEqual(await pass(60 * MINUTES), [])
  t.equal(clock.pending, 0)
})
