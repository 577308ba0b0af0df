/** The local network as a way in, with real multicast on loopback, at a port of the test's own. */

import test, { type Test } from 'tape'
import { createLocalNetworkEntrance } from '../../src/entrances/local-network.js'
import {
  type DnsPacket,
  type DnsRecord,
  type MulticastOptions,
  openMulticastDns
} from '../../src/entrances/multicast-dns.js'
import { asksForNodes, readAdvertised, recordsOf, SERVICE } from '../../src/entrances/service-records.js'
import { HandClock } from '../helpers/hand-clock.js'
import { ANSWER, failureOf, listenAsNode, neverAnswers, OFFER, servingAt } from '../helpers/node-servers.js'

const NETWORK = 'a network'
/** Not of this machine alone: such a node is not advertised. Answers come from loopback all the same. */
const HOST = '192.0.2.7'

let lastPort = 20_000 + (process.pid % 20_000)

/** Multicast of a test's own. */
function createMulticast(): MulticastOptions {
  return { port: ++lastPort, interface: '127.0.0.1' }
}

const signal = () => AbortSignal.timeout(10_000)

/** A socket that hears all. */
async function hear(t: Test, multicast: MulticastOptions) {
  const socket = openMulticastDns(multicast)
  const responses: DnsPacket[] = []
  let heard = () => {}
  socket.on('response', packet => {
    responses.push(packet)
    heard()
  })
  t.teardown(() => new Promise<void>(resolve => socket.destroy(resolve)))
  await new Promise<void>(resolve => socket.once('ready', resolve))
  return {
    socket,
    responses,
    /** Waits until so many have come. */
    count: (wanted: number) =>
      new Promise<void>(resolve => {
        heard = () => responses.length >= wanted && resolve()
        heard()
      })
  }
}

/** Advertises a node until the test ends, or `end` is called. */
function advertise(t: Test, multicast: MulticastOptions, network: string, port: number) {
  const abort = new AbortController()
  const serving = createLocalNetworkEntrance({ network, multicast }).serve?.(neverAnswers, {
    signal: abort.signal,
    ...servingAt({ host: HOST, port })
  })
  const end = async () => {
    abort.abort()
    await serving
  }
  t.teardown(end)
  return { end }
}

test('a newcomer finds a node in the local network, and gets its answer', async t => {
  const multicast = createMulticast()
  const { port, offers } = await listenAsNode(t)
  advertise(t, multicast, NETWORK, port)
  const entrance = createLocalNetworkEntrance({ network: NETWORK, multicast })
  t.ok(entrance.isLocal)
  t.deepEqual(await entrance.request?.(OFFER, { signal: signal() }), ANSWER)
  t.deepEqual(offers, [OFFER])
})

test('a node that begins while a newcomer asks is found, though there are others of other networks', async t => {
  const multicast = createMulticast()
  const { port } = await listenAsNode(t)
  const other = await listenAsNode(t)
  advertise(t, multicast, 'another network', other.port)
  const answer = createLocalNetworkEntrance({ network: NETWORK, multicast }).request?.(OFFER, {
    signal: signal()
  })
  advertise(t, multicast, NETWORK, port)
  t.deepEqual(await answer, ANSWER)
  t.deepEqual(other.offers, [])
})

test('a request without anybody fails, and one that is let go leaves nothing', async t => {
  const multicast = createMulticast()
  const entrance = createLocalNetworkEntrance({ network: NETWORK, multicast })
  const error = await failureOf(entrance.request?.(OFFER, { signal: signal() }))
  t.deepEqual([error.code, error.message], ['ENONODES', 'the local network: no node was found'])
  const letGo = new AbortController()
  const request = entrance.request?.(OFFER, { signal: letGo.signal }).catch((error: Error) => error.message)
  letGo.abort(new Error('enough'))
  t.equal(await request, 'enough')
})

test('a node that does not listen, or only for this machine, is not advertised', async t => {
  const multicast = createMulticast()
  const { socket, responses, count } = await hear(t, multicast)
  const entrance = createLocalNetworkEntrance({ network: NETWORK, multicast })
  for (const address of [null, ...['127.0.0.1', '::1', 'localhost'].map(host => ({ host, port: 1 }))])
    await entrance.serve?.(neverAnswers, { signal: signal(), ...servingAt(address) })
  advertise(t, multicast, NETWORK, 7)
  socket.query([{ name: SERVICE, type: 'PTR' }])
  await count(1)
  t.deepEqual(responses.flatMap(readAdvertised), [{ network: NETWORK, port: 7 }])
})

test('a node answers once a second at most, and says when it is over', async t => {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const multicast = createMulticast()
  const { socket, responses, count } = await hear(t, multicast)
  const { end } = advertise(t, multicast, NETWORK, 7)
  await count(1)
  const marker = { answers: [{ name: 'marker.local', type: 'A' as const, ttl: 1, data: '192.0.2.1' }] }
  for (let i = 0; i < 5; i++) socket.query([{ name: SERVICE, type: 'PTR' }])
  socket.respond(marker)
  await count(2)
  t.equal(responses.length, 2, 'the first, and the marker')
  clock.move(1000)
  socket.query([{ name: SERVICE, type: 'ANY' }])
  await count(3)
  t.deepEqual(readAdvertised(responses[2] as DnsPacket), [{ network: NETWORK, port: 7 }])
  await end()
  await count(4)
  t.deepEqual(readAdvertised(responses[3] as DnsPacket), [], 'it is no more')
})

test('records are read in whatever order and case they come; others are nobody', t => {
  const { answers, additionals } = recordsOf({
    label: 'node-1',
    network: NETWORK,
    port: 7,
    addresses: [HOST, '192.0.2.8']
  })
  // The package gives texts as bytes.
  const asRead = (record: DnsRecord): DnsRecord =>
    record.type === 'TXT' ? { ...record, data: [Buffer.from(`network=${NETWORK}`)] } : record
  const records = [...answers, ...additionals].map(asRead)
  const expected = [{ network: NETWORK, port: 7 }]
  t.deepEqual(readAdvertised({ answers: records }), expected)
  t.deepEqual(readAdvertised({ answers: records.toReversed(), additionals: 'x' }), expected)
  const upper = records.map(record => ({ ...record, name: record.name.toUpperCase() }))
  t.deepEqual(readAdvertised({ additionals: upper }), expected)
  for (const missing of ['PTR', 'SRV', 'TXT'])
    t.deepEqual(readAdvertised({ answers: records.filter(({ type }) => type !== missing) }), [], missing)
  for (const wrong of [{}, { answers: 5 }, { answers: [null, 5, {}, { name: SERVICE, type: 'PTR' }] }]) {
    t.deepEqual(readAdvertised(wrong), [])
    t.notOk(asksForNodes(wrong))
  }
  t.ok(asksForNodes({ questions: [{ name: SERVICE.toUpperCase(), type: 'PTR' }] }))
  t.notOk(asksForNodes({ questions: [{ name: '_http._tcp.local', type: 'PTR' }] }))
  t.end()
})
