/** Who sent a message: whose query it is that comes, whose reply is taken, and what is dropped. */

import test from 'tape'
import type { CheckedMessage } from '../../src/krpc/inbound.js'
import type { Remote } from '../../src/krpc/remote.js'
import { encode } from '../../src/wire/bencode.js'
import { createDoublingNode, doubleBytes, pingBytes, unknownBytes } from '../helpers/doubling-node.js'
import { bytesOf, idOf } from '../helpers/fake-neighbours.js'
import { only, replyBytes, withoutSize } from '../helpers/route-node.js'

test('a query with another id than the connection’s node is dropped without an answer', t => {
  const { node, neighbour, asked } = createDoublingNode(t)
  node.neighbours.add('B')
  t.deepEqual(node.receive('N', pingBytes('N')), [])
  node.neighbours.takeMessages('N')
  for (const by of ['B', 'X', 'A']) t.deepEqual(node.receive('N', doubleBytes(4, { by })), ['foreign id'], by)
  t.deepEqual(node.neighbours.takeMessages('N'), [])
  t.deepEqual(asked, [])
  t.ok(neighbour.isOpen, 'it has said itself who it is')
  t.end()
})

test('a connection is closed if its first message names another node than its signals', t => {
  const { node, neighbour } = createDoublingNode(t)
  t.deepEqual(node.receive('N', pingBytes('X')), ['foreign id'])
  t.ok(neighbour.isClosed)
  t.equal(node.table.counters.closed.failed, 1)
  t.end()
})

test('the first query identifies the other end, which cannot be the node itself', t => {
  const { node } = createDoublingNode(t)
  const connection = node.neighbours.addUnknown()
  t.deepEqual(node.receive(connection, pingBytes('U')), [])
  t.equal(node.table.get(idOf('U')), connection)
  t.ok(connection.isConfirmed)
  t.equal(node.neighbours.takeMessages(connection).length, 1)
  const own = node.neighbours.addUnknown()
  t.deepEqual(node.receive(own, pingBytes('A')), ['foreign id'])
  t.ok(own.isClosed)
  t.equal(node.table.get(idOf('A')), undefined)
  t.end()
})

test('a query without an id is dropped on a connection whose node is unknown', t => {
  const { node } = createDoublingNode(t)
  node.inbound.isListenedTo = () => true
  const connection = node.neighbours.addUnknown()
  t.deepEqual(node.receive(connection, unknownBytes()), ['sender not known'])
  connection.dialled = { host: '127.0.0.1', port: 5 }
  const heard: Remote[] = []
  node.inbound.on('query', (_, remote) => heard.push(remote))
  t.deepEqual(node.receive(connection, unknownBytes()), [], 'a node that was dialled is at that place')
  t.deepEqual([only(heard).host, only(heard).port], ['127.0.0.1', 5])
  t.end()
})

test('a reply is accepted once, and only on the connection of its query', t => {
  const { node, ask } = createDoublingNode(t)
  node.neighbours.add('B')
  const query = ask()
  t.deepEqual(node.receive('B', replyBytes('B', query.transaction)), ['reply not awaited'])
  t.deepEqual(node.receive('N', replyBytes('N', 'xx')), ['reply not awaited'])
  t.equal(node.ends.size, 0)
  t.deepEqual(node.receive('N', replyBytes('N', query.transaction)), [])
  t.deepEqual(withoutSize(node.ends.get(query)), { kind: 'replied', values: { id: bytesOf('N') } })
  t.deepEqual(node.receive('N', replyBytes('N', query.transaction)), ['reply not awaited'])
  t.end()
})

test('a reply that comes after the deadline is dropped', t => {
  const { node, ask } = createDoublingNode(t)
  const query = ask('ping', 100)
  node.clock.move(100)
  t.deepEqual(node.receive('N', replyBytes('N', query.transaction)), ['reply not awaited'])
  t.equal(node.ends.get(query)?.kind, 'failed')
  t.end()
})

test('a reply with another id than the asked node’s is dropped', t => {
  const { node, neighbour, ask } = createDoublingNode(t)
  const query = ask()
  neighbour.isConfirmed = true
  t.deepEqual(node.receive('N', replyBytes('X', query.transaction)), ['foreign id'])
  t.notOk(query.isOver)
  neighbour.isConfirmed = false
  node.receive('N', replyBytes('X', query.transaction))
  t.ok(neighbour.isClosed, 'a relay has lied about whose connection it is')
  t.equal(node.ends.get(query)?.kind, 'failed')
  t.end()
})

test('an error of any form ends its query', t => {
  const { node, ask } = createDoublingNode(t)
  for (const e of [[201, 'no'], [], 'no', { length: 1 }, [{ toString: 'x' }], undefined]) {
    const query = ask()
    const error = { t: query.transaction, y: 'e', ...(e !== undefined && { e }) }
    t.deepEqual(node.receive('N', encode(error)), [])
    t.equal(node.ends.get(query)?.kind, 'refused')
  }
  t.end()
})

test('a reply of an unknown method is not checked', t => {
  const { node, ask } = createDoublingNode(t)
  const query = ask('unheard_of')
  t.deepEqual(node.receive('N', encode({ t: query.transaction, y: 'r', r: { x: [5] } })), [])
  t.deepEqual(withoutSize(node.ends.get(query)), { kind: 'replied', values: { x: [5] } })
  t.end()
})

test('listeners get replies and errors', t => {
  const { node, ask } = createDoublingNode(t)
  const heard: [CheckedMessage, Remote][] = []
  node.inbound.on('reply', (...args) => heard.push(args))
  const replied = ask()
  node.receive('N', replyBytes('N', replied.transaction))
  const refused = ask()
  node.receive('N', encode({ t: refused.transaction, y: 'e', e: [201, 5] }))
  t.deepEqual(
    heard.map(([message]) => message),
    [
      { kind: 'reply', transaction: replied.transaction, values: { id: bytesOf('N') } },
      { kind: 'error', transaction: refused.transaction, error: [201, 5] }
    ]
  )
  t.equal(heard[0]?.[1].host, node.table.addresses.addressOf(idOf('N'))?.host)
  t.end()
})
