/** How a node gets in and stays in, among real nodes. */

import { createServer } from 'node:http'
import test from 'tape'
import { Id } from '../../src/id.js'
import WebTorrentDHT from '../../src/index.js'
import { createJoined, createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'
import { RawClient } from '../helpers/raw-client.js'

const LOCAL = { simple_peer_opts: { config: { iceServers: [] } } }
const idOf = (node: WebTorrentDHT) => node.nodeId.toString('hex')
const tableOf = (node: WebTorrentDHT) => node.socket.node.table
const isConnected = (node: WebTorrentDHT, other: WebTorrentDHT) =>
  node.socket.get_id_mapping(idOf(other)) !== undefined

/** A port of this machine on which nothing listens. */
async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

test('one dead bootstrap node of two delays nobody', async t => {
  const living = await createNode()
  const dead = `127.0.0.1:${await findFreePort()}`
  const node = new WebTorrentDHT({ ...LOCAL, bootstrap: [dead, placeOf(living)] })
  await within('ready', new Promise<void>(resolve => node.once('ready', resolve)))
  t.equal(node.nodes.count(), 1)
  const visited = await within(
    'lookup',
    new Promise(resolve => node.lookup(Buffer.alloc(20, 1), (_, n) => resolve(n)))
  )
  t.equal(visited, 1, 'a lookup asks the living one')
  await destroyAll(node, living)
})

test('a bootstrap node that was down joins two networks when it is back', async t => {
  const port = await findFreePort()
  const first = await createNode()
  const node = await createJoined(first, { bootstrap: [`127.0.0.1:${port}`, placeOf(first)] })
  const late = new WebTorrentDHT({ ...LOCAL, bootstrap: false })
  await new Promise<void>(resolve => late.listen(port, '127.0.0.1', resolve))
  const other = await createJoined(late)
  t.ok(await eventually(() => isConnected(node, late), 12_000), 'it was tried again')
  t.ok(await eventually(() => isConnected(node, other)), 'and the nodes behind it were met')
  await destroyAll(node, first, other, late)
})

test('a node that lost everybody goes back through nodes that it met, when its bootstrap node is gone', async t => {
  const bootstrap = await createNode()
  const other = await createJoined(bootstrap)
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  const node = await createJoined(bootstrap)
  t.ok(await eventually(() => isConnected(node, other)), 'it has met another node')
  const { port } = other.address()
  t.ok(
    await eventually(() => node.toJSON().nodes.some(server => server.port === port)),
    'and knows its HTTP server'
  )
  await destroyAll(bootstrap)
  tableOf(node).closeAll()
  t.ok(await eventually(() => isConnected(node, other)), 'it is back')
  await destroyAll(node, other)
})

test('a page with no bootstrap list but a state joins where that says', async t => {
  const first = await createNode()
  const key = 'ab'.repeat(32)
  const earlier = await createJoined(first, { key })
  const state = JSON.parse(JSON.stringify(earlier.toJSON()))
  await destroyAll(earlier)
  const node = new WebTorrentDHT({ ...LOCAL, bootstrap: false, state, key })
  await within('ready', new Promise<void>(resolve => node.once('ready', resolve)))
  t.equal(idOf(node), state.nodeId, 'with the same id')
  t.equal(node.nodes.count(), 1, 'and is in')
  await destroyAll(node, first)
})

test('a stranger cannot have requests sent to private networks, nor to other services', async t => {
  const claims: [address: string, port: number][] = [
    ['192.168.77.7', 80],
    ['100.64.0.1', 80],
    ['intranet', 80],
    ['metadata.google.internal', 80],
    ['1.1.1.1', 25]
  ]
  // This one joins at no place of its own network, so it takes nobody's word for one.
  const careful = await createNode()
  const strangers = await Promise.all(
    claims.map(([address, port]) => createJoined(careful, { http_address: { address, port } }))
  )
  const heard: string[] = []
  careful.socket.node.on('server', ({ host }) => heard.push(host))
  await Promise.all(strangers.map(node => new Promise<void>(resolve => node.listen(0, '127.0.0.1', resolve))))
  const late = await createJoined(careful, {
    http_address: { address: '10.1.2.4', port: 80 },
    nodeId: Buffer.alloc(20, 9)
  })
  await new Promise<void>(resolve => late.listen(0, '127.0.0.1', resolve))
  // They say where they are when a connection opens: have them open new ones.
  for (const node of [...strangers, late]) tableOf(node).closeAll()
  t.ok(await eventually(() => heard.length > 0), 'they said so')
  await destroyAll(...strangers, late)
  t.ok(await eventually(() => tableOf(careful).isAlone), 'all are gone')
  t.deepEqual(careful.toJSON().nodes, [], 'no such place is remembered')
  await destroyAll(careful)
})

test('a quiet connection whose other end is gone without a word is closed within seconds', async t => {
  const node = await createNode()
  const client = await RawClient.connect(node) // it answers nothing, as a process that was killed
  const find = () => tableOf(node).get(Id.of(client.id))
  await eventually(() => find() !== undefined) // the node's end opens a moment later
  const connection = find()
  if (!connection) throw new Error('not connected')
  const reason = new Promise(resolve => connection.once('close', resolve))
  connection.lastHeard = performance.now() - 60_000
  t.equal(await within('the end of the connection', reason), 'unresponsive')
  t.ok(
    client.queries.some(({ q }) => String(q) === 'ping'),
    'it was pinged'
  )
  await client.close()
  await destroyAll(node)
})

test('a quiet connection whose other end lives stays open', async t => {
  const node = await createNode()
  const other = await createJoined(node)
  const connection = tableOf(node).get(Id.of(other.nodeId))
  if (!connection) throw new Error('not connected')
  const longAgo = performance.now() - 60_000
  connection.lastHeard = longAgo
  t.ok(await eventually(() => connection.lastHeard > longAgo), 'it was pinged and answered')
  t.ok(connection.isOpen)
  await destroyAll(node, other)
})
