/** Announcers that are not connected: when they are looked for, and what is forgotten. */

import test, { type Test } from 'tape'
import { Id } from '../../src/id.js'
import { AnnouncerChecks } from '../../src/storing/announcer-checks.js'
import { idOf } from '../helpers/askers.js'
import { HandClock } from '../helpers/hand-clock.js'

const PAUSE = 60_000
const SPARED_TIME = 120_000

function create(t: Test) {
  const clock = new HandClock()
  const state = { isAlone: false }
  const connected = new Set<string>()
  const searches: { id: Id; end: (isThere: boolean) => void }[] = []
  const gone: Id[] = []
  const checks = new AnnouncerChecks({
    isConnected: id => connected.has(id.hex),
    isAlone: () => state.isAlone,
    find: id => new Promise(end => searches.push({ id, end })),
    onGone: id => gone.push(id)
  })
  t.teardown(() => {
    checks.close()
    clock.restore()
  })
  return { clock, connected, searches, gone, checks, state, looked: () => searches.map(({ id }) => id) }
}

const numbered = (number: number) => Id.of(Buffer.from(String(number).padEnd(20)))
const settled = () => new Promise(resolve => setImmediate(resolve))

test('a named announcer is looked for, at most once a minute', async t => {
  const { checks, clock, searches, looked, gone } = create(t)
  checks.consider(idOf(1))
  checks.consider(idOf(1))
  t.deepEqual(looked(), [idOf(1)])
  searches[0]?.end(true)
  await settled()
  checks.consider(idOf(1))
  clock.move(PAUSE)
  checks.consider(idOf(1))
  t.equal(looked().length, 1)
  clock.move(1)
  checks.consider(idOf(1))
  t.equal(looked().length, 2)
  t.deepEqual(gone, [])
})

test('an announcer that is not found is gone', async t => {
  const { checks, searches, gone } = create(t)
  checks.consider(idOf(1))
  searches[0]?.end(false)
  await settled()
  t.deepEqual(gone, [idOf(1)])
})

test('an announcer that is connected or has just announced is not looked for', t => {
  const { checks, clock, connected, looked } = create(t)
  connected.add(idOf(1).hex)
  checks.consider(idOf(1))
  checks.heard(idOf(2))
  checks.consider(idOf(2))
  t.deepEqual(looked(), [])
  clock.move(PAUSE + 1)
  checks.consider(idOf(2))
  t.deepEqual(looked(), [idOf(2)])
  t.end()
})

test('at most four announcers are looked for at a time', async t => {
  const { checks, searches, looked } = create(t)
  for (let i = 1; i <= 5; i++) checks.consider(idOf(i))
  t.equal(looked().length, 4)
  searches[0]?.end(true)
  await settled()
  checks.consider(idOf(5))
  t.deepEqual(looked().at(-1), idOf(5))
})

test('an announcer whose connection broke is spared for two minutes, and looked for then', async t => {
  const { checks, clock, searches, looked, gone } = create(t)
  checks.spare(idOf(1))
  checks.consider(idOf(1))
  clock.move(SPARED_TIME - 1)
  checks.consider(idOf(1))
  t.deepEqual(looked(), [], 'although it is named meanwhile')
  clock.move(1)
  t.deepEqual(looked(), [idOf(1)])
  searches[0]?.end(false)
  await settled()
  t.deepEqual(gone, [idOf(1)])
  t.equal(clock.pending, 0)
})

test('a spared announcer is not looked for if it is back, and not forgotten if it breaks again meanwhile', async t => {
  const { checks, clock, connected, searches, looked, gone } = create(t)
  for (const number of [1, 2, 3]) checks.spare(idOf(number))
  connected.add(idOf(1).hex)
  checks.heard(idOf(2))
  clock.move(SPARED_TIME)
  t.deepEqual(looked(), [idOf(3)], 'neither one that is connected nor one that has announced again')
  checks.spare(idOf(3))
  searches[0]?.end(false)
  await settled()
  t.deepEqual(gone, [])
})

test('a node that is alone looks for no spared announcer until it is connected', t => {
  const { checks, clock, state, looked } = create(t)
  checks.spare(idOf(1))
  state.isAlone = true
  clock.move(SPARED_TIME + 60_000)
  t.deepEqual(looked(), [])
  state.isAlone = false
  clock.move(10_000)
  t.deepEqual(looked(), [idOf(1)])
  t.end()
})

test('spared announcers are looked for four at a time, and no more than 1000 are remembered', async t => {
  const { checks, clock, searches, looked } = create(t)
  for (let i = 1; i <= 6; i++) checks.spare(idOf(i))
  clock.move(SPARED_TIME)
  t.equal(looked().length, 4)
  for (const { end } of searches.splice(0)) end(true)
  await settled()
  clock.move(10_000)
  t.deepEqual(looked(), [idOf(5), idOf(6)])
  for (const { end } of searches.splice(0)) end(true)
  await settled()
  for (let i = 0; i < 1001; i++) checks.spare(numbered(i))
  clock.move(SPARED_TIME)
  t.deepEqual(looked()[0], numbered(1), 'the first was forgotten')
})
