/** Who has announced what: shares of the store, and what is forgotten when. */

import test, { type Test } from 'tape'
import { Announcements } from '../../src/storing/announcements.js'
import { HandClock } from '../helpers/hand-clock.js'

const MAX_PER_NODE = 2
const MAX_AGE = 1000
const recordOf = (number: number) => Buffer.alloc(6, number)

class Store {
  readonly #records = new Map<string, string[]>()

  get size(): number {
    return [...this.#records.values()].flat().length
  }

  add(name: string, record: Buffer): void {
    this.remove(name, record)
    this.#records.set(name, [...this.#of(name), record.toString('hex')])
  }

  remove(name: string, record: Buffer): void {
    this.#records.set(
      name,
      this.#of(name).filter(other => other !== record.toString('hex'))
    )
  }

  get(name: string): Buffer[] {
    return this.#of(name).map(record => Buffer.from(record, 'hex'))
  }

  #of(name: string): string[] {
    return this.#records.get(name) ?? []
  }
}

function create(t: Test) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const store = new Store()
  const announcements = new Announcements(store, { maxPerNode: MAX_PER_NODE, maxAge: MAX_AGE })
  return { clock, store, announcements }
}

test('a node has its share of the store, and may renew what is in it', async t => {
  const { announcements, store } = create(t)
  const owner = { id: 'aa', via: 'aa' }
  announcements.add(owner, 'first', recordOf(1))
  announcements.add(owner, 'first', recordOf(1))
  t.ok(announcements.hasRoom(owner, 'second'), 'the same again takes no room')
  announcements.add(owner, 'second', recordOf(1))
  t.notOk(announcements.hasRoom(owner, 'third'))
  t.ok(announcements.hasRoom(owner, 'first'))
  announcements.add(owner, 'first', recordOf(2))
  t.deepEqual(store.get('first'), [recordOf(2)], 'another port takes the place of the earlier one')
  t.ok(announcements.hasRoom({ id: 'bb', via: 'bb' }, 'third'), 'others have theirs')
})

test('nodes that come through one neighbour share four shares', async t => {
  const { announcements } = create(t)
  for (let i = 0; i < 4 * MAX_PER_NODE; i++) {
    const owner = { id: `0${i}`, via: 'aa' }
    t.ok(announcements.hasRoom(owner, `torrent ${i}`))
    announcements.add(owner, `torrent ${i}`, recordOf(i))
  }
  t.notOk(announcements.hasRoom({ id: 'bb', via: 'aa' }, 'torrent'))
  t.ok(announcements.hasRoom({ id: 'bb', via: 'cc' }, 'torrent'), 'there is room through another')
})

test('what the store has forgotten takes no room', async t => {
  const { announcements, clock } = create(t)
  const through = (id: string) => ({ id, via: 'aa' })
  announcements.add(through('01'), 'first', recordOf(1))
  clock.move(MAX_AGE / 2)
  announcements.add(through('01'), 'second', recordOf(1))
  t.notOk(announcements.hasRoom(through('01'), 'third'))
  clock.move(MAX_AGE / 2)
  t.ok(announcements.hasRoom(through('01'), 'third'))
  for (let i = 0; i < 4 * MAX_PER_NODE - 1; i++) announcements.add(through(`1${i}`), 'third', recordOf(i))
  t.notOk(announcements.hasRoom(through('02'), 'fourth'))
  clock.move(MAX_AGE)
  t.ok(announcements.hasRoom(through('02'), 'fourth'))
})

test('what a node announced is forgotten when it is gone', async t => {
  const { announcements, store } = create(t)
  const owner = { id: '01', via: 'aa' }
  announcements.add(owner, 'first', recordOf(1))
  announcements.add({ id: '02', via: 'aa' }, 'first', recordOf(2))
  announcements.forget('01')
  t.deepEqual(store.get('first'), [recordOf(2)])
  t.equal(store.size, 1)
  t.ok(announcements.hasRoom(owner, 'second'))
})
