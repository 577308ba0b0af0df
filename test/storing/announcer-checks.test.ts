/** Announcers that are not connected: when they are looked for, and what is forgotten. */

import test, { type Test } from 'tape'
import type { Id } from '../../src/id.js'
import { AnnouncerChecks } from '../../src/storing/announcer-checks.js'
import { idOf } from '../helpers/askers.js'
import { HandClock } from '../helpers/hand-clock.js'

const PAUSE = 60_000

function create(t: Test) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const connected = new Set<string>()
  const searches: { id: Id; end: (isThere: boolean) => void }[] = []
  const gone: Id[] = []
  const checks = new AnnouncerChecks({
    isConnected: id => connected.has(id.hex),
    find: id => new Promise(end => searches.push({ id, end })),
    onGone: id => gone.push(id)
  })
  return { clock, connected, searches, gone, checks, looked: () => searches.map(({ id }) => id) }
}

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
