/** Announcers that are not connected: when they are looked for, and what is forgotten. */

import test, { type Test } from 'tape'
import { AnnouncerChecks } from '../../src/storing/announcer-checks.js'
import { HandClock } from '../helpers/hand-clock.js'

const PAUSE = 60_000
const idOf = (number: number) => Buffer.alloc(20, number)
const hexOf = (number: number) => idOf(number).toString('hex')

function create(t: Test) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const connected = new Set<string>()
  const searches: { id: string; end: (isThere: boolean) => void }[] = []
  const gone: string[] = []
  const checks = new AnnouncerChecks({
    isConnected: id => connected.has(id),
    find: id => new Promise(end => searches.push({ id: id.toString('hex'), end })),
    onGone: id => gone.push(id)
  })
  return { clock, connected, searches, gone, checks, looked: () => searches.map(({ id }) => id) }
}

const settled = () => new Promise(resolve => setImmediate(resolve))

test('an announcer is looked for when it is named, once a minute', async t => {
  const { checks, clock, searches, looked, gone } = create(t)
  checks.consider(idOf(1))
  checks.consider(idOf(1))
  t.deepEqual(looked(), [hexOf(1)])
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
  t.deepEqual(gone, [hexOf(1)])
})

test('an announcer that is connected, or has just announced, is not looked for', t => {
  const { checks, clock, connected, looked } = create(t)
  connected.add(hexOf(1))
  checks.consider(idOf(1))
  checks.heard(hexOf(2))
  checks.consider(idOf(2))
  t.deepEqual(looked(), [])
  clock.move(PAUSE + 1)
  checks.consider(idOf(2))
  t.deepEqual(looked(), [hexOf(2)])
  t.end()
})

test('four are looked for at the same time', async t => {
  const { checks, searches, looked } = create(t)
  for (let i = 1; i <= 5; i++) checks.consider(idOf(i))
  t.equal(looked().length, 4)
  searches[0]?.end(true)
  await settled()
  checks.consider(idOf(5))
  t.equal(looked().at(-1), hexOf(5))
})
