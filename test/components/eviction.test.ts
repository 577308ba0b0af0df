/** Eviction: a full node closes connections that both ends can spare, and no others. */

import { randomBytes } from 'node:crypto'
import test, { type Test } from 'tape'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import type { WebTorrentDHTOptions } from '../../src/index.js'
import { createNode, destroyAll, eventually } from '../helpers/nodes.js'
import { RawClient, type RawMessage } from '../helpers/raw-client.js'

const EXTENSIONS = ['introduce', 'release']
const MINUTE = 60_000

async function createFull(
  t: Test,
  count: number,
  options: WebTorrentDHTOptions,
  extensions = EXTENSIONS
): Promise<[WebTorrentDHT, RawClient[]]> {
  const node = await createNode(options)
  t.teardown(() => destroyAll(node))
  const clients: RawClient[] = []
  for (let i = 0; i < count; i++) clients.push(await join(t, node, extensions))
  return [node, clients]
}

/** A client that is known to the node by its id. */
async function join(t: Test, node: WebTorrentDHT, extensions = EXTENSIONS): Promise<RawClient> {
  const client = await RawClient.connect(node, { id: randomBytes(20), extensions })
  t.teardown(() => client.close())
  await client.query('ping')
  return client
}

const tableOf = (node: WebTorrentDHT) => node.socket.node.table
const connectionTo = (node: WebTorrentDHT, { id }: RawClient) => tableOf(node).get(Id.of(id))

/** Takes all tags off, and lets time pass since the last use of each connection: the first client was of use longest ago. */
function makeIdle(node: WebTorrentDHT, clients: RawClient[]): void {
  clients.forEach((client, i) => {
    const connection = connectionTo(node, client)
    if (!connection) return
    connection.tags.clear()
    connection.lastUsed -= (clients.length - i) * MINUTE
    connection.openedAt -= MINUTE
  })
}

function release(client: RawClient): void {
  client.onQuery = query => client.reply(query, {})
}

function refuse(client: RawClient): void {
  client.onQuery = ({ t }: RawMessage) => client.sendMessage({ t, y: 'e', e: [409, 'needed'] })
}

const askedOf = (client: RawClient) => client.queries.filter(({ q }) => q === 'release').length

test('a full node evicts the least recently used connection that the other end releases', async t => {
  const [node, clients] = await createFull(t, 4, { maxConnections: 4 })
  makeIdle(node, clients)
  const [first, second, third] = clients as [RawClient, RawClient, RawClient]
  refuse(first)
  for (const client of clients.slice(1)) release(client)
  await join(t, node)
  t.deepEqual(
    [askedOf(first), askedOf(second), askedOf(third)],
    [1, 1, 0],
    'they are asked one after the other'
  )
  t.ok(connectionTo(node, first)?.isOpen, 'the connection that the other end refused to release stays')
  t.ok(await eventually(() => second.isClosed), 'the connection that the other end released is closed')
  const { closed } = node.stats().connections
  t.equal(closed['no room'], 1)
  makeIdle(node, clients)
  await join(t, node)
  t.equal(askedOf(first), 1, 'a node that has refused is not asked again at once')
  t.ok(await eventually(() => third.isClosed))
})

test('refusals to release keep no more than half of a node', async t => {
  const [node, clients] = await createFull(t, 4, { maxConnections: 4 })
  makeIdle(node, clients)
  for (const client of clients) refuse(client)
  await join(t, node) // it asks again after the first refusal, as nodes do
  t.equal(clients.filter(client => askedOf(client) > 0).length, 3, 'three have been asked, and all refused')
  t.ok(await eventually(() => clients.some(client => client.isClosed)), 'that is more than half')
  t.equal(clients.filter(client => client.isClosed).length, 1)
})

test('a tagged connection is not evicted, nor is one on which a query waits', async t => {
  const [node, clients] = await createFull(t, 2, { maxConnections: 2 })
  makeIdle(node, clients)
  for (const client of clients) release(client)
  const [first, second] = clients as [RawClient, RawClient]
  t.ok(node.socket.add_tag(first.id, 'mine'))
  connectionTo(node, second)?.awaited.add({ transaction: Buffer.from('aa'), sentAt: 0, miss: () => {} })
  const error = await RawClient.connect(node).catch(String)
  t.match(String(error), /503/, 'the newcomer is told that there is no room')
  t.notOk(first.isClosed || second.isClosed)
  connectionTo(node, second)?.awaited.clear()
  await join(t, node)
  t.ok(await eventually(() => second.isClosed))
  t.notOk(first.isClosed)
})

test('applications may tag a share of the connections, each owner with a tag of its own', async t => {
  const [node, clients] = await createFull(t, 4, { maxConnections: 4 })
  const { socket } = node
  const [first, second, third] = clients as [RawClient, RawClient, RawClient]
  t.notOk(socket.add_tag('00'.repeat(20), 'chat'), 'a node that is not connected')
  t.ok(socket.add_tag(first.id, 'chat'))
  t.ok(socket.add_tag(first.id.toString('hex'), 'files'))
  t.ok(socket.add_tag(second.id, 'chat'))
  t.notOk(socket.add_tag(third.id, 'chat'), 'two of four')
  socket.del_tag(first.id, 'chat')
  t.notOk(socket.add_tag(third.id, 'chat'), 'the other owner still needs it')
  socket.del_tag(first.id, 'files')
  t.ok(socket.add_tag(third.id, 'chat'))
  t.equal(node.stats().connections.byTag.chat, 2)
})

test('the newest few connections are not evicted: a newcomer needs time to find others', async t => {
  const [node, clients] = await createFull(t, 16, { maxConnections: 20, maxPendingConnections: 20 })
  for (const client of clients) release(client)
  const newest = clients.at(-1) as RawClient
  makeIdle(node, clients)
  const connection = connectionTo(node, newest)
  if (connection) {
    connection.openedAt += MINUTE
    connection.lastUsed = -MINUTE // it is the one that was of use longest ago
  }
  for (let i = 0; i < 3; i++) await join(t, node) // an eighth is left for this node's own: one goes for each beyond
  t.ok(await eventually(() => clients.some(client => client.isClosed)))
  t.notOk(newest.isClosed)
})

test('a connection to a node without `release` is evicted after a time of grace', async t => {
  const [node, clients] = await createFull(t, 2, { maxConnections: 2 }, ['introduce'])
  for (const client of clients) connectionTo(node, client)?.tags.clear()
  t.match(String(await RawClient.connect(node).catch(String)), /503/, 'both were of use just now')
  makeIdle(node, clients)
  await join(t, node)
  t.equal(clients.filter(client => askedOf(client) > 0).length, 0, 'it is not asked what it does not know')
  t.ok(await eventually(() => clients[0]?.isClosed === true))
})

test('a node releases a connection that it can replace, and keeps the announcements of its neighbour', async t => {
  const [node, clients] = await createFull(t, 6, { k: 20, lookupWidth: 4 })
  const infoHash = randomBytes(20)
  const isFar = (client: RawClient) =>
    !node.nodes.closest(node.nodeId, 4).some(({ id }) => id.equals(client.id))
  const asker = clients.find(isFar) as RawClient
  const { r } = await asker.query('get_peers', { info_hash: infoHash })
  await asker.query('announce_peer', { info_hash: infoHash, port: 4000, token: r?.token })
  const near = clients.find(client => !isFar(client)) as RawClient
  t.equal((await near.query('release')).e?.[0], 409, 'one of the nearest nodes is needed')
  node.socket.add_tag(asker.id, 'mine')
  t.equal((await asker.query('release')).e?.[0], 409, 'one with a tag too')
  node.socket.del_tag(asker.id, 'mine')
  t.equal((await asker.query('release')).y, 'r', 'another one not')
  t.equal(node.nodes.get(asker.id), null, 'it has left the routing table')
  await asker.close()
  t.ok(await eventually(() => node.stats().connections.closed.released === 1))
  t.equal(node._peers.get(infoHash.toString('hex')).length, 1, 'its announcement is kept: it lives on')
})

test('a node with few connections releases none', async t => {
  const [node, clients] = await createFull(t, 4, { k: 20, lookupWidth: 1 })
  for (const client of clients) t.equal((await client.query('release')).e?.[0], 409)
  t.equal(node.stats().connections.open, 4)
})

test('a released connection that is not closed in time goes on', async t => {
  const [node, clients] = await createFull(t, 6, { k: 20, lookupWidth: 1 })
  const agreed: RawClient[] = []
  for (const client of clients.slice(0, 2)) {
    if ((await client.query('release')).y === 'r') agreed.push(client)
  }
  const [asker] = agreed as [RawClient]
  const connection = connectionTo(node, asker)
  t.ok(connection?.isReleasing)
  t.equal((await asker.query('find_node', { target: randomBytes(20) })).y, 'r', 'meanwhile it is answered')
  t.ok(await eventually(() => connection?.isReleasing === false), 'not closed in time: it goes on')
  t.ok(connection?.isOpen)
})
