/** What a node says of itself: `stats()`. */

import { randomBytes } from 'node:crypto'
import test from 'tape'
import { CLOSE_REASONS, DROP_REASONS, OUTCOMES } from '../src/counters.js'
import { createPair, destroyAll, eventually } from './helpers/nodes.js'
import { createMethods } from './helpers/parse.js'

test('stats name every method, outcome and reason, also where nothing was counted', async t => {
  const [a, b] = await createPair()
  const methods = [...createMethods(20).keys()]
  const { connections, drops, queries } = a.stats()
  t.deepEqual(Object.keys(connections.closed), [...CLOSE_REASONS])
  t.deepEqual(Object.keys(drops), [...DROP_REASONS])
  t.deepEqual(Object.keys(queries.received), methods)
  t.deepEqual(Object.keys(queries.sent), methods)
  for (const outcomes of Object.values(queries.sent)) t.deepEqual(Object.keys(outcomes), [...OUTCOMES])
  await destroyAll(a, b)
})

test('stats count what two nodes do, the same at both ends', async t => {
  const [a, b] = await createPair()
  const before = { a: a.stats(), b: b.stats() }
  await new Promise(resolve => b.lookup(randomBytes(20), resolve))
  await new Promise<void>((resolve, reject) => b.put('hello', error => (error ? reject(error) : resolve())))
  const after = { a: a.stats(), b: b.stats() }
  const sent = (method: 'get_peers' | 'put') =>
    after.b.queries.sent[method].replied - before.b.queries.sent[method].replied
  t.equal(sent('get_peers'), 1)
  t.equal(sent('put'), 1)
  t.equal(after.a.queries.received.get_peers - before.a.queries.received.get_peers, 1)
  t.equal(after.a.stored.values, 1)
  t.ok(after.a.bytes.received > before.a.bytes.received && after.a.bytes.sent > before.a.bytes.sent)
  t.deepEqual([after.b.connections.open, after.b.connections.untagged], [1, 0])
  t.deepEqual(after.b.connections.byTag, { 'k-rpc-webrtc': 1 })
  t.equal(after.b.connections.opened, after.b.connections.open)
  t.equal(before.b.queries.sent.put.replied, 0, 'what was given out earlier does not change')
  for (const connection of b.socket.node.table.all) connection.close('unresponsive')
  t.ok(await eventually(() => a.stats().connections.closed.disconnected === 1))
  t.equal(b.stats().connections.closed.unresponsive, 1)
  await destroyAll(a, b)
})
