/** Routing table: buckets, and beyond their size the nearest nodes. */

import test from 'tape'
import { compareDistances, Id } from '../../src/id.js'
import { RoutingTable } from '../../src/searching/routing-table.js'
import type { Contact } from '../../src/upstream.js'

const own = Id.of(Buffer.alloc(20))
const contactAt = (distance: number): Contact => {
  const id = Buffer.alloc(20)
  id.writeUInt32BE(distance, 16)
  return { id, host: '240.0.0.1', port: distance }
}
const createTable = (
  isConnected: (id: Id) => boolean = () => true,
  connected: Contact[] = [],
  maxContacts = 100
) =>
  new RoutingTable({
    localNodeId: own,
    bucketSize: 2,
    neighbours: 4,
    maxContacts,
    displacedBy: () => undefined,
    isConnected,
    nearestConnected: (target, count) =>
      [...connected].sort((a, b) => compareDistances(target, Id.of(a.id), Id.of(b.id))).slice(0, count)
  })
const ports = (contacts: Contact[]) => contacts.map(contact => contact.port).sort((a, b) => a - b)

test('the nearest nodes are kept even if their bucket is full', t => {
  const table = createTable()
  for (const distance of [15, 14, 13, 12]) table.add(contactAt(distance)) // one bucket: 8 to 15
  t.deepEqual(ports(table.toArray()), [12, 13, 14, 15])
  t.equal(table.count(), 4)
  for (const distance of [12, 13, 14, 15]) t.ok(table.get(contactAt(distance).id), `${distance} is found`)
  t.end()
})

test('a kept node is removed, with an event, when nearer nodes have come', t => {
  const table = createTable()
  const removed: number[] = []
  table.on('removed', (contact: Contact) => removed.push(contact.port))
  for (const distance of [15, 14, 13, 12, 3, 2, 1]) table.add(contactAt(distance))
  t.deepEqual(removed, [13], '1, 2, 3 and 12 are the nearest four now')
  t.deepEqual(ports(table.toArray()), [1, 2, 3, 12, 14, 15], 'the bucket keeps its two')
  t.end()
})

test('every added node is removed exactly once', t => {
  const table = createTable()
  const live = new Set<number>()
  let twice = 0
  table.on('added', (contact: Contact) => {
    if (live.has(contact.port)) twice++
    live.add(contact.port)
  })
  table.on('removed', (contact: Contact) => {
    if (!live.delete(contact.port)) twice++
  })
  for (let i = 1; i < 500; i++) table.add(contactAt((i * 7919) % 1000 || 1))
  t.deepEqual(
    [...live].sort((a, b) => a - b),
    ports(table.toArray()),
    'the events tell what is in it'
  )
  for (const contact of table.toArray()) table.remove(contact.id)
  t.deepEqual([live.size, table.count(), twice], [0, 0, 0])
  t.end()
})

test('`closest` gives the nearest nodes in order', t => {
  const table = createTable(() => false)
  for (const distance of [900, 800, 15, 14, 13, 12, 700]) table.add(contactAt(distance))
  const target = contactAt(13).id
  const found = table.closest(target, 3).map(contact => contact.port)
  t.deepEqual(found, [13, 12, 15])
  t.end()
})

test('in a full bucket a connected newcomer replaces only an unconnected node', t => {
  const connected = new Set([1, 2, 3, 4, 900])
  const table = createTable(id => connected.has(id.bytes.readUInt32BE(16)))
  for (const distance of [1, 2, 3, 4, 1000, 1001]) table.add(contactAt(distance))
  table.add(contactAt(1002))
  t.notOk(table.get(contactAt(1002).id), 'one without does not replace another')
  table.add(contactAt(900))
  t.ok(table.get(contactAt(900).id), 'one with does')
  t.equal(table.count(), 6)
  t.end()
})

test('`closest` includes each connected node once, in the table or not', t => {
  const table = createTable(() => true, [9, 8, 100].map(contactAt))
  for (const distance of [8, 200]) table.add(contactAt(distance))
  const distances = table.closest(contactAt(9).id, 3).map(contact => contact.port)
  t.deepEqual(distances, [9, 8, 100], 'the nearest first')
  t.equal(table.count(), 2, 'the table itself is as it was')
  t.end()
})

test('beyond the maximum, nodes leave buckets that hold others, and the nearest nodes stay', t => {
  const table = createTable(undefined, [], 8)
  // Two in each bucket; the four nearest are 1, 2, 3 and 4.
  const distances = [1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 64, 65]
  for (const distance of distances) table.add(contactAt(distance))
  const left = ports(table.toArray())
  t.equal(left.length, 8)
  t.deepEqual(left.slice(0, 4), [1, 2, 3, 4])
  for (const bucket of [8, 16, 32, 64]) {
    t.ok(
      left.some(distance => distance >= bucket && distance < 2 * bucket),
      `one of the bucket from ${bucket}`
    )
  }
  t.ok(table.isNeighbour(contactAt(4).id))
  t.notOk(table.isNeighbour(contactAt(8).id))
  t.end()
})
