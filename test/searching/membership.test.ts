/** The routing table keeps in step with the connections: who enters it, who leaves it when, and who is gone for good. */

import { EventEmitter } from 'node:events'
import test, { type Test } from 'tape'
import { ROUTING_TAG } from '../../src/connections/table.js'
import { CLOSE_REASONS, type CloseReason } from '../../src/counters.js'
import { Id } from '../../src/id.js'
import { Membership, type MembershipNode } from '../../src/searching/membership.js'
import { RoutingTable } from '../../src/searching/routing-table.js'
import type { Contact } from '../../src/upstream.js'
import { idOf, lettersOf, Neighbours } from '../helpers/fake-neighbours.js'
import { HandClock } from '../helpers/hand-clock.js'

/** Milliseconds, as src/searching/membership.ts has them. */
const QUESTIONABLE_TIME = 3000

/** A node A whose table keeps the one that is nearest, and one in each bucket. */
function create(t: Test) {
  const clock = new HandClock()
  const neighbours = new Neighbours('A')
  const { table } = neighbours
  const contacts = new RoutingTable({
    localNodeId: table.id,
    bucketSize: 1,
    neighbours: 1,
    maxContacts: 16,
    displacedBy: () => undefined,
    isConnected: id => table.get(id) !== undefined,
    nearestConnected: () => []
  })
  contacts.on('added', ({ id }: Contact) => void table.addTag(Id.of(id), ROUTING_TAG))
  contacts.on('removed', ({ id }: Contact) => table.deleteTag(Id.of(id), ROUTING_TAG))
  const addressOf = (id: Id) => table.addresses.addressOf(id) ?? { host: '', port: 0 }
  const node: MembershipNode = Object.assign(new EventEmitter(), {
    table,
    contacts,
    contactOf: (id: Id) => ({ id: id.bytes, ...addressOf(id) })
  })
  table.on('connected', (...args) => (node as unknown as EventEmitter).emit('connected', ...args))
  table.on('disconnected', (...args) => (node as unknown as EventEmitter).emit('disconnected', ...args))
  const gone: string[] = []
  const silent: string[] = []
  const membership = new Membership(node, {
    add: contact => void contacts.add(contact),
    onGone: id => gone.push(lettersOf([id])),
    onSilent: id => silent.push(lettersOf([id]))
  })
  t.teardown(() => {
    membership.close()
    neighbours.close()
    clock.restore()
  })
  const inTable = () =>
    contacts
      .toArray()
      .map(({ id }) => lettersOf([Id.of(id)]))
      .sort()
      .join('')
  return { clock, neighbours, table, contacts, membership, gone, silent, inTable, addressOf }
}

test('a connected node is in the routing table under its address, and its connection is tagged', t => {
  const { neighbours, contacts, inTable, addressOf } = create(t)
  neighbours.add('B')
  t.equal(inTable(), 'B')
  const { host, port, seen } = contacts.toArray()[0] ?? {}
  t.deepEqual({ host, port }, addressOf(idOf('B')))
  t.ok(Date.now() - (seen ?? 0) < 60_000)
  t.ok(neighbours.get('B').tags.has(ROUTING_TAG))
  t.end()
})

test('a node that closed its connection keeps its place for three seconds', t => {
  const { clock, neighbours, gone, inTable } = create(t)
  neighbours.add('B').close('disconnected')
  clock.move(QUESTIONABLE_TIME - 1)
  t.deepEqual([inTable(), gone], ['B', []])
  clock.move(1)
  t.deepEqual([inTable(), gone], ['', ['B']])
  t.equal(clock.pending, 0)
  t.end()
})

test('a node that reconnects in time keeps its place', t => {
  const { clock, neighbours, gone, inTable } = create(t)
  neighbours.add('B').close('disconnected')
  clock.move(QUESTIONABLE_TIME - 1)
  const connection = neighbours.add('B')
  t.ok(connection.tags.has(ROUTING_TAG), 'the new connection has the tag')
  clock.move(QUESTIONABLE_TIME)
  t.deepEqual([inTable(), gone], ['B', []])
  t.end()
})

test('a second break starts a new three seconds', t => {
  const { clock, neighbours, gone, inTable } = create(t)
  for (let i = 0; i < 3; i++) {
    neighbours.add('B').close('disconnected')
    clock.move(QUESTIONABLE_TIME - 1)
    t.equal(inTable(), 'B')
  }
  clock.move(1)
  t.deepEqual([inTable(), gone], ['', ['B']], 'gone once')
  t.end()
})

/** What a closed connection means for its node. */
const MEANS: Partial<Record<CloseReason, 'may come back' | 'lives on' | 'is silent'>> = {
  disconnected: 'may come back',
  broken: 'is silent',
  unresponsive: 'is silent',
  'no room': 'lives on',
  released: 'lives on'
}

for (const reason of CLOSE_REASONS.filter(reason => MEANS[reason] !== 'may come back')) {
  const meaning = MEANS[reason] ?? 'is gone'
  test(`a node whose connection was closed (${reason}) leaves at once, and ${meaning}`, t => {
    const { clock, neighbours, gone, silent, inTable } = create(t)
    neighbours.add('B').close(reason)
    const expected = [meaning === 'is gone' ? ['B'] : [], meaning === 'is silent' ? ['B'] : []]
    t.deepEqual([inTable(), gone, silent], ['', ...expected])
    clock.move(QUESTIONABLE_TIME)
    t.deepEqual([gone, silent], expected)
    t.end()
  })
}

test('`removeFromRoutingTable` removes a node from a bucket, but not one of the nearest', t => {
  const { neighbours, table, inTable } = create(t)
  for (const letter of ['@', 'C', 'Q']) neighbours.add(letter) // by XOR with A: 1, 2, 16
  t.equal(inTable(), '@CQ')
  for (const letter of ['@', 'C', 'Q']) table.removeFromRoutingTable(idOf(letter))
  t.equal(inTable(), '@')
  t.notOk(neighbours.get('C').tags.has(ROUTING_TAG), 'its connection may be closed')
  t.end()
})

test('after close no timer is left', t => {
  const { clock, neighbours, membership, gone, inTable } = create(t)
  for (const letter of ['B', 'Q']) neighbours.add(letter)
  neighbours.get('B').close('disconnected')
  membership.close()
  neighbours.get('Q').close('unresponsive')
  t.equal(clock.pending, 0)
  t.deepEqual([inTable(), gone], ['BQ', []])
  t.end()
})
