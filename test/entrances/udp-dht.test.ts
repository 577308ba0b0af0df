/** The DHT of UDP as a way in, with a DHT of bittorrent-dht's own nodes on loopback. */

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import test, { type Test } from 'tape'
import { hashOfNetwork } from '../../src/entrances/network-hash.js'
import { createUdpDhtEntrance } from '../../src/entrances/udp-dht.js'
import {
  ANSWER,
  servingAt as at,
  failureOf,
  listen,
  listenAsNode,
  neverAnswers,
  OFFER
} from '../helpers/node-servers.js'
import { createUdpNetwork, type UdpNetwork } from '../helpers/udp-network.js'

const NETWORK = 'a network'

const signal = () => AbortSignal.timeout(10_000)

/** Announces a node as the entrance does, until the test ends. */
async function announce(t: Test, { nodes, bootstrap }: UdpNetwork, network: string, port: number) {
  const end = new AbortController()
  const isThere = new Promise<void>(resolve => {
    for (const node of nodes) node.on('announce', peer => peer.port === port && resolve())
  })
  const serving = createUdpDhtEntrance({ network, bootstrap }).serve?.(neverAnswers, {
    signal: end.signal,
    ...at({ host: '127.0.0.1', port })
  })
  t.teardown(async () => {
    end.abort()
    await serving
  })
  await isThere
}

test('a newcomer finds a node that listens over the DHT of UDP, and gets its answer', async t => {
  const udp = await createUdpNetwork(t, 5)
  const { port, offers } = await listenAsNode(t)
  await announce(t, udp, NETWORK, port)
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap: udp.bootstrap })
  t.ok(entrance.isLocal, 'a DHT that is joined on this machine is local')
  t.deepEqual(await entrance.request?.(OFFER, { signal: signal() }), ANSWER)
  t.deepEqual(offers, [OFFER])
})

test('nodes of another network are not found', async t => {
  const udp = await createUdpNetwork(t, 3)
  const { port, offers } = await listenAsNode(t)
  await announce(t, udp, 'another network', port)
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap: udp.bootstrap })
  const error = await failureOf(entrance.request?.(OFFER, { signal: signal() }))
  t.equal(error.code, 'ENONODES')
  t.deepEqual(offers, [])
})

test('the first answer wins, whoever else is dead, silent or full', async t => {
  const udp = await createUdpNetwork(t, 5)
  const { port } = await listenAsNode(t)
  const silent = await listen(t, () => {})
  const full = await listen(t, (_, response) => response.writeHead(503).end())
  const dead = createServer().listen(0, '127.0.0.1')
  await once(dead, 'listening')
  const { port: deadPort } = dead.address() as AddressInfo
  dead.close()
  for (const each of [silent, full, deadPort, port]) await announce(t, udp, NETWORK, each)
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap: udp.bootstrap })
  t.deepEqual(await entrance.request?.(OFFER, { signal: signal() }), ANSWER)
})

test('a node does not take its own announcement for another node', async t => {
  const udp = await createUdpNetwork(t, 3)
  const own = await listenAsNode(t, { id: OFFER.id })
  await announce(t, udp, NETWORK, own.port)
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap: udp.bootstrap })
  const error = await failureOf(entrance.request?.(OFFER, { signal: signal() }))
  t.equal(error.code, 'ENONODES')
  t.equal(own.offers.length, 1)
})

test('a request says how many places have not let the node in, and asks twelve at most', async t => {
  const udp = await createUdpNetwork(t, 3)
  let requests = 0
  const ports: number[] = []
  for (let i = 0; i < 14; i++) {
    const port = await listen(t, (_, response) => {
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
  await announce(t, udp, NETWORK, silent)
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap: udp.bootstrap })
  const result = await entrance
    .request?.(OFFER, { signal: letGo.signal })
    .catch((error: Error) => error.message)
  t.equal(result, 'enough')
  await isClosed
})

test('in a public DHT strangers cannot send a node to private places', async t => {
  const udp = await createUdpNetwork(t, 3)
  const { port, offers } = await listenAsNode(t)
  await announce(t, udp, NETWORK, port)
  // TEST-NET-3 (RFC 5737): with a public node among those to join through, the DHT is a public one.
  const bootstrap = [...udp.bootstrap, '203.0.113.1:1']
  const entrance = createUdpDhtEntrance({ network: NETWORK, bootstrap })
  t.notOk(entrance.isLocal)
  const error = await failureOf(entrance.request?.(OFFER, { signal: signal() }))
  t.equal(error.code, 'ENONODES')
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
  t.equal(before.code, 'ENONODES', 'nobody was asked')
  for (const port of [80, 443]) await put(port)
  const after = await failureOf(entrance.request?.(OFFER, { signal: signal() }))
  t.ok(/none of 2 places/.test(after.message), after.message)
})

test('a node that does not listen, or only on this machine in a public DHT, announces nothing', async t => {
  const end = new AbortController()
  const entrance = createUdpDhtEntrance({ network: NETWORK })
  await entrance.serve?.(neverAnswers, { signal: end.signal, ...at(null) })
  await entrance.serve?.(neverAnswers, { signal: end.signal, ...at({ host: '127.0.0.1', port: 1 }) })
  t.pass('it is over at once')
})

test('wrong places are an error at once', t => {
  for (const wrong of [['x'], ['http://127.0.0.1:1'], [5], [], 'x:1']) {
    const bootstrap = wrong as string[]
    t.throws(() => createUdpDhtEntrance({ network: NETWORK, bootstrap }), /options.udpDht.bootstrap/)
  }
  t.end()
})
