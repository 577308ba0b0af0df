/** Connections between real nodes: glare, duplicates, tags, closing, early messages. */

import test from 'tape'
import type { PeerConnection } from '../../src/connections/peer-connection.js'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import { CarefulPeer } from '../helpers/careful-peer.js'
import {
  countsOf,
  createJoined,
  createNode,
  createPair,
  destroyAll,
  eventually,
  placeOf,
  within
} from '../helpers/nodes.js'
import { RawClient } from '../helpers/raw-client.js'
import { countMade, countOpen } from '../helpers/signals.js'

const idOf = (node: WebTorrentDHT) => Id.of(node.nodeId)
const tableOf = (node: WebTorrentDHT) => node.socket.node.table
const connectionBetween = (node: WebTorrentDHT, other: WebTorrentDHT) =>
  tableOf(node).get(idOf(other)) as PeerConnection
const ping = (node: WebTorrentDHT, place: string) =>
  new Promise<Error | null>(resolve => {
    const [host = '', port] = place.split(':')
    node._rpc.query({ host, port: Number(port) }, { q: 'ping' }, error => resolve(error))
  })

test('two nodes that dial each other at once end with the same one connection, and see no disconnect', async t => {
  for (let round = 0; round < 5; round++) {
    const [a, b] = await Promise.all([createNode(), createNode()])
    const disconnects: string[] = []
    for (const node of [a, b]) node.socket.on('node_disconnected', id => disconnects.push(id))
    const errors = await Promise.all([ping(a, placeOf(b)), ping(b, placeOf(a))])
    t.deepEqual(errors, [null, null], 'both are answered')
    const isSettled = () => countOpen([a]) === 1 && countOpen([b]) === 1
    t.ok(await eventually(isSettled), 'one connection is left on each side')
    t.notEqual(connectionBetween(a, b).isInitiator, connectionBetween(b, a).isInitiator, 'it is the same one')
    t.deepEqual(disconnects, [], 'nobody was disconnected')
    await destroyAll(a, b)
  }
})

test('a node that is connected is not connected again, whoever introduces it', async t => {
  const [a, b] = await createPair()
  const c = await createJoined(a)
  t.ok(await eventually(() => tableOf(b).get(idOf(c)) !== undefined), 'b and c were introduced by a')
  const made = countMade([a, b, c])
  for (const node of [a, b, c]) await new Promise(resolve => node.lookup(Buffer.alloc(20, 7), resolve))
  t.equal(countMade([a, b, c]), made)
  await destroyAll(a, b, c)
})

test('an attempt to connect is shared by all who want the same node', async t => {
  const options = { simple_peer_constructor: CarefulPeer } // a second attempt would make another one
  const [a, b] = await createPair(options)
  const c = await createJoined(a, { maxConnections: 8, ...options })
  t.ok(await eventually(() => tableOf(c).get(idOf(b)) !== undefined), 'c has met b')
  tableOf(c).get(idOf(b))?.close('no room')
  await eventually(() => tableOf(c).get(idOf(b)) === undefined)
  // Not those that answer: b may look for others at the same moment, and offer to c.
  const { factory } = c.socket.node.connector
  const create = factory.create.bind(factory)
  let offering = 0
  factory.create = (isInitiator, ...rest) => {
    if (isInitiator) offering++
    return create(isInitiator, ...rest)
  }
  const connect = () => c.socket.node.destinations.connect(idOf(b))
  const [first, second] = await within('connection', Promise.all([connect(), connect()]))
  t.equal(first, second)
  t.ok(offering <= 1, `${offering} RTCPeerConnection`)
  await destroyAll(a, b, c)
})

test('nodes in the routing table have a tag, and a tagged connection is not closed for room', async t => {
  const hub = await createNode({ maxConnections: 3 })
  const nodes = await Promise.all(Array.from({ length: 3 }, () => createJoined(hub)))
  t.ok(countsOf(hub).existing <= 3, 'the budget is held')
  const { byTag, untagged } = hub.socket.stats().connections
  t.deepEqual(byTag, { 'k-rpc-webrtc': 2 }, 'half of them are tagged, rounded up')
  t.equal(untagged, 1)
  const latecomer = await createNode({ bootstrap: placeOf(hub) })
  const tagged = [...tableOf(hub).all].filter(({ tags }) => tags.size > 0)
  await ping(latecomer, placeOf(hub))
  t.ok(
    tagged.every(({ isOpen }) => isOpen),
    'whoever comes, these stay'
  )
  t.ok(countsOf(hub).existing <= 3)
  await destroyAll(hub, latecomer, ...nodes)
})

test('add_tag and del_tag take ids as hex or bytes, and leave an open connection open', async t => {
  const [a, b] = await createPair()
  const { socket } = a
  socket.add_tag(b.nodeId, 'mine')
  t.ok(connectionBetween(a, b).tags.has('mine'))
  t.equal(socket.get_id_mapping(idOf(b).hex.toUpperCase()), connectionBetween(a, b).peer)
  socket.del_tag(idOf(b).hex, 'mine')
  t.throws(
    () => socket.del_tag(b.nodeId, 'k-rpc-webrtc'),
    { code: 'EINVAL' },
    'that of the routing table stays'
  )
  t.ok(connectionBetween(a, b).isOpen)
  t.ok(connectionBetween(a, b).tags.has('k-rpc-webrtc'))
  socket.add_tag('00'.repeat(20), 'nobody')
  t.equal(socket.get_id_mapping('00'.repeat(20)), undefined)
  await destroyAll(a, b)
})

test('when a connection closes, what waits for it fails at once, and nothing is left', async t => {
  const [a, b] = await createPair()
  const infoHash = Buffer.alloc(20, 3)
  await new Promise(resolve => b.announce(infoHash, 4000, resolve))
  t.equal(a._peers.get(infoHash.toString('hex')).length, 1, 'the announcement is stored')
  const connection = connectionBetween(a, b)
  connection.peer.send = () => {} // the query gets lost
  const started = Date.now()
  const query = new Promise<{ code?: unknown } | null>(resolve => {
    a._rpc.query(
      { ...(tableOf(a).addresses.addressOf(idOf(b)) as { host: string; port: number }) },
      { q: 'ping' },
      resolve
    )
  })
  await eventually(() => connection.awaited.size > 0)
  b.destroy()
  t.equal((await query)?.code, 'ETIMEDOUT', 'k-rpc takes it for a timeout')
  t.ok(Date.now() - started < 1900, 'which would have come later')
  t.ok(await eventually(() => a.nodes.count() === 0), 'the node leaves the routing table')
  t.ok(
    await eventually(() => a._peers.get(infoHash.toString('hex')).length === 0),
    'its announcement is forgotten'
  )
  t.deepEqual([tableOf(a).all.size, countsOf(a).existing], [0, 0])
  await destroyAll(a)
})

test('a node that vanished without a word is found out by the first query that it does not answer', async t => {
  const [a, b] = await createPair({ timeout: 400 })
  for (const connection of tableOf(b).all) connection.peer.send = () => {}
  const connection = connectionBetween(a, b)
  t.ok(
    await eventually(() => performance.now() - connection.lastHeard > 300),
    'what was under way has arrived'
  )
  const address = tableOf(a).addresses.addressOf(idOf(b)) as { host: string; port: number }
  const error = await new Promise<Error | null>(resolve =>
    a._rpc.query({ ...address }, { q: 'ping' }, resolve)
  )
  t.ok(error, 'the query is not answered')
  t.ok(connection.isSilent, 'it is named to nobody from now on')
  t.ok(await eventually(() => connection.isClosed), 'nor is the ping: it is disconnected')
  await destroyAll(a, b)
})

test('a node that lost all connections joins again by itself', async t => {
  const [a, b] = await createPair()
  const disconnected = new Promise(resolve => a.socket.once('node_disconnected', resolve))
  for (const connection of tableOf(b).all) connection.close('released')
  t.equal(await within('disconnected', disconnected), idOf(b).hex, 'they are disconnected')
  t.ok(await eventually(() => tableOf(b).get(idOf(a)) !== undefined), 'and connected again')
  await destroyAll(a, b)
})

test('a node that is started anew with the same id gets in again', async t => {
  const nodeId = Buffer.alloc(20, 9)
  const hub = await createNode()
  // It vanishes without a word: it answers nothing.
  const vanished = await RawClient.connect(hub, { id: nodeId })
  t.ok(await eventually(() => tableOf(hub).get(Id.of(nodeId)) !== undefined))
  const old = tableOf(hub).get(Id.of(nodeId))
  t.ok(
    await eventually(() => performance.now() - (old?.lastHeard ?? 0) > 100),
    'what was under way has arrived'
  )
  if (old) old.lastHeard -= 10_000
  const second = await createJoined(hub, { nodeId })
  t.ok(tableOf(second).get(idOf(hub)), 'it is connected')
  t.notEqual(connectionBetween(hub, second), old)
  t.ok(old?.isClosed)
  await vanished.close()
  await destroyAll(hub, second)
})

test('destroy calls back when the port is free, also when called twice or before anything has happened', async t => {
  const node = await createNode()
  const { port } = node.address()
  await destroyAll(node, node)
  const next = await createNode()
  await destroyAll(next)
  const again = await createNode()
  await new Promise<void>(resolve => again.destroy(resolve))
  const { default: DHT } = await import('../../src/index.js')
  const same = new DHT({ bootstrap: false })
  await new Promise<void>(resolve => same.listen(port, resolve))
  t.equal(same.address().port, port)
  const fresh = new DHT({ bootstrap: false })
  await destroyAll(same, fresh)
})
