/** Queries over the connections of others: what nodes find, what it costs, and what strangers can do with it. */

import { randomBytes } from 'node:crypto'
import test, { type Test } from 'tape'
import type { PeerConnection } from '../../src/connections/peer-connection.js'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import type { Limits } from '../../src/index.js'
import { encode } from '../../src/wire/bencode.js'
import { decodeNodes } from '../../src/wire/compact.js'
import { encodeFrame, type Frame, MAX_PAYLOAD_BYTES } from '../../src/wire/frame.js'
import { answerWith } from '../helpers/answers.js'
import { SlowCarefulPeer } from '../helpers/careful-peer.js'
import {
  areConnected,
  createLine,
  createWithoutRoutes,
  dial,
  idOf,
  keepToItself,
  tableOf
} from '../helpers/line.js'
import { createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'
import { createMessageParser } from '../helpers/parse.js'
import { RawClient } from '../helpers/raw-client.js'
import { countMade } from '../helpers/signals.js'

const EXTENSIONS = ['introduce', 'release', 'route']
const parse = createMessageParser(20)

type Line = [WebTorrentDHT, WebTorrentDHT, WebTorrentDHT]

async function lineOf(t: Test, count: number, options = {}): Promise<WebTorrentDHT[]> {
  const nodes = await createLine(count, options)
  t.teardown(() => destroyAll(...nodes))
  return nodes
}

const lookup = async (node: WebTorrentDHT, infoHash: Buffer): Promise<string[]> => {
  const ids = new Set<string>()
  const note = (peer: { id?: Buffer }) => ids.add(peer.id?.toString('hex') ?? '')
  node.on('peer', note)
  await new Promise(resolve => node.lookup(infoHash, resolve))
  node.off('peer', note)
  return [...ids]
}
const announce = (node: WebTorrentDHT, infoHash: Buffer) =>
  new Promise<Error | null>(resolve => node.announce(infoHash, 4242, resolve))
const put = (node: WebTorrentDHT, value: string) =>
  new Promise<Buffer>((resolve, reject) =>
    node.put(value, (error, key) => (error ? reject(error) : resolve(key)))
  )
const get = (node: WebTorrentDHT, key: Buffer) =>
  new Promise<string | undefined>(resolve =>
    node.get(key, { cache: false }, (_, found) => resolve(found?.v.toString()))
  )

test('a node beyond a neighbour is asked over the neighbour, and no connection is made for it', async t => {
  const [a, b, c] = (await lineOf(t, 3)) as Line
  const made = countMade([a, b, c])
  const leasedBy = (node: WebTorrentDHT) => node.stats().offers.leased
  const leased = [a, b, c].map(leasedBy)
  const infoHash = randomBytes(20)
  t.equal(await announce(c, infoHash), null)
  t.equal(a.stats().stored.peers, 1, 'c’s announcement has come to a')
  b._peers.remove(infoHash.toString('hex'), b._peers.get(infoHash.toString('hex'))[0] as Buffer)
  const other = randomBytes(20)
  await announce(a, other)
  t.deepEqual(await lookup(a, other), [idOf(a)])
  t.deepEqual(await lookup(c, other), [idOf(a)], 'and a’s to c')
  const key = await put(a, 'from a')
  t.deepEqual([b.stats().stored.values, c.stats().stored.values], [1, 1])
  b._values.remove(key.toString('hex'))
  t.equal(await get(a, key), 'from a', 'what only c has comes back')
  const { queries } = c.stats()
  t.ok(queries.received.get_peers > 0 && queries.received.get > 0 && queries.received.put > 0)
  t.ok(queries.received.announce_peer > 0)
  t.ok(b.stats().frames.passedOn >= 2 * (queries.received.get + queries.received.put), 'there and back')
  t.notOk(areConnected(a, c))
  t.equal(countMade([a, b, c]), made, 'no RTCPeerConnection')
  t.deepEqual([a, b, c].map(leasedBy), leased, 'no offer')
})

test('a bootstrap node whose connection was released is asked over a neighbour, and not dialled again', async t => {
  const [a, b, c] = (await lineOf(t, 3)) as Line
  await dial(c, a)
  await lookup(c, randomBytes(20)) // b names a
  tableOf(c).get(Id.of(a.nodeId))?.close('no room')
  t.ok(await eventually(() => !areConnected(a, c)))
  const made = countMade([a, b, c])
  await dial(c, a)
  await lookup(c, a.nodeId)
  t.notOk(areConnected(c, a))
  t.equal(countMade([a, b, c]), made)
  const [host = '', port] = placeOf(a).split(':')
  await c.socket.node.destinations.dialPlace({ host, port: Number(port) })
  t.ok(areConnected(c, a), 'unless a connection is what is wanted: the route may be to a node that has gone')
})

test('a line of six is walked from one end to the other', async t => {
  const nodes = await lineOf(t, 6)
  const [first, last] = [nodes[0], nodes[5]] as [WebTorrentDHT, WebTorrentDHT]
  const made = countMade(nodes)
  const infoHash = randomBytes(20)
  t.equal(await announce(last, infoHash), null)
  for (const node of nodes.slice(0, 5)) {
    t.deepEqual(node._peers.get(infoHash.toString('hex')).length, 1, 'announced at all others')
  }
  t.ok((await lookup(first, infoHash)).includes(idOf(last)))
  const key = await put(first, 'far away')
  t.equal(await get(last, key), 'far away')
  t.ok(last.stats().queries.received.put > 0, 'it is stored at the other end')
  t.equal(countMade(nodes), made)
})

test('how near a neighbour is is known from its replies, to queries of k-rpc and to others', async t => {
  const [a, b] = (await lineOf(t, 2)) as Line
  const neighbour = tableOf(a).get(Id.of(b.nodeId)) as PeerConnection
  const isKnownAfter = async (asked: Promise<unknown>) => {
    neighbour.roundTripTime = Number.POSITIVE_INFINITY
    await asked
    return Number.isFinite(neighbour.roundTripTime)
  }
  t.ok(await isKnownAfter(lookup(a, randomBytes(20))), 'from get_peers')
  t.ok(await isKnownAfter(a.dial(b.nodeId, 'nobody').catch(() => {})), 'from a refused dial')
})

test('a search asks its only neighbour, and a node that is known beyond it, without waiting for either', async t => {
  const [a, b, c] = (await lineOf(t, 3)) as Line
  await lookup(a, randomBytes(20))
  const asked: string[] = []
  const { query } = a._rpc.socket
  a._rpc.socket.query = (...[peer, ...rest]: Parameters<typeof query>) => {
    asked.push(a.socket.node.addresses.idAt(peer as { host: string; port: number })?.hex ?? '')
    return query.call(a._rpc.socket, peer, ...rest)
  }
  a.lookup(c.nodeId)
  t.deepEqual(asked, [idOf(b), idOf(c)], 'at once')
})

test('searches end with their node, though nothing is under way', async t => {
  const [a] = (await lineOf(t, 2)) as Line
  const { socket } = a._rpc
  const listeners = socket.listenerCount('update')
  socket.query = () => undefined
  a.lookup(randomBytes(20))
  t.equal(socket.listenerCount('update'), listeners + 1)
  await destroyAll(a)
  t.equal(socket.listenerCount('update'), listeners)
})

test('neighbours tell each other whom they are connected to', async t => {
  const [a, b, c] = (await lineOf(t, 3)) as Line
  const { routes, addresses } = a.socket.node
  const [idOfB, idOfC] = [Id.of(b.nodeId), Id.of(c.nodeId)]
  const isKnown = () => routes.nearest(idOfC, 1).some(({ id }) => id.equals(idOfC))
  addresses.unlearn(idOfC, idOfB)
  t.notOk(isKnown())
  t.ok(await eventually(isKnown, 20_000))
})

test('a neighbour passes a lookup on, and what the next node replies counts as its reply', async t => {
  const [a, b, c] = (await lineOf(t, 3)) as Line
  const { socket } = a._rpc
  const { addresses } = a.socket.node
  addresses.unlearn(Id.of(c.nodeId), Id.of(b.nodeId)) // as for a newcomer: with others known b would not pass it on
  const { query } = socket
  const lost = Object.assign(new Error('no reply'), { code: 'ETIMEDOUT' })
  socket.query = (...[peer, what, callback, onPassedOn]: Parameters<typeof query>) => {
    const isForC = addresses.idAt(peer)?.hex === idOf(c)
    if (!isForC) return query.call(socket, peer, what, callback, onPassedOn)
    setTimeout(() => callback?.(lost, null, null), 2000) // what a asks c itself gets nowhere
    return undefined
  }
  const values = [Buffer.from([203, 0, 113, 7, 0x1a, 0xe1])]
  answerWith(c, 'get_peers', () => ({ values: { token: c.nodeId, values } }))
  const found: string[] = []
  a.on('peer', ({ host, port }) => found.push(`${host}:${port}`))
  const visited = await new Promise(resolve => a.lookup(c.nodeId, (_, count) => resolve(count)))
  t.deepEqual(found, ['203.0.113.7:6881'])
  t.equal(visited, 2)
  t.equal(areConnected(a, c), false)
})

test('a node that the table wants is connected, by one offer that takes the route', async t => {
  const [a, b, c] = (await lineOf(t, 3, { simple_peer_constructor: SlowCarefulPeer })) as Line
  Reflect.deleteProperty(a.socket.node.destinations, 'connect') // a does as it likes, c does not
  const before = [a, b, c].map(node => node.stats())
  await lookup(a, randomBytes(20))
  t.ok(await eventually(() => areConnected(a, c)), 'they are connected')
  t.ok(await eventually(() => a.nodes.get(c.nodeId) !== null), 'and c is in the table')
  const after = [a, b, c].map(node => node.stats())
  const grown = (count: (stats: (typeof before)[number]) => number) =>
    after.map((stats, i) => count(stats) - count(before[i] as (typeof before)[number]))
  t.deepEqual(
    grown(stats => stats.connections.made),
    [1, 0, 1],
    'one RTCPeerConnection on each side'
  )
  t.deepEqual(
    grown(stats => stats.offers.leased),
    [1, 0, 0],
    'one offer'
  )
  t.deepEqual(
    grown(stats => stats.queries.received.peer_connection),
    [0, 0, 1],
    'b reads no offer'
  )
  t.deepEqual(
    grown(stats => stats.queries.sent.peer_connection.replied),
    [1, 0, 0],
    'and makes no query of it'
  )
  const { sent } = a.stats().frames
  await lookup(a, randomBytes(20))
  t.equal(a.stats().frames.sent, sent, 'from now on the connection is used')
})

test('a node that the table does not want is not connected, however often it is asked', async t => {
  const [a, b, c] = (await lineOf(t, 3)) as Line
  Reflect.deleteProperty(a.socket.node.destinations, 'connect')
  Object.defineProperty(a.nodes, 'wants', { value: () => false })
  const made = countMade([a, b, c])
  for (let i = 0; i < 5; i++) await lookup(a, randomBytes(20))
  t.ok(c.stats().queries.received.get_peers >= 5, 'it is asked')
  t.equal(countMade([a, b, c]), made)
  t.equal(a.nodes.get(c.nodeId), null, 'it is in no table that others see')
  t.deepEqual(
    a.nodes.toArray().map(({ id }) => Buffer.from(id).toString('hex')),
    [idOf(b)]
  )
})

/** A client that is known to the node by its id. */
async function join(t: Test, node: WebTorrentDHT, options: { id?: Buffer; extensions?: string[] } = {}) {
  const frames: Frame[] = []
  const client = await RawClient.connect(node, {
    extensions: EXTENSIONS,
    ...options,
    id: options.id ?? randomBytes(20),
    onMessage: (_, bytes) => {
      const message = parse(bytes)
      if (message.kind === 'frame') frames.push(message.frame)
    }
  })
  t.teardown(() => client.close())
  client.onQuery = query => client.reply(query, {})
  await client.query('ping')
  return { client, frames }
}

type Joined = Awaited<ReturnType<typeof join>>

const queryBytes = (id: Buffer, method = 'ping', args = {}) =>
  encode({ t: 'qq', y: 'q', q: method, a: { id, ...args } })

function frameOf(ids: Buffer[], changes: Partial<Frame> = {}): Frame {
  const transaction = Buffer.from('ff')
  const path = ids.map(id => Id.of(id))
  return { transaction, path, position: 1, payload: queryBytes(ids[0] as Buffer), failure: null, ...changes }
}

/** Waits until the node has read all that was sent. */
const settle = ({ client }: Joined) => client.query('ping')

test('a query whose relay closes fails at once', async t => {
  const [a, b] = (await lineOf(t, 2)) as Line
  const { client, frames } = await join(t, b)
  await lookup(a, client.id)
  t.ok(await eventually(() => frames.length > 0), 'the client is asked, and does not answer')
  tableOf(a).addresses.learn(Id.of(client.id), Id.of(b.nodeId), true)
  const address = tableOf(a).addresses.addressOf(Id.of(client.id)) as { host: string; port: number }
  const startedAt = performance.now()
  const query = new Promise<{ code?: unknown } | null>(resolve =>
    a._rpc.query({ ...address }, { q: 'find_node', a: { target: randomBytes(20) } }, resolve)
  )
  const count = frames.length
  await eventually(() => frames.length > count)
  await destroyAll(b)
  t.equal((await within('the end of the query', query))?.code, 'ETIMEDOUT')
  t.ok(performance.now() - startedAt < 1900, 'which would have come later')
})

test('a query whose relay closes takes another way', async t => {
  const [b, c] = await Promise.all([createNode(), createNode()])
  const a = keepToItself(await createNode())
  t.teardown(() => destroyAll(a, b, c))
  for (const relay of [b, c]) {
    keepToItself(relay)
    await dial(a, relay)
  }
  const id = randomBytes(20)
  const ends = [await join(t, b, { id }), await join(t, c, { id })]
  for (const relay of [b, c]) tableOf(a).addresses.learn(Id.of(id), Id.of(relay.nodeId), true)
  const address = tableOf(a).addresses.addressOf(Id.of(id)) as { host: string; port: number }
  for (const { frames } of ends) frames.length = 0
  const query = new Promise<unknown>(resolve =>
    a._rpc.query({ ...address }, { q: 'find_node', a: { target: randomBytes(20) } }, (error, reply) =>
      resolve(error ?? reply?.r?.id)
    )
  )
  t.ok(await eventually(() => ends.some(({ frames }) => frames.length > 0)), 'it came on one of them')
  const first = ends.findIndex(({ frames }) => frames.length > 0)
  const second = ends[1 - first] as Joined
  second.frames.length = 0
  const closed = [b, c][first] as WebTorrentDHT
  await destroyAll(closed)
  t.ok(await eventually(() => second.frames.length > 0), 'then on the other')
  const { transaction, path, payload } = second.frames[0] as Frame
  const message = parse(payload as Buffer)
  if (message.kind !== 'query') return t.fail(message.kind)
  const reply = encode({ t: message.transaction, y: 'r', r: { id } })
  second.client.send(
    encodeFrame(frameOf(path.map(({ bytes }) => bytes).reverse(), { transaction, payload: reply }))
  )
  t.deepEqual(await within('the reply', query), id)
})

/** Notes what a node gets. */
function watch(node: WebTorrentDHT): { frames: number; routes: number; replies: number } {
  const seen = { frames: 0, routes: 0, replies: 0 }
  const { inbound } = node.socket.node
  const receive = inbound.receive.bind(inbound)
  inbound.receive = (connection, bytes) => {
    const text = bytes.toString('latin1')
    if (text.endsWith('1:y1:fe')) seen.frames++
    if (text.includes('6:routes')) seen.routes++
    if (text.endsWith('1:y1:re')) seen.replies++
    receive(connection, bytes)
  }
  return seen
}

test('in a network of both kinds all find everything, and who does not speak `route` sees nothing of it', async t => {
  const first = await createNode()
  const old = await Promise.all(Array.from({ length: 5 }, () => createWithoutRoutes()))
  const others = await Promise.all(Array.from({ length: 5 }, () => createNode()))
  const nodes = [first, ...old, ...others]
  t.teardown(() => destroyAll(...nodes))
  const seen = old.map(watch)
  for (const node of [...old, ...others]) await dial(node, first)
  for (const node of nodes) await lookup(node, node.nodeId)
  let found = 0
  for (const [i, node] of nodes.entries()) {
    const other = nodes[(i + 4) % nodes.length] as WebTorrentDHT
    const infoHash = randomBytes(20)
    await announce(other, infoHash)
    if ((await lookup(node, infoHash)).includes(idOf(other))) found++
    if ((await get(node, await put(other, `value ${i}`))) === `value ${i}`) found++
  }
  t.equal(found, 2 * nodes.length)
  t.ok(
    seen.every(({ replies }) => replies > 0),
    'they were answered'
  )
  t.deepEqual(
    seen.map(({ frames, routes }) => frames + routes),
    seen.map(() => 0)
  )
})

test('a relay between a node that speaks `route` and one that does not introduces them', async t => {
  const a = await createNode()
  const b = await createNode()
  const old = await createWithoutRoutes()
  t.teardown(() => destroyAll(a, b, old))
  const seen = watch(old)
  await dial(a, b)
  await dial(old, b)
  const infoHash = randomBytes(20)
  await announce(old, infoHash)
  t.ok((await lookup(a, infoHash)).includes(idOf(old)))
  await lookup(a, old.nodeId)
  t.ok(await eventually(() => areConnected(a, old)), 'a has connected to it, as ever')
  t.deepEqual([seen.frames, seen.routes], [0, 0])
})

test('`routes` says to which of the nodes of a reply frames are passed on, and only who speaks it is told', async t => {
  const [a, b, c] = (await lineOf(t, 3)) as Line
  const old = keepToItself(await createWithoutRoutes())
  t.teardown(() => destroyAll(old))
  await dial(old, b)
  const asker = await join(t, b)
  const stranger = await join(t, b, { extensions: ['introduce'] })
  const ask = async ({ client }: Joined) =>
    (await client.query('find_node', { target: randomBytes(20) })).r as { nodes: Buffer; routes?: Buffer }
  const { nodes, routes = Buffer.alloc(1) } = await ask(asker)
  const ids = decodeNodes(nodes, 20).map(({ id }) => id.hex)
  const routable = ids.filter((_, i) => (routes[i >> 3] as number) & (0x80 >> (i % 8)))
  for (const node of [a, c]) t.ok(routable.includes(idOf(node)), 'frames are passed on to it')
  for (const id of [idOf(old), stranger.client.id.toString('hex')]) {
    t.ok(ids.includes(id), 'it is named')
    t.notOk(routable.includes(id), 'but frames are not passed on to it')
  }
  t.equal((await ask(stranger)).routes, undefined)
  asker.frames.length = 0
  for (const id of ids.filter(id => id !== asker.client.id.toString('hex'))) {
    asker.client.send(encodeFrame(frameOf([asker.client.id, b.nodeId, Buffer.from(id, 'hex')])))
  }
  t.ok(await eventually(() => asker.frames.length >= ids.length - 1), 'what was said is true')
  const reported = asker.frames.filter(({ failure }) => failure === 404).length
  t.equal(reported, ids.length - 1 - routable.filter(id => id !== asker.client.id.toString('hex')).length)
})

/** Two clients at a relay. */
async function createRelay(t: Test, limits: Partial<Limits> = {}): Promise<[WebTorrentDHT, Joined, Joined]> {
  const node = keepToItself(await createNode({ limits }))
  t.teardown(() => destroyAll(node))
  return [node, await join(t, node), await join(t, node)]
}

test('a relay passes on so many frames and no more, says so, and counts them', async t => {
  const [relay, asker, target] = await createRelay(t, { frames: 1 })
  const frame = encodeFrame(frameOf([asker.client.id, relay.nodeId, target.client.id]))
  for (let i = 0; i < 25; i++) asker.client.send(frame)
  await settle(asker)
  t.ok(await eventually(() => target.frames.length + asker.frames.length === 25))
  t.ok(target.frames.length >= 10 && target.frames.length <= 12, `${target.frames.length} were passed on`)
  t.deepEqual([...new Set(asker.frames.map(({ failure }) => failure))], [429])
  t.equal(relay.stats().drops['too many frames'], asker.frames.length)
  t.equal(relay.stats().frames.passedOn, target.frames.length)
  t.equal((await asker.client.query('ping')).y, 'r', 'queries of its own are answered')
})

test('hostile frames do no harm, and are counted', async t => {
  const [relay, asker, target] = await createRelay(t)
  const [a, r, b, x, y] = [asker.client.id, relay.nodeId, target.client.id, randomBytes(20), randomBytes(20)]
  const nested = (depth: number): Buffer =>
    depth === 0 ? queryBytes(a) : encodeFrame(frameOf([a, x, r], { position: 2, payload: nested(depth - 1) }))
  const raw = (fields: Record<string, unknown>) => encode({ y: 'f', t: 'ff', ...fields } as never)
  const p = Buffer.concat([a, r, b])
  const sent: [reason: string, frames: Buffer[]][] = [
    [
      'malformed',
      [
        raw({ p, i: 1, d: Buffer.alloc(MAX_PAYLOAD_BYTES + 1) }),
        raw({ p, i: 1, d: Buffer.alloc(60_000) }),
        raw({ p: Buffer.alloc(60_000, 'x'), i: 1, d: 'x' }),
        raw({ p: Buffer.concat([a, r, b, r, a]), i: 1, d: 'x' }),
        raw({ p: Buffer.concat([a, r, a]), i: 1, d: 'x' }),
        raw({ p, i: 3, d: 'x' }),
        raw({ p, i: 0, d: 'x' }),
        raw({ p, i: 1, d: 'x', e: 404 }),
        raw({ p, i: 1 }),
        raw({ p: Buffer.concat([a, r]), i: 1, d: 'x' }),
        encodeFrame(frameOf([a, x, r], { position: 2 })).subarray(0, -1)
      ]
    ],
    [
      'wrong path',
      [
        encodeFrame(frameOf([x, r, b])),
        encodeFrame(frameOf([b, r, x])),
        encodeFrame(frameOf([x, y, r, b], { position: 2 })),
        encodeFrame(frameOf([a, x, b])),
        encodeFrame(frameOf([r, a, b])),
        encodeFrame(frameOf([x, a, r], { position: 2, payload: queryBytes(y) })),
        encodeFrame(frameOf([x, a, r], { position: 2, payload: queryBytes(r) })),
        encodeFrame(frameOf([x, a, r], { position: 2, payload: nested(1) })),
        encodeFrame(frameOf([x, a, r], { position: 2, payload: nested(8) }))
      ]
    ],
    ['no route', [encodeFrame(frameOf([a, r, x])), encodeFrame(frameOf([a, r, x, b]))]],
    [
      'reply not awaited',
      [
        encodeFrame(frameOf([a, r], { payload: null, failure: 404 })),
        encodeFrame(frameOf([b, a, r], { position: 2, payload: null, failure: 429 })),
        encodeFrame(frameOf([x, a, r], { position: 2, payload: encode({ t: 'qq', y: 'r', r: { id: x } }) })),
        encodeFrame(frameOf([x, a, r], { position: 2, payload: encode({ t: 'qq', y: 'e', e: [201, ''] }) }))
      ]
    ]
  ]
  for (const [reason, frames] of sent) {
    const before = relay.stats().drops
    for (const frame of frames) asker.client.send(frame)
    await settle(asker)
    const { drops } = relay.stats()
    t.equal(drops[reason as 'malformed'] - before[reason as 'malformed'], frames.length, reason)
  }
  t.deepEqual(
    asker.frames.map(({ failure }) => failure),
    [404, 404],
    'what has no way is reported, and nothing else'
  )
  t.deepEqual(target.frames, [], 'the other neighbour sees nothing of it')
  t.equal(relay.stats().frames.passedOn, 0)
  t.deepEqual(tableOf(relay).addresses.addressOf(Id.of(y)), undefined, 'nothing was learnt')
  t.deepEqual([asker.client.isClosed, target.client.isClosed], [false, false])
})

test('only a query that is taken teaches the way to who sent it over a route', async t => {
  const [relay, asker] = await createRelay(t, { queries: 1 })
  const origins = Array.from({ length: 20 }, () => randomBytes(20))
  asker.frames.length = 0
  for (const [i, origin] of origins.entries()) {
    const payload = queryBytes(origin, i % 2 ? 'find_node' : 'toString', { target: origin })
    asker.client.send(encodeFrame(frameOf([origin, asker.client.id, relay.nodeId], { position: 2, payload })))
  }
  t.ok(await eventually(() => asker.frames.length === origins.length), 'each has its answer')
  const kinds = asker.frames.map(({ payload }) => parse(payload as Buffer).kind)
  const replies = kinds.filter(kind => kind === 'reply').length
  t.ok(replies > 0 && replies <= origins.length / 2, `${replies} replies`)
  const known = origins.filter(origin => tableOf(relay).addresses.addressOf(Id.of(origin)))
  t.equal(known.length, replies)
})

test('a storm of reports and of replies that nobody waits for disturbs no query', async t => {
  const [a, b] = (await lineOf(t, 2)) as Line
  const { client } = await join(t, b)
  const path = [client.id, b.nodeId, a.nodeId]
  const reply = encode({ t: 'qq', y: 'r', r: { id: client.id } })
  for (let i = 0; i < 400; i++) {
    const transaction = Buffer.alloc(4)
    transaction.writeUInt32BE(i)
    client.send(encodeFrame(frameOf(path, { transaction, payload: null, failure: 404 + (i % 2) * 25 })))
    client.send(encodeFrame(frameOf(path, { transaction, payload: reply })))
  }
  const key = await put(a, 'undisturbed')
  t.equal(await get(a, key), 'undisturbed')
  t.ok(await eventually(() => a.stats().drops['reply not awaited'] >= 800), 'all of them were dropped')
  t.ok(areConnected(a, b), 'and the relay is not blamed')
  t.equal(a.stats().frames.returned, 0)
})

test('strangers behind a relay cannot have its connection closed, nor use up what it may ask itself', async t => {
  const limits = { messages: 20, queries: 5, frames: 10 }
  const [a, b] = (await lineOf(t, 2, { limits })) as Line
  const strangers = await Promise.all(Array.from({ length: 6 }, () => join(t, b)))
  for (let round = 0; round < 50; round++) {
    for (const { client } of strangers) {
      if (client.isClosed) continue
      const path = [client.id, b.nodeId, a.nodeId]
      client.send(encodeFrame(frameOf(path, { payload: Buffer.from('rubbish') })))
      client.send(encodeFrame(frameOf(path)))
    }
    await new Promise(resolve => setImmediate(resolve))
  }
  await eventually(() => b.stats().drops['too many frames'] > 0)
  t.ok(a.stats().drops.malformed > 10, `${a.stats().drops.malformed} came through`)
  t.ok(areConnected(a, b) && areConnected(b, a), 'they are connected')
  t.equal(
    await new Promise(resolve => b.lookup(randomBytes(20), (_, visited) => resolve((visited ?? 0) > 0))),
    true
  )
  t.equal(a.stats().drops['too many messages'], 0, 'the relay kept to what a reads')
})

test('whoever comes over a route is who the relay says: it stores under its name, and no more than its share', async t => {
  const [relay, asker] = await createRelay(t)
  const origin = randomBytes(20)
  const ask = async (payload: Buffer) => {
    asker.frames.length = 0
    asker.client.send(encodeFrame(frameOf([origin, asker.client.id, relay.nodeId], { position: 2, payload })))
    await eventually(() => asker.frames.length > 0)
    const { path, payload: back } = asker.frames[0] as Frame
    const ids = path.map(({ bytes }) => bytes)
    t.deepEqual(ids, [relay.nodeId, asker.client.id, origin], 'the reply goes back the same way')
    return parse(back as Buffer)
  }
  const infoHash = randomBytes(20)
  const reply = await ask(queryBytes(origin, 'get_peers', { info_hash: infoHash }))
  const token = reply.kind === 'reply' ? (reply.values.token as Buffer) : Buffer.alloc(1)
  await ask(queryBytes(origin, 'announce_peer', { info_hash: infoHash, port: 4000, token }))
  t.equal(relay.stats().stored.peers, 1)
  t.deepEqual(await lookup(relay, infoHash), [origin.toString('hex')])
  const own = await asker.client.query('announce_peer', { info_hash: infoHash, port: 4000, token })
  t.equal(own.e?.[0], 203, 'its token is not the relay’s')
})
