/** Links over WebSocket: what a stranger may do to a server, and what it answers. */

import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import test from 'tape'
import { idOfKey } from '../../src/bound-id.js'
import { isOfLink } from '../../src/connections/websocket-handshake.js'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import { FOR_NODE, FOR_WEBSOCKET, type Proofs } from '../../src/proofs.js'
import { tableOf } from '../helpers/line.js'
import { createJoined, createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'
import { createOffer, encodeRaw } from '../helpers/raw-client.js'
import { RawLink } from '../helpers/raw-link.js'

const drops = (node: WebTorrentDHT) => tableOf(node).counters.drops
const hexOf = (node: WebTorrentDHT) => node.nodeId.toString('hex')
const isRefused = (link: RawLink) =>
  link.taken().then(
    () => 'taken',
    (error: Error) => error.message
  )

/** The status that an upgrade is refused with. */
const statusOf = (opening: Promise<RawLink>) =>
  opening.then(
    () => 'taken',
    (error: Error) => error.message
  )

test('a link takes queries as a data channel does, and tells where the server is', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const id = randomBytes(20)
  const link = await RawLink.connect(node, id)
  const { r } = await link.query('find_node', { id, target: id })
  t.deepEqual(r?.id, node.nodeId)
  t.ok(await eventually(() => link.messages.some(bytes => String(bytes).startsWith('{"http_server"'))))
  const connection = tableOf(node).get(Id.of(id))
  t.equal(connection?.remoteHost, '127.0.0.1')
  await link.close()
  t.ok(await eventually(() => tableOf(node).size === 0), 'a closed link is no connection')
})

test('an answer proves the id of the server, for the nonces of both ends', async t => {
  const node = await createNode()
  const other = await createNode()
  t.teardown(() => destroyAll(node, other))
  const link = await RawLink.open(node)
  const { id, sdp = '' } = link.answer
  t.equal(id, hexOf(node), 'before any offer')
  t.ok(isOfLink({ type: 'answer', sdp }, link.nonces))
  const { proofs } = other.socket.node.connector
  const check = (by: Proofs, purpose: string) =>
    by.check(Id.of(node.nodeId), { type: 'answer', sdp }, purpose).catch((error: Error) => error.message)
  t.equal(await check(proofs, FOR_WEBSOCKET), true)
  t.match(String(await check(proofs, FOR_NODE)), /does not prove/, 'not for WebRTC')
  t.notOk(isOfLink({ type: 'answer', sdp }, (await RawLink.open(node)).nonces), 'nor for another link')
  await link.close()
})

test('nobody gets a link under a bound id without its proof', async t => {
  const node = await createNode()
  const victim = await createNode()
  t.teardown(() => destroyAll(node, victim))
  const id = hexOf(victim)
  const earlier = await RawLink.open(node)
  const replayed = await earlier.provenBy(victim)
  await earlier.close()
  const { offer, close } = await createOffer()
  const forWebRTC = await victim.socket.node.connector.proofs.prove(offer, FOR_NODE, null)
  await close()
  const cases: [name: string, reason: RegExp, fields: (link: RawLink) => object | Promise<object>][] = [
    ['no proof', /1008 .*does not prove/, () => ({})],
    ['a proof by another', /1008 .*does not prove/, link => link.provenBy(node)],
    ['the proof of an earlier link', /1008 .*not an offer for this link/, () => replayed],
    ['a proof in an offer of WebRTC', /1008 .*not an offer for this link/, () => forWebRTC],
    ['a proof for WebRTC', /1008 .*does not prove/, link => link.provenBy(victim, undefined, FOR_NODE)]
  ]
  for (const [name, reason, fields] of cases) {
    const link = await RawLink.open(node)
    link.offer({ id, ...(await fields(link)) })
    t.match(await isRefused(link), reason, name)
    t.equal(tableOf(node).counts.existing, 0)
  }
  t.ok(drops(node)['not proven'] >= 3, 'they are counted')
  const link = await RawLink.open(node)
  link.offer({ id, ...(await link.provenBy(victim)) })
  await link.taken(Buffer.from(id, 'hex'))
  t.equal(tableOf(node).size, 1, 'with its proof the link is taken')
  await link.close()
})

test('a link whose offer has no id does not become the node that its first message names', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const link = await RawLink.open(node)
  link.offer({})
  const id = idOfKey(randomBytes(32))
  link.query('ping', { id }).catch(() => {})
  await within('the end', link.closed)
  t.equal(drops(node)['not proven'], 1)
})

test('a second link under the id of a connected node is not its own, and is closed', async t => {
  const node = await createNode()
  const joined = await createJoined(node)
  t.teardown(() => destroyAll(node, joined))
  const first = tableOf(node).get(Id.of(joined.nodeId))
  const link = await RawLink.open(node)
  link.offer({ id: hexOf(joined), ...(await link.provenBy(joined)) })
  await within('the end', link.closed)
  t.deepEqual([tableOf(node).size, tableOf(node).get(Id.of(joined.nodeId))], [1, first])
})

test('messages may follow the offer at once; those that come too early are bounded', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const id = randomBytes(20)
  const link = await RawLink.open(node)
  link.offer({ id: id.toString('hex') })
  const { r } = await link.query('find_node', { id, target: id })
  t.deepEqual(r?.id, node.nodeId)
  await link.close()

  const otherId = randomBytes(20)
  const other = await RawLink.open(node)
  const early = encodeRaw({ t: Buffer.from('xx'), y: 'q', q: 'ping', a: { id: otherId } })
  for (let i = 0; i < 100; i++) other.send(early)
  other.offer({ id: otherId.toString('hex') })
  t.ok(await eventually(() => tableOf(node).get(Id.of(otherId)) !== undefined))
  await other.taken(otherId)
  t.ok(node.stats().messages.received < 30, `${node.stats().messages.received} were received`)
  await other.close()
})

test('an upgrade without a nonce is refused', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const { head, socket } = await askForUpgrade(node, 'webtorrent-dht', '/?nonce=00')
  t.match(head, /^HTTP\/1.1 400 /)
  socket.destroy()
})

test('what is no offer is refused with a reason, and leaves nothing', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const texts = ['', '{}', '[]', 'null', '{"nonce":"00"}', '{"type":"offer","sdp":"v=0"}']
  for (const text of [...texts, JSON.stringify({ text: 'x'.repeat(20_000) })]) {
    const link = await RawLink.open(node)
    link.send(text)
    t.match(await within('the refusal', link.closed), /^1008 the first message is not an offer/)
  }
  t.deepEqual([tableOf(node).counts.existing, drops(node)['HTTP 400']], [0, 7])
})

test('a message that is too long closes the link', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  for (const hasShakenHands of [false, true]) {
    const link = hasShakenHands ? await RawLink.connect(node, randomBytes(20)) : await RawLink.open(node)
    link.send(new Uint8Array(65_537))
    t.match(await within('the end', link.closed), /^1009/)
  }
  t.ok(await eventually(() => tableOf(node).counts.existing === 0))
})

test('a node that floods a link is disconnected, and kept out for a while', async t => {
  const node = await createNode({ limits: { messages: 5 } })
  t.teardown(() => destroyAll(node))
  const id = randomBytes(20)
  const link = await RawLink.connect(node, id)
  for (let i = 0; i < 200; i++) link.send('de')
  await within('the end', link.closed)
  t.ok(drops(node)['too many messages'] > 0)
  t.match(await RawLink.connect(node, id).then(String, error => error.message), /^1013 too much has come/)
})

test('pings count as messages: few are answered, and who floods is disconnected', async t => {
  const node = await createNode({ limits: { messages: 5 } })
  t.teardown(() => destroyAll(node))
  const link = await RawLink.connect(node, randomBytes(20))
  const ponged = link.ponged()
  link.ping()
  await within('a pong', ponged)
  for (let i = 0; i < 200; i++) link.ping()
  await within('the end', link.closed)
  t.ok(link.pongs <= 50, `${link.pongs} pongs: ten seconds' worth`)
  t.ok(drops(node)['too many messages'] > 0)
  t.equal(node.stats().connections.closed.flooding, 1)
})

test('a ping before the handshake is done is not answered', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const link = await RawLink.open(node)
  for (let i = 0; i < 10; i++) link.ping()
  link.offer({})
  await link.taken()
  t.equal(link.pongs, 0)
  await link.close()
})

test('upgrades count as requests: more than the limit get 429', async t => {
  const node = await createNode({ httpLimits: { requestsPerAddress: 4 } })
  t.teardown(() => destroyAll(node))
  const [first, second] = [await RawLink.open(node), await RawLink.open(node)]
  first.offer({})
  await first.taken()
  second.offer({})
  await second.taken()
  t.equal(await statusOf(RawLink.open(node)), 'HTTP 429')
  t.equal(drops(node)['HTTP 429'], 1)
})

test('a handshake that takes too long is cut off, and so is the oldest of too many', async t => {
  const node = await createNode({ httpLimits: { requestTimeout: 300, sockets: 3 } })
  t.teardown(() => destroyAll(node))
  const opened = await Promise.all([1, 2, 3].map(() => RawLink.open(node)))
  const displaced = Promise.race(opened.map(link => link.closed))
  const latest = await RawLink.open(node)
  await within('the oldest is closed', displaced, 250)
  t.notOk(latest.isClosed)
  await within('all are closed', Promise.all([...opened, latest].map(link => link.closed)))
  t.equal(tableOf(node).counts.existing, 0)
})

test('a full node says so', async t => {
  const node = await createNode({ maxConnections: 2 })
  t.teardown(() => destroyAll(node))
  const links = [await RawLink.connect(node, randomBytes(20)), await RawLink.connect(node, randomBytes(20))]
  const refusal = await RawLink.connect(node, randomBytes(20)).then(String, error => error.message)
  t.match(refusal, /^1013 all 2 connections are in use/)
  t.equal(await statusOf(RawLink.open(node)), 'HTTP 503', 'and for a while before the offer')
  t.equal(drops(node)['HTTP 503'], 2)
  await Promise.all(links.map(link => link.close()))
})

test('only the one protocol is taken, only by a server that is meant, and HTTP goes on', async t => {
  const node = await createNode({ requestListener: (_, response) => response.end('a page') })
  t.teardown(() => destroyAll(node))
  t.equal(await statusOf(RawLink.open(node, { protocol: 'chat' })), 'HTTP 400')
  t.equal(await statusOf(RawLink.open(node, { headers: { host: 'rebound.example' } })), 'HTTP 421')
  const status = await new Promise(resolve => {
    const headers = { connection: 'upgrade', upgrade: 'h2c' }
    request(`http://${placeOf(node)}/`, { headers, agent: false }, ({ statusCode }) =>
      resolve(statusCode)
    ).end()
  })
  t.equal(status, 400, 'an upgrade to another protocol')
  t.equal(await (await fetch(`http://${placeOf(node)}/`)).text(), 'a page')
})

test('a page of another origin is foreign on a link, too; behind a proxy that is trusted its address counts', async t => {
  const [node, proxied] = [await createNode(), await createNode({ trustProxy: 'loopback' })]
  t.teardown(() => destroyAll(node, proxied))
  const id = randomBytes(20)
  const links = [
    await RawLink.connect(node, id, { headers: { origin: 'https://example.org' } }),
    await RawLink.connect(proxied, id, { headers: { 'x-forwarded-for': '192.0.2.7' } })
  ]
  t.ok(tableOf(node).get(Id.of(id))?.isForeign)
  t.equal(tableOf(proxied).get(Id.of(id))?.origin, '192.0.2.7')
  await Promise.all(links.map(link => link.close()))
})

test('destroy cuts off links, handshakes and refusals, and calls back', async t => {
  const node = await createNode()
  const links = [await RawLink.open(node), await RawLink.connect(node, randomBytes(20))]
  const { head } = await askForUpgrade(node, 'webtorrent-dht')
  t.match(head, /^HTTP\/1.1 101 /)
  await within('destroy', destroyAll(node), 900)
  await within('the ends', Promise.all(links.map(link => link.closed)))
  t.pass('it is done before a refusal would time out')
})

test('destroy calls back, though a stranger keeps half of a refused upgrade', async t => {
  const node = await createNode()
  const { head, socket } = await askForUpgrade(node, 'chat')
  t.match(head, /^HTTP\/1.1 400 /)
  await within('destroy', destroyAll(node), 900)
  socket.destroy()
})

test('a refused upgrade is cut off once it is answered', async t => {
  const node = await createNode()
  const { socket } = await askForUpgrade(node, 'chat')
  t.teardown(() => {
    socket.destroy()
    return destroyAll(node)
  })
  const isCutOff = () => {
    socket.write('x')
    return socket.errored !== null
  }
  t.ok(await eventually(isCutOff), 'the server takes nothing more')
})

/** Asks for another protocol on a socket that never ends its own side. */
async function askForUpgrade(
  node: WebTorrentDHT,
  protocol: string,
  path = `/?nonce=${'00'.repeat(32)}`
): Promise<{ head: string; socket: Socket }> {
  const socket = connect({ port: node.address().port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  const key = randomBytes(16).toString('base64')
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`
  )
  const head = new Promise(resolve => socket.once('data', resolve))
  return { head: String(await within('the head', head)), socket }
}
