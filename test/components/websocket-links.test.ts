/** Nodes where UDP is blocked, or WebRTC is missing: they use the DHT over WebSockets to servers. */

import test, { type Test } from 'tape'
import DHT, { type WebTorrentDHT, type WebTorrentDHTOptions } from '../../src/index.js'
import { nodePlatform } from '../../src/platform-node.js'
import { BlockedPeer } from '../helpers/blocked-peer.js'
import { CERTIFICATES } from '../helpers/certificates.js'
import { areConnected, tableOf } from '../helpers/line.js'
import { createJoined, createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'

const infoHash = 'ab'.repeat(20)
const platform = { ...nodePlatform, loadWebRTC: () => Promise.reject(new Error('there is none')) }
const blocked: WebTorrentDHTOptions = { simple_peer_constructor: BlockedPeer }
const bare: WebTorrentDHTOptions = { platform }

/** Whether a node has one connection, over WebSocket. */
const isLinked = (node: WebTorrentDHT) => {
  const connections = [...tableOf(node).connections]
  return connections.length === 1 && connections[0]?.peer.constructor.name === 'WebSocketPeer'
}
const offersOf = (node: WebTorrentDHT) => tableOf(node).counters.offers.leased
const portsOf = async (node: WebTorrentDHT) => {
  const ports: number[] = []
  for await (const { port } of node.promises.lookup(infoHash)) ports.push(port)
  return ports
}

async function createHub(t: Test): Promise<WebTorrentDHT> {
  const hub = await createNode()
  t.teardown(() => destroyAll(hub))
  return hub
}

async function join(t: Test, hub: WebTorrentDHT, options: WebTorrentDHTOptions): Promise<WebTorrentDHT> {
  const node = await createJoined(hub, options)
  t.teardown(() => destroyAll(node))
  return node
}

for (const [where, options] of [
  ['UDP is blocked', blocked],
  ['there is no WebRTC', bare]
] as const) {
  test(`a node where ${where} joins over WebSocket, and uses the whole DHT`, async t => {
    const hub = await createHub(t)
    const [node, other] = [await join(t, hub, options), await join(t, hub, {})]
    t.ok(isLinked(node))
    t.equal(node.status, 'connected')

    await node.promises.announce(infoHash, 1234)
    t.ok((await portsOf(other)).includes(1234), 'its announcement is found')
    await other.promises.announce(infoHash, 4321)
    t.ok((await portsOf(node)).includes(4321), 'it finds announcements')

    const { key, nodes } = await other.promises.put('of the other')
    t.equal(nodes, 2, 'it is asked to store a value')
    t.ok(node.stats().stored.values >= 1, 'and does, although only a route leads to it')
    t.equal(String((await node.promises.get(key))?.v), 'of the other')
    const own = await node.promises.put('of its own')
    t.equal(String((await other.promises.get(own.key))?.v), 'of its own')
    t.ok(isLinked(node) && !areConnected(node, other))
  })
}

test('a node that comes back to where UDP was blocked makes no offer before its link', async t => {
  const hub = await createHub(t)
  const before = await join(t, hub, blocked)
  const state = JSON.parse(JSON.stringify(before.toJSON()))
  t.equal(state.isBlocked, true)
  const node = await join(t, hub, { ...blocked, state })
  t.ok(isLinked(node))
  t.equal(offersOf(node), 0)
  t.notOk('isBlocked' in hub.toJSON())
  const elsewhere = await createJoined(hub, {
    state: { isBlocked: true },
    platform: { ...nodePlatform, openLinkSocket: null }
  })
  t.teardown(() => destroyAll(elsewhere))
  t.ok(areConnected(elsewhere, hub), 'where no link opens, WebRTC does')
  t.notOk('isBlocked' in elsewhere.toJSON())
})

test('a link goes over TLS where the server has a certificate, and not without it', async t => {
  const [{ cert, key }] = CERTIFICATES
  const hub = await createNode({ tls: { cert, key } })
  const { port } = hub.address()
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0' // `fetch` takes no certificate of one's own
  t.teardown(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    return destroyAll(hub)
  })
  const urls: string[] = []
  const openLinkSocket = (url: string) => {
    urls.push(url)
    return nodePlatform.openLinkSocket?.(url) ?? Promise.reject(new Error('there is none'))
  }
  const node = new DHT({ bootstrap: `https://localhost:${port}/`, platform: { ...platform, openLinkSocket } })
  t.teardown(() => destroyAll(node))
  await within('joining', node.promises.ready())
  t.deepEqual([urls.map(url => url.split('?')[0]), isLinked(node)], [[`wss://localhost:${port}/`], true])
})

test('a node without WebRTC is told so only if no server takes a link', async t => {
  const hub = await createHub(t)
  const node = await join(t, hub, bare)
  node.on('error', error => t.fail(error.message))
  node.on('warning', error => t.fail(error.message))
  const lookup = new Promise(resolve => node.lookup(infoHash, (error, count) => resolve([error, count])))
  t.deepEqual(await lookup, [null, 1])
  const errors: unknown[] = []
  node.removeAllListeners()
  node.on('error', error => errors.push((error as { code?: unknown }).code))
  node.listen(0)
  t.ok(await eventually(() => errors.length === 1), 'or if it is to listen')
  t.deepEqual(errors, ['ENOWEBRTC'])
})

test('a WebRTC that is given and makes no connections is told of beside a link, too', async t => {
  const hub = await createHub(t)
  const node = new DHT({
    bootstrap: placeOf(hub),
    simple_peer_constructor: function Broken() {
      throw new Error('it is broken')
    } as never
  })
  t.teardown(() => destroyAll(node))
  const warning = new Promise<Error>(resolve => node.once('warning', resolve))
  t.match((await within('the warning', warning)).message, /it is broken$/)
  t.ok(await eventually(() => isLinked(node)))
})

test('where UDP is blocked no offers are made in vain, nor answered', async t => {
  const hub = await createHub(t)
  const node = await join(t, hub, blocked)
  const before = offersOf(node)
  const others = await Promise.all([1, 2, 3].map(() => join(t, hub, {})))
  for (const other of others) t.equal((await node.promises.put(`seen by ${other.nodeId}`)).nodes >= 1, true)
  const failure = await others[0]?.connect(node.nodeId).then(String, error => error.code)
  t.equal(failure, 'EFULL', 'an offer to it is refused at once')
  t.equal(
    await node.connect((others[0] as WebTorrentDHT).nodeId).then(String, error => error.code),
    'ECONNFAILED'
  )
  t.deepEqual([offersOf(node) - before, isLinked(node)], [0, true])
})

test('a node that knows that UDP is blocked goes back over WebSocket at once', async t => {
  const hub = await createHub(t)
  const node = await join(t, hub, blocked)
  const before = offersOf(node)
  const back = new Promise(resolve => node.socket.once('node_connected', resolve))
  for (const connection of tableOf(hub).all) connection.close('unresponsive')
  await within('it is back', back)
  t.deepEqual([offersOf(node) - before, isLinked(node)], [0, true])
})

test('the second attempt over WebRTC goes before a WebSocket', async t => {
  const hub = await createHub(t)
  let attempts = 0
  class SecondTimeLucky extends BlockedPeer {
    override signal(description: { type: 'offer' | 'answer'; sdp: string }): void {
      const lucky = ++attempts > 1 && Object.getPrototypeOf(BlockedPeer.prototype)
      if (lucky) lucky.signal.call(this, description)
      else super.signal(description)
    }
  }
  const node = await join(t, hub, { simple_peer_constructor: SecondTimeLucky })
  t.equal(attempts, 2)
  t.deepEqual([tableOf(node).size, isLinked(node)], [1, false])
})

test('a server that takes no links leaves the error as it was', async t => {
  const hub = await createHub(t)
  const node = new DHT({
    ...blocked,
    bootstrap: placeOf(hub),
    platform: { ...nodePlatform, openLinkSocket: null }
  })
  t.teardown(() => destroyAll(node))
  const warning = await within(
    'the warning',
    new Promise<Error>(resolve => node.once('warning', resolve)),
    20_000
  )
  t.match(warning.message, /no WebRTC connection to it opens; is UDP blocked/)
})
