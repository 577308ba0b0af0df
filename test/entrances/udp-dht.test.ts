/** The DHT of UDP as a way in, with a DHT of bittorrent-dht's own nodes on loopback. */

import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import test, { type Test } from 'tape'
import type { CarriedSignal } from '../../src/entrances/entrance.js'
import { hashOfNetwork } from '../../src/entrances/network-hash.js'
import { createUdpDhtEntrance } from '../../src/entrances/udp-dht.js'
import { WebTorrentDHTError } from '../../src/index.js'
import { createUdpNetwork, type UdpNetwork } from '../helpers/udp-network.js'

const OFFER: CarriedSignal = { type: 'offer', sdp: 'v=0\r\n', id: '01'.repeat(20), extensions: ['introduce'] }
const ANSWER: CarriedSignal = { type: 'answer', sdp: 'v=0\r\n', id: '02'.repeat(20), extensions: [] }
const NETWORK = 'a network'

const neverAnswers = () => Promise.reject(new Error('an HTTP server answers'))
const signal = () => AbortSignal.timeout(10_000)

async function listen(t: Test, respond: RequestListener) {
  const server = createServer(respond)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  return { host: '127.0.0.1', port: typeof address === 'object' && address ? address.port : 0 }
}

/** A node's HTTP server that answers each offer, and the offers that came. */
async function listenAsNode(t: Test, answer: object = ANSWER) {
  const offers: unknown[] = []
  const address = await listen(t, async (request, response) => {
    offers.push(await json(request))
    response.end(JSON.stringify(answer))
  })
  return { address, offers }
}

/** Announces a node as the entrance does, until the test ends. */
async function announce(t: Test, { nodes, bootstrap }: UdpNetwork, network: string, port: number) {
  const end = new AbortController()
  const isThere = new Promise<void>(resolve => {
    for (const node of nodes) node.on('announce', peer => peer.port === port && resolve())
  })
  const serving = createUdpDhtEntrance({ network, bootstrap }).serve?.(neverAnswers, {
    signal: end.signal,
    address: { host: '127.0.0.1', port }
  })
  t.teardown(async () => {
    end.abort()
    await serving
  })
  await isThere
}

/** What a request fails with. */
async function failureOf(request: Promise<unknown> | undefined): Promise<WebTorrentDHTError> {
  const result: unknown = await request?.catch(error => error)
  if (result instanceof WebTorrentDHTError) return result
  throw new Error(`no such error: ${String(result)}`)
}

test('a newcomer finds a node that listens over the DHT of UDP, and gets its answer', async t => {
  const udp = await createUdpNetwork(t, 5)
  const { address, offers } = await listenAsNode(t)
  await announce(t, udp, NETWORK, address.port)
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap: udp.bootstrap })
  t.ok(entrance.isLocal, 'a DHT that is joined on this machine is local')
  t.deepEqual(await entrance.request?.(OFFER, { signal: signal() }), ANSWER)
  t.deepEqual(offers, [OFFER])
})

test('nodes of another network are not found', async t => {
  const udp = await createUdpNetwork(t, 3)
  const { address, offers } = await listenAsNode(t)
  await announce(t, udp, 'another network', address.port)
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap: udp.bootstrap })
  const error = await failureOf(entrance.request?.(OFFER, { signal: signal() }))
  t.equal(error.code, 'ENOTFOUND')
  t.deepEqual(offers, [])
})

test('the first answer wins, whoever else is dead, silent or full', async t => {
  const udp = await createUdpNetwork(t, 5)
  const { address } = await listenAsNode(t)
  const silent = await listen(t, () => {})
  const full = await listen(t, (_, response) => response.writeHead(503).end())
  const dead = createServer().listen(0, '127.0.0.1')
  await once(dead, 'listening')
  const { port: deadPort } = dead.address() as AddressInfo
  dead.close()
  for (const port of [silent.port, full.port, deadPort, address.port]) await announce(t, udp, NETWORK, port)
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap: udp.bootstrap })
  t.deepEqual(await entrance.request?.(OFFER, { signal: signal() }), ANSWER)
})

test('a node does not take its own announcement for another node', async t => {
  const udp = await createUdpNetwork(t, 3)
  const own = await listenAsNode(t, { id: OFFER.id })
  await announce(t, udp, NETWORK, own.address.port)
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap: udp.bootstrap })
  const error = await failureOf(entrance.request?.(OFFER, { signal: signal() }))
  t.equal(error.code, 'ENOTFOUND')
  t.equal(own.offers.length, 1)
})

test('a request says how many places have not let the node in, and asks twelve at most', async t => {
  const udp = await createUdpNetwork(t, 3)
  let requests = 0
  const ports: number[] = []
  for (let i = 0; i < 14; i++) {
    const { port } = await listen(t, (_, response) => {
      requests++
      response.writeHead(503).end()
    })
    ports.push(port)
  }
  const [node] = udp.nodes
  for (const port of ports)
    await new Promise<void>(resolve => node?.announce(hashOfNetwork(NETWORK), port, () => resolve()))
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap: udp.bootstrap })
  const error = await failureOf(entrance.request?.(OFFER, { signal: signal() }))
  t.equal(error.code, 'EUNREACHABLE')
  t.ok(/none of 12 places/.test(error.message), error.message)
  t.equal(requests, 12)
})

test('a request that is let go asks nobody any more, and leaves nothing', async t => {
  const udp = await createUdpNetwork(t, 3)
  const letGo = new AbortController()
  const silent = await listen(t, request => {
    request.once('close', () => closed())
    letGo.abort(new Error('enough'))
  })
  let closed = () => {}
  const isClosed = new Promise<void>(resolve => {
    closed = resolve
  })
  await announce(t, udp, NETWORK, silent.port)
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap: udp.bootstrap })
  const result = await entrance
    .request?.(OFFER, { signal: letGo.signal })
    .catch((error: Error) => error.message)
  t.equal(result, 'enough')
  await isClosed
})

test('in a public DHT strangers cannot send a node to private places', async t => {
  const udp = await createUdpNetwork(t, 3)
  const { address, offers } = await listenAsNode(t)
  await announce(t, udp, NETWORK, address.port)
  // TEST-NET-3 (RFC 5737): with a public node among those to join through, the DHT is a public one.
  const bootstrap = [...udp.bootstrap, '203.0.113.1:1']
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap })
  t.notOk(entrance.isLocal)
  const error = await failureOf(entrance.request?.(OFFER, { signal: signal() }))
  t.equal(error.code, 'ENOTFOUND')
  t.deepEqual(offers, [])
})

test('strangers cannot send a node to well-known ports, but those of HTTP', async t => {
  const udp = await createUdpNetwork(t, 3)
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap: udp.bootstrap })
  const [node] = udp.nodes
  const put = (port: number) =>
    new Promise<void>(resolve => node?.announce(hashOfNetwork(NETWORK), port, () => resolve()))
  for (const port of [22, 25, 1023]) await put(port)
  const before = await failureOf(entrance.request?.(OFFER, { signal: signal() }))
  t.equal(before.code, 'ENOTFOUND', 'nobody was asked')
  for (const port of [80, 443]) await put(port)
  const after = await failureOf(entrance.request?.(OFFER, { signal: signal() }))
  t.ok(/none of 2 places/.test(after.message), after.message)
})

test('a node that does not listen, or only on this machine in a public DHT, announces nothing', async t => {
  const end = new AbortController()
  const entrance = createUdpDhtEntrance({ network: NETWORK })
  const address = { host: '127.0.0.1', port: 1 }
  await entrance.serve?.(neverAnswers, { signal: end.signal, address: null })
  await entrance.serve?.(neverAnswers, { signal: end.signal, address })
  t.pass('it is over at once')
})

test('wrong places are an error at once', t => {
  for (const wrong of ['x', 'http://127.0.0.1:1', 5] as string[]) {
    t.throws(() => createUdpDhtEntrance({ network: NETWORK, bootstrap: [wrong] }), /EINVAL|udpDht.bootstrap/)
  }
  t.end()
})
