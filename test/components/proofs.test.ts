/** Attacks in the name of a node whose id is bound to a key, each with real connections. The same ones succeed against claims. */

import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type Test } from 'tape'
import { Id } from '../../src/id.js'
import DHT, { type WebTorrentDHT, type WebTorrentDHTOptions } from '../../src/index.js'
import { FOR_NODE } from '../../src/proofs.js'
import { ask, codeOf, sayBack } from '../helpers/calls.js'
import { CarefulPeer } from '../helpers/careful-peer.js'
import { answerDials, otherFingerprint, rewrite, withoutProof } from '../helpers/hostile-relay.js'
import { areConnected, dial, keepToItself, tableOf } from '../helpers/line.js'
import { createJoined, createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'
import { createOffer, RawClient } from '../helpers/raw-client.js'

const claim = () => ({ nodeId: randomBytes(20) })
const bound = () => ({})
const refusals = (node: WebTorrentDHT) => tableOf(node).counters.drops['not proven']
const connectionsTo = (node: WebTorrentDHT, id: Buffer) =>
  [...tableOf(node).all].filter(connection => connection.id?.bytes.equals(id) && connection.isOpen).length

/** Nodes in a line, which connect to nobody by themselves. */
async function createLine(
  t: Test,
  count: number,
  options: () => WebTorrentDHTOptions
): Promise<WebTorrentDHT[]> {
  const create = () => createNode({ simple_peer_constructor: CarefulPeer, ...options() })
  const nodes = await Promise.all(Array.from({ length: count }, create))
  t.teardown(() => destroyAll(...nodes))
  for (const node of nodes) keepToItself(node)
  for (const [i, node] of nodes.slice(0, -1).entries()) await dial(node, nodes[i + 1] as WebTorrentDHT)
  return nodes
}

/** Lets a node connect to others again, if the application asks. */
function mayConnect(node: WebTorrentDHT): void {
  Reflect.deleteProperty(node.socket.node.destinations, 'connect')
}

test('nobody else is connected under a bound id, at none of many nodes', async t => {
  const victim = await createNode()
  const nodes = await Promise.all([createNode(), createNode(claim()), createNode(claim())])
  t.teardown(() => destroyAll(victim, ...nodes))
  for (const node of nodes) {
    const error = await RawClient.connect(node, { id: victim.nodeId }).catch(error => error.message)
    t.match(String(error), /^400 the node does not prove that [0-9a-f]{40} is its id/)
    t.deepEqual([connectionsTo(node, victim.nodeId), tableOf(node).counts.existing], [0, 0])
    t.ok(refusals(node) >= 1, 'it is counted')
  }
})

test('an understudy, whose signal had no id, does not become the node that it names', async t => {
  const hub = await createNode()
  const victim = await createJoined(hub)
  t.teardown(() => destroyAll(hub, victim))
  const understudy = await RawClient.connect(hub, { id: null })
  understudy.sendMessage({ t: Buffer.from('zz'), y: 'q', q: 'ping', a: { id: victim.nodeId } })
  t.ok(await eventually(() => understudy.isClosed), 'it is disconnected')
  t.deepEqual([connectionsTo(hub, victim.nodeId), refusals(hub)], [1, 1])
  const other = await createNode(claim())
  t.teardown(() => destroyAll(other))
  const honest = await RawClient.connect(hub, { id: null })
  t.equal((await honest.query('ping', { id: other.nodeId })).y, 'r', 'a claim is taken, as of version 0.18')
  await honest.close()
})

test('a relay that makes offers in the name of a bound id gets error 401, and in `signals` nothing', async t => {
  const hub = await createNode()
  const [node, victim] = [await createJoined(hub), await createNode()]
  t.teardown(() => destroyAll(hub, node, victim))
  const client = await RawClient.connect(hub)
  const { offer, close } = await createOffer()
  const signal = { ...offer, id: victim.nodeId, extensions: [] }
  const { e } = await client.query('peer_connection', { signal })
  t.equal(e?.[0], 401)
  const proven = victim.socket.node.connector.proofs.prove(offer, FOR_NODE, Id.of(node.nodeId))
  const replayed = { ...signal, ...proven }
  const { e: forAnother } = await client.query('peer_connection', { signal: replayed })
  t.equal(forAnother?.[0], 401, 'nor is a proof that was made for another node taken')
  t.equal(connectionsTo(hub, victim.nodeId), 0)
  t.ok(areConnected(hub, node))
  await Promise.all([client.close(), close()])
})

for (const [change, meddle] of [
  ['another certificate in offers', otherFingerprint('offer')],
  ['another certificate in answers', otherFingerprint('answer')],
  ['no proofs', withoutProof]
] as const) {
  test(`a relay that passes on ${change} makes dial and connect fail`, async t => {
    const [a, b, c] = (await createLine(t, 3, bound)) as [WebTorrentDHT, WebTorrentDHT, WebTorrentDHT]
    const accepted = sayBack(c, 'echo')
    const peer = await a.dial(c.nodeId, 'echo')
    t.equal(await ask(peer, 'hello'), 'hello', 'it works before')
    peer.destroy()
    rewrite(b, meddle)
    t.equal(await codeOf(a.dial(c.nodeId, 'echo')), 'ENOTPROVEN')
    mayConnect(a)
    t.equal(await codeOf(a.connect(c.nodeId)), 'ENOTPROVEN')
    t.notOk(areConnected(a, c) || areConnected(c, a))
    t.ok(refusals(a) + refusals(c) >= 2)
    t.notOk(accepted.slice(1).some(({ connected }) => connected))
  })
}

test('a relay that answers a dial itself hears nothing, and hears all where the target is a claim', async t => {
  for (const ids of [bound, claim]) {
    const [a, b, c] = (await createLine(t, 3, ids)) as [WebTorrentDHT, WebTorrentDHT, WebTorrentDHT]
    sayBack(c, 'echo')
    ;(await a.dial(c.nodeId, 'echo')).destroy()
    const heard = answerDials(b)
    if (ids === bound) {
      t.equal(await codeOf(a.dial(c.nodeId, 'echo')), 'ENOTPROVEN')
      t.deepEqual(heard, [])
    } else {
      const peer = await a.dial(c.nodeId, 'echo')
      peer.send('my password')
      t.ok(await eventually(() => heard.includes('my password')))
      peer.destroy()
    }
  }
})

test('whoever changes an answer or an offer on its way over plain HTTP keeps the node out, and no more', async t => {
  const hub = await createNode()
  t.teardown(() => destroyAll(hub))
  for (const [body, code] of [
    ['response', 'ENOTPROVEN'],
    ['request', 'EREFUSED']
  ] as const) {
    const { place, close } = await startProxy(hub, body)
    const node = new DHT({ bootstrap: place, simple_peer_opts: { config: { iceServers: [] } } })
    const warned = new Promise<Error & { code?: unknown }>(resolve => node.once('warning', resolve))
    const warning = await within('the warning', warned)
    t.equal(warning.code, code)
    t.match(
      warning.message,
      new RegExp(`^(http://)?${place}/?: .*does not prove that [0-9a-f]{40} is its id`)
    )
    t.notOk(areConnected(hub, node) || areConnected(node, hub))
    await destroyAll(node)
    await close()
  }
})

/** An HTTP proxy that takes the proofs out of requests or responses. */
async function startProxy(hub: WebTorrentDHT, changed: 'request' | 'response') {
  const place = placeOf(hub)
  const server = createServer(async (request, response) => {
    const change = (of: string, text: string) => (of === changed ? withoutProof(text) : text)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = change('request', Buffer.concat(chunks).toString())
    const answer = await fetch(`http://${place}/`, { method: 'POST', body }).catch(() => null)
    if (!answer) return void response.destroy() // a test that failed has destroyed the node
    response.writeHead(answer.status)
    response.end(change('response', await answer.text()))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => new Promise(resolve => server.close(resolve).closeAllConnections())
  return { place: `127.0.0.1:${port}`, close }
}

test('connect goes on by another relay where one has changed the signals', async t => {
  const [a, b, c] = (await createLine(t, 3, bound)) as [WebTorrentDHT, WebTorrentDHT, WebTorrentDHT]
  const d = await createNode({ simple_peer_constructor: CarefulPeer })
  t.teardown(() => destroyAll(d))
  keepToItself(d)
  await dial(a, d)
  await dial(d, c)
  rewrite(b, withoutProof)
  mayConnect(a)
  const { addresses } = tableOf(a)
  for (const relay of [d, b]) addresses.learn(Id.of(c.nodeId), Id.of(relay.nodeId), true)
  const hostile = tableOf(a).get(Id.of(b.nodeId))
  if (hostile) hostile.roundTripTime = 0 // so the cheapest way leads over it
  t.deepEqual((await a.connect(c.nodeId)).id, c.nodeId)
  t.ok(areConnected(a, c))
  t.ok(refusals(a) + refusals(c) >= 1, 'the other one was tried')
})

test('a handler is told whether the caller is proven, and a finder whether the id is bound', async t => {
  const hub = await createNode()
  const nodes = [await createJoined(hub), await createJoined(hub, claim())]
  t.teardown(() => destroyAll(hub, ...nodes))
  const calls: boolean[] = []
  hub.handle('echo', ({ isProven, accept }) => {
    calls.push(isProven)
    accept()
  })
  const infoHash = randomBytes(20)
  for (const [i, node] of nodes.entries()) {
    ;(await node.dial(hub.nodeId, 'echo')).destroy()
    await new Promise<void>((resolve, reject) =>
      node.announce(infoHash, 7000 + i, error => (error ? reject(error) : resolve()))
    )
  }
  t.deepEqual([...new Set(calls)], [true, false], 'a dial whose connection fails calls twice')
  const found = new Map<number, boolean | undefined>()
  hub.on('peer', ({ port, isBound }) => void found.set(port, isBound))
  hub.lookup(infoHash)
  t.ok(await eventually(() => found.size === 2))
  t.deepEqual([found.get(7000), found.get(7001)], [true, false])
})

test('a node that was started anew with its key has its id again', async t => {
  const hub = await createNode()
  const key = 'ab'.repeat(32)
  const first = await createJoined(hub, { key })
  const { nodeId } = first
  await destroyAll(first)
  const second = await createJoined(hub, { key, state: first.toJSON() })
  t.teardown(() => destroyAll(hub, second))
  t.deepEqual(second.nodeId, nodeId)
  await within('the connection', tableOf(hub).whenConnected(Id.of(nodeId), 5000))
  t.ok(areConnected(hub, second))
})
