/** How libdatachannel is led round its races: what the two ends of an attempt say and do, and in which order. */

import { createSocket } from 'node:dgram'
import { setTimeout as pause } from 'node:timers/promises'
import test, { type Test } from 'tape'
import { adaptNodeDataChannel } from '../../src/node-datachannel.js'
import { OpenConnections } from '../../src/open-connections.js'
import { nodePlatform } from '../../src/platform-node.js'
import { SimplePeer } from '../../src/simple-peer.js'
import type { Description } from '../../src/wire/description.js'
import { BY_CHROMIUM, BY_FIREFOX, BY_LIBDATACHANNEL } from '../fuzz/descriptions.js'
import { HandClock } from '../helpers/hand-clock.js'
import { within } from '../helpers/nodes.js'
import { signalOf } from '../helpers/raw-client.js'

/** Milliseconds that an answer takes over a relay, while the two ends are near each other. */
const SIGNAL_TIME = 200
/** Milliseconds that an answering side leaves the ICE checks to the offering side. */
const FIRST_CHECKS_TIME = 500
/** Times that a NAT is checked again. */
const REPEATED = 4
const HOME = 'a=candidate:1 1 UDP 2114977791 192.168.1.7 51323 typ host'
const HIDDEN = 'a=candidate:1 1 UDP 2114977791 5d1a2b9c-1f0e-4c4a-9a52-0c2f3f6f2f11.local 51323 typ host'
const OUTSIDE = 'a=candidate:2 1 UDP 1686052863 240.0.0.9 51323 typ srflx raddr 0.0.0.0 rport 0'
const RELAY = 'a=candidate:3 1 UDP 1000 10.0.0.9 51323 typ relay raddr 0.0.0.0 rport 0'
const PUBLIC = 'a=candidate:4 1 UDP 2114977791 240.0.0.9 51323 typ host'

async function peerOf(t: Test, initiator: boolean, careful = false): Promise<SimplePeer> {
  const platform = await nodePlatform.loadWebRTC()
  const config = { ...platform.config, iceServers: [], careful }
  const peer = new SimplePeer({ ...platform, trickle: false, config, initiator })
  t.teardown(() => peer.destroy())
  return peer
}

const offerOf = async (t: Test, careful = false) => signalOf(await peerOf(t, true, careful))
const roleIn = (sdp: string) => /^a=setup:(\w+)/m.exec(sdp)?.[1]

/** The DTLS role that an answer to an offer says. */
async function answeredRole(t: Test, sdp: string): Promise<string | undefined> {
  const answering = await peerOf(t, false)
  answering.signal({ type: 'offer', sdp })
  return roleIn((await signalOf(answering)).sdp)
}

test('an offer says actpass, whichever attempt it is for', async t => {
  const offers = [await offerOf(t), await offerOf(t, true)]
  t.deepEqual(
    offers.map(({ sdp }) => roleIn(sdp)),
    ['actpass', 'actpass']
  )
})

test('an answer to an offer of libdatachannel says passive, so that the offering side is the DTLS client', async t => {
  t.equal(await answeredRole(t, (await offerOf(t)).sdp), 'passive')
  t.equal(await answeredRole(t, BY_LIBDATACHANNEL), 'passive')
  t.equal(
    await answeredRole(t, BY_LIBDATACHANNEL.replace('actpass', 'active')),
    'passive',
    'one that says active'
  )
})

test('an answer to an offer of another implementation says what libdatachannel says unaided', async t => {
  t.equal(await answeredRole(t, BY_CHROMIUM), 'active')
  t.equal(await answeredRole(t, BY_FIREFOX), 'active')
  t.equal(await answeredRole(t, BY_CHROMIUM.replace('actpass', 'active')), 'passive')
})

test('an answer to an offer without candidates says active: the offering side, whose checks come first, is ready first', async t => {
  const bare = withCandidates((await offerOf(t)).sdp)
  t.equal(await answeredRole(t, bare), 'active')
})

test('a careful answering side makes no ICE checks before its answer is there', async t => {
  const [offering, answering] = [await peerOf(t, true, true), await peerOf(t, false)]
  const states: string[] = []
  answering.on('iceStateChange', state => states.push(state))
  offering.on('signal', (offer: Description) => answering.signal(offer))
  const answer = await signalOf(answering)
  t.deepEqual([roleIn(answer.sdp), answer.sdp.includes('x-wdht')], ['active', false])
  await pause(SIGNAL_TIME)
  t.notOk(states.includes('connected'))
  offering.signal(answer)
  const opened = [offering, answering].map(peer => new Promise(resolve => peer.on('connect', resolve)))
  await within('the connection', Promise.all(opened))
  t.ok(states.includes('connected'))
})

test('a quick answering side makes its ICE checks before its answer is there', async t => {
  const [offering, answering] = [await peerOf(t, true), await peerOf(t, false)]
  const checked = new Promise<string>(resolve =>
    answering.on('iceStateChange', state => state === 'connected' && resolve(state))
  )
  offering.on('signal', (offer: Description) => answering.signal(offer))
  t.equal(await within('the checks', checked), 'connected', 'nobody has carried the answer')
})

/** Stands for libdatachannel, and notes what it is given. */
class FakeConnection extends EventTarget {
  readonly given: string[] = []
  readonly connectionState = 'new'
  iceConnectionState = 'checking'

  get localDescription(): Description {
    return { type: 'answer', sdp: '' }
  }

  async setRemoteDescription({ sdp }: Description): Promise<void> {
    this.given.push(sdp)
  }

  async addIceCandidate({ candidate }: { candidate: string }): Promise<void> {
    this.given.push(candidate)
  }

  close(): void {}
}

/** An end of an attempt; its candidates are added by the clock. */
function createFake(t: Test, careful = false): { connection: FakeConnection; clock: HandClock } {
  const { RTCPeerConnection } = adaptNodeDataChannel(
    { RTCPeerConnection: FakeConnection } as never,
    new OpenConnections()
  )
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const Adapted = RTCPeerConnection as new (config: object) => FakeConnection
  const connection = new Adapted({ careful })
  t.teardown(() => connection.close()) // it counts as open until then, and the process would not end
  return { connection, clock }
}

const withCandidates = (sdp: string, ...candidates: string[]) =>
  `${sdp.replace(/a=(candidate:|end-of-candidates).*\r\n/g, '')}${candidates.join('\r\n')}\r\n`
const isQuick = (sdp: string) => sdp.startsWith('v=0\r\no=rtc ') && !sdp.includes('careful')
const careful = (sdp: string) => sdp.replace('m=', 'a=x-wdht-careful\r\nm=')

test('an answering side leaves the checks to a second attempt or a browser that is near, and to Firefox, for half a second', async t => {
  const offers = [
    withCandidates(BY_CHROMIUM, HIDDEN),
    withCandidates(BY_FIREFOX, HIDDEN, OUTSIDE),
    withCandidates(careful(BY_LIBDATACHANNEL), HOME, HIDDEN)
  ]
  for (const sdp of offers) {
    const { connection, clock } = createFake(t)
    await connection.setRemoteDescription({ type: 'offer', sdp })
    clock.move(FIRST_CHECKS_TIME - 1)
    t.equal(connection.given.length, 1)
    t.deepEqual(
      [connection.given[0]?.includes('candidate'), roleIn(connection.given[0] ?? '')],
      [false, 'actpass']
    )
    clock.move(1)
    clock.restore()
    const candidates = sdp.match(/candidate:.*(?=\r\n)/g)
    t.deepEqual(connection.given.slice(1), candidates)
  }
})

test('an answering side makes its checks at once where the other one is quick, or not near', async t => {
  const offers = [
    withCandidates(BY_LIBDATACHANNEL, HOME),
    withCandidates(BY_LIBDATACHANNEL.replace('actpass', 'active'), HOME),
    ...[OUTSIDE, RELAY, PUBLIC].flatMap(far => [
      withCandidates(BY_CHROMIUM, HIDDEN, far),
      withCandidates(BY_LIBDATACHANNEL, HOME, far),
      withCandidates(careful(BY_LIBDATACHANNEL), HOME, far)
    ])
  ]
  for (const sdp of offers) {
    const { connection, clock } = createFake(t)
    await connection.setRemoteDescription({ type: 'offer', sdp })
    clock.restore()
    t.deepEqual(
      connection.given,
      [isQuick(sdp) ? sdp.replace('actpass', 'active') : sdp],
      'all of it, and only the role is other for a first attempt of libdatachannel'
    )
  }
})

test('in a second attempt the offering side gets the candidates once it has the answer', async t => {
  const sdp = withCandidates(BY_LIBDATACHANNEL.replace('actpass', 'active'), HOME, OUTSIDE)
  const { connection, clock } = createFake(t, true)
  await connection.setRemoteDescription({ type: 'answer', sdp })
  t.equal(connection.given.length, 1)
  clock.move(0)
  clock.restore()
  t.deepEqual(
    connection.given.slice(1),
    [HOME, OUTSIDE].map(line => line.slice('a='.length))
  )
})

/** What the answering side gives libdatachannel up to some milliseconds after its answer was read. */
async function givenAfter(t: Test, sdp: string, times: readonly number[], connectAfter = Infinity) {
  const { connection, clock } = createFake(t)
  await connection.setRemoteDescription({ type: 'offer', sdp })
  clock.move(SIGNAL_TIME) // candidates are gathered
  const { length } = connection.given
  const counts = times.map((time, i) => {
    void connection.localDescription
    clock.move(time - (times[i - 1] ?? 0))
    if (time >= connectAfter) connection.iceConnectionState = 'connected'
    return connection.given.length - length
  })
  clock.restore()
  return { counts, candidates: connection.given.slice(length) }
}

test('a quick answering side checks the NAT of the offering side again until one answers', async t => {
  const sdp = withCandidates(BY_LIBDATACHANNEL, HOME, OUTSIDE)
  const times = [14, 15, 45, 120, 250, 10_000]
  const { counts, candidates } = await givenAfter(t, sdp, times)
  t.deepEqual(counts, [0, 1, 2, 3, 3, 3])
  t.equal(new Set(candidates).size, 3, 'each under a name of its own: libdatachannel takes none twice')
  for (const candidate of candidates) t.match(candidate, / 1 UDP 1 240\.0\.0\.9 51323 typ srflx$/)
  t.deepEqual((await givenAfter(t, sdp, times, 45)).counts, [0, 1, 2, 2, 2, 2])
})

test('a NAT is checked again that is known only after the answer', async t => {
  const { connection, clock } = createFake(t)
  const sdp = withCandidates(BY_LIBDATACHANNEL, HOME)
  await connection.setRemoteDescription({ type: 'offer', sdp })
  void connection.localDescription
  clock.move(SIGNAL_TIME)
  t.equal(connection.given.length, 1)
  await connection.addIceCandidate({ candidate: OUTSIDE.slice('a='.length) })
  clock.move(10_000)
  clock.restore()
  t.equal(connection.given.length, 2 + 3, 'three times, since two addresses are named')
})

test('an offer that names more addresses has fewer of them checked again', async t => {
  const named = [OUTSIDE, PUBLIC, RELAY, HOME]
  const counts: unknown[] = []
  for (const i of named.keys()) {
    const sdp = withCandidates(BY_LIBDATACHANNEL, HIDDEN, ...named.slice(0, i + 1))
    counts.push(...(await givenAfter(t, sdp, [10_000])).counts)
  }
  t.deepEqual(counts, [4, 3, 2, 0])
})

test('nothing is checked again where there is no NAT, or the answering side is the DTLS client', async t => {
  const offers = [
    withCandidates(BY_LIBDATACHANNEL, HOME, PUBLIC, RELAY),
    withCandidates(careful(BY_LIBDATACHANNEL), HOME, OUTSIDE),
    withCandidates(BY_CHROMIUM, HIDDEN, OUTSIDE),
    withCandidates(BY_LIBDATACHANNEL, OUTSIDE.replace('240.0.0.9', '100::9'))
  ]
  for (const sdp of offers) t.deepEqual((await givenAfter(t, sdp, [10_000])).counts, [0])
})

test('libjuice checks a place again for each candidate that names it', async t => {
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  let checks = 0
  const all = new Promise<void>(resolve =>
    socket.on('message', () => {
      if (++checks === 1 + REPEATED) resolve()
    })
  )
  const mapped = `a=candidate:1 1 UDP 1686052863 127.0.0.1 ${socket.address().port} typ srflx raddr 0.0.0.0 rport 0`
  const answering = await peerOf(t, false)
  answering.signal({ type: 'offer', sdp: withCandidates(BY_LIBDATACHANNEL, mapped) })
  await within('the checks', all)
  t.pass(`${checks} checks came`)
})
