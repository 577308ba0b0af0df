/** A tracker as a way in: offers come to doors and answers back, beside everybody else on the same tracker. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from 'bittorrent-tracker'
import test, { type Test } from 'tape'
import type { AnswerOffer, CarriedAnswer, CarriedSignal, Entrance } from '../../src/entrances/entrance.js'
import { createTrackerEntrance } from '../../src/entrances/tracker.js'
import { infoHashOf } from '../../src/entrances/tracker-messages.js'
import { type ErrorCode, WebTorrentDHTError } from '../../src/errors.js'
import { nodePlatform } from '../../src/platform-node.js'
import type { SimplePeer } from '../../src/simple-peer.js'
import { resolveWaysIn } from '../../src/ways-in.js'
import { eventually, within } from '../helpers/nodes.js'
import { createOffer } from '../helpers/raw-client.js'
import { createEntrance, NETWORK, startTracker, type Tracker } from '../helpers/tracker.js'

const SDP = 'v=0\r\na=x-wdht-key:abc\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n'
const OFFER: CarriedSignal = { type: 'offer', sdp: SDP, id: '01'.repeat(20), extensions: ['routes'] }
const ANSWER: CarriedSignal = { type: 'answer', sdp: SDP, id: '02'.repeat(20), extensions: ['introduce'] }

async function startFor(t: Test, options = {}): Promise<Tracker> {
  const tracker = await startTracker(options)
  t.teardown(() => tracker.kill())
  return tracker
}

/** Serves until the test is over, or `leave` is called. Resolves when the tracker knows it. */
async function serve(t: Test, tracker: Tracker, answer: AnswerOffer = async () => ANSWER, network = NETWORK) {
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  const before = tracker.countOf(network).doors
  createEntrance(tracker, network).serve?.(answer, { signal: abort.signal, address: null, listening: null })
  await eventually(() => tracker.countOf(network).doors > before)
  return { leave: () => abort.abort() }
}

function request(entrance: Entrance, offer = OFFER, signal = AbortSignal.timeout(20_000)) {
  if (!entrance.request) throw new Error('it only serves')
  return entrance.request(offer, { signal })
}

async function failure(promise: Promise<CarriedAnswer>): Promise<WebTorrentDHTError> {
  const result: unknown = await promise.catch(error => error)
  if (result instanceof WebTorrentDHTError) return result
  throw new Error(`no such error: ${JSON.stringify(result) ?? String(result)}`)
}

test('an offer comes to a door and its answer back, both unchanged', async t => {
  const tracker = await startFor(t)
  const offers: CarriedSignal[] = []
  await serve(t, tracker, async offer => {
    offers.push(offer)
    return ANSWER
  })
  t.deepEqual(await request(createEntrance(tracker)), ANSWER)
  t.deepEqual(offers, [OFFER])
  t.ok(await eventually(() => tracker.countOf().newcomers === 0), 'the newcomer has left')
  t.ok(await eventually(() => tracker.sockets === 1), 'its socket is closed')
})

test('without a node there, a newcomer is told so at once', async t => {
  const tracker = await startFor(t)
  const error = await failure(request(createEntrance(tracker)))
  t.equal(error.code, 'ENONODES')
  t.equal(error.message, `${tracker.url}: no node of the network is there yet`)
  t.ok(await eventually(() => tracker.sockets === 0), 'its socket is closed')
})

test('a node alone at a tracker does not get its own offer', async t => {
  const tracker = await startFor(t)
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  const entrance = createEntrance(tracker)
  entrance.serve?.(() => t.fail('its own offer') as never, {
    signal: abort.signal,
    address: null,
    listening: null
  })
  await eventually(() => tracker.countOf().doors === 1)
  t.equal((await failure(request(entrance))).code, 'ENONODES')
  t.equal(tracker.sockets, 1, 'one socket for both')
  t.deepEqual(tracker.countOf(), { doors: 1, newcomers: 0 }, 'it is still a door')
})

test('two networks do not meet', async t => {
  const tracker = await startFor(t)
  await serve(t, tracker, () => t.fail('an offer of another network') as never, 'another')
  t.equal((await failure(request(createEntrance(tracker)))).code, 'ENONODES')
})

test('an offer goes on to another door where one refuses it', async t => {
  const tracker = await startFor(t)
  let refusals = 0
  const refuse = async () => {
    refusals++
    throw new WebTorrentDHTError('EFULL', 'no room')
  }
  await serve(t, tracker, refuse)
  const alone = await failure(request(createEntrance(tracker)))
  t.equal(alone.code, 'EFULL', alone.message)
  t.match(alone.message, /no node lets this one in \(full\)$/)
  t.equal(refusals, 2, 'it was tried once more')
  await serve(t, tracker)
  // Each misses the one that has room with a chance of 1 in 16.
  const requests = Array.from({ length: 4 }, () => request(createEntrance(tracker)).catch(() => null))
  t.ok((await Promise.all(requests)).some(result => result !== null))
})

test('an offer goes on to another door where one is silent', async t => {
  const tracker = await startFor(t)
  await serve(t, tracker, () => new Promise(() => {}))
  const pending = request(createEntrance(tracker))
  await eventually(() => tracker.countOf().newcomers === 1)
  await serve(t, tracker)
  t.deepEqual(await pending, ANSWER)
})

test('a request in vain ends in time, or at its abort, and leaves the tracker', async t => {
  const tracker = await startFor(t)
  await serve(t, tracker, () => new Promise(() => {}))
  const abort = new AbortController()
  const pending = request(createEntrance(tracker), OFFER, abort.signal)
  const late = failure(request(createEntrance(tracker)))
  await eventually(() => tracker.countOf().newcomers === 2)
  abort.abort(new Error('enough'))
  t.equal(await pending.catch(error => error.message), 'enough')
  t.ok(await eventually(() => tracker.countOf().newcomers === 1))
  t.equal((await late).code, 'ETIMEDOUT')
  t.ok(await eventually(() => tracker.countOf().newcomers === 0))
  t.equal(await request(createEntrance(tracker), OFFER, abort.signal).catch(error => error.message), 'enough')
})

test('a door that is told to stop leaves the tracker', async t => {
  const tracker = await startFor(t)
  const { leave } = await serve(t, tracker)
  leave()
  t.ok(await eventually(() => tracker.sockets === 0 && tracker.countOf().doors === 0))
})

test('a door that is told to serve anew is one peer', async t => {
  const tracker = await startFor(t)
  const entrance = createEntrance(tracker)
  const [first, second] = [new AbortController(), new AbortController()]
  t.teardown(() => second.abort())
  entrance.serve?.(() => t.fail('the earlier one') as never, {
    signal: first.signal,
    address: null,
    listening: null
  })
  await eventually(() => tracker.countOf().doors === 1)
  first.abort()
  const address = { host: '127.0.0.1', port: 1 }
  entrance.serve?.(async () => ANSWER, { signal: second.signal, address, listening: address })
  await eventually(() => tracker.visits === 2 && tracker.countOf().doors === 1)
  t.deepEqual(await request(createEntrance(tracker)), ANSWER)
  t.deepEqual([tracker.countOf().doors, tracker.visits], [1, 3])
})

test('a tracker that is not there, or refuses, says why', async t => {
  const gone = await startTracker()
  await gone.kill()
  const web = createServer((_, response) => response.end('a page'))
  const strange = createServer()
  strange.on('upgrade', (_, socket) => socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n'))
  for (const server of [web, strange]) {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => void server.close())
  }
  const portOf = (server: typeof web) => (server.address() as AddressInfo).port
  const refusing = await startFor(t, { refused: 'not\x1b[31m allowed' })
  const places: [code: ErrorCode, url: string, text: RegExp][] = [
    ['EUNREACHABLE', gone.url, /nobody listens there \(ECONNREFUSED\)$/],
    ['EDNS', 'wss://nowhere.invalid/', /there is no such name/],
    [
      'ETLS',
      gone.url.replace('ws:', 'wss:').replace(/\d+\/$/, `${portOf(web)}/`),
      /does not speak TLS; try ws:/
    ],
    ['ENOTANODE', `ws://127.0.0.1:${portOf(web)}/`, /.*/],
    ['EFULL', `ws://127.0.0.1:${portOf(strange)}/`, /it is full now \(503\)$/],
    ['EREFUSED', refusing.url, /not\\u001b\[31m allowed$/]
  ]
  for (const [code, url, text] of places) {
    const error = await failure(request(createEntrance({ url })))
    t.equal(error.code, code, error.message)
    t.ok(error.message.startsWith(`${url}: `), 'with the URL')
    t.match(error.message, text)
  }
})

test('a page that came over HTTPS is told why it may not use ws://', async t => {
  const openTrackerSocket = async () => {
    throw new DOMException('insecure', 'SecurityError')
  }
  const platform = { ...nodePlatform, openTrackerSocket }
  const entrance = createTrackerEntrance({ url: 'ws://example.org/', network: NETWORK, platform })
  const error = await failure(request(entrance))
  t.equal(error.code, 'EMIXED')
  t.equal(error.message, 'ws://example.org/: a page that came over HTTPS may not use ws://')
})

test('places that begin with ws: or wss: are trackers; on this machine or in its network they are near', t => {
  const read = (bootstrap: string) => resolveWaysIn({ bootstrap }, nodePlatform).entrances[0]
  for (const url of [
    'ws://127.0.0.1:8000',
    'ws://localhost/',
    'WSS://192.168.1.2/',
    'ws://[::1]:80/announce'
  ])
    t.deepEqual([read(url)?.name, read(url)?.isLocal], [url, true])
  for (const url of ['wss://tracker.example.org', 'ws://8.8.8.8/', 'wss://[2606:4700::1]/?x'])
    t.deepEqual([read(url)?.name, read(url)?.isLocal], [url, false])
  for (const url of ['wss://', 'ws://user:secret@example.org/', 'wss://x@example.org', 'ws://example.org/#a'])
    t.throws(() => read(url), /should be a ws: or wss: URL of a tracker, without a password$/, url)
  t.end()
})

test('a door comes back when its tracker does', async t => {
  const tracker = await startTracker()
  await serve(t, tracker)
  const port = Number(new URL(tracker.url).port)
  await tracker.kill()
  const again = await startFor(t, { port })
  t.ok(await eventually(() => again.countOf().doors === 1, 10_000))
})

test('ordinary WebTorrent clients in the same swarm take and give no harm', async t => {
  const tracker = await startFor(t)
  const { wrtc } = await nodePlatform.loadWebRTC()
  const warnings: Error[] = []
  const createClient = (number: number) => {
    const client = new Client({
      infoHash: Buffer.from(infoHashOf(NETWORK), 'latin1').toString('hex'),
      peerId: Buffer.from(`-WW0100-00000000000${number}`),
      announce: [tracker.url],
      port: 6881,
      rtcConfig: { iceServers: [] },
      wrtc
    })
    client.on('warning', (error: Error) => warnings.push(error))
    client.on('error', (error: Error) => warnings.push(error))
    client.on('peer', (peer: SimplePeer) => t.teardown(() => void peer.destroy()))
    t.teardown(() => client.destroy())
    const met = new Promise(resolve => client.once('peer', resolve))
    client.start({ left: number })
    return met
  }
  let answered = 0
  await serve(t, tracker, async () => {
    answered++
    return ANSWER
  })
  // Their offers come to our door, too.
  await within('the two clients', Promise.all([createClient(0), createClient(1)]), 20_000)
  t.pass('two clients meet each other as ever')
  const { offer, close } = await createOffer()
  t.teardown(close)
  t.deepEqual(
    await request(createEntrance(tracker), { ...OFFER, sdp: offer.sdp }),
    ANSWER,
    'our node is found among them'
  )
  t.equal(answered, 1, 'our door has answered our offer only')
  t.deepEqual(warnings, [])
})
