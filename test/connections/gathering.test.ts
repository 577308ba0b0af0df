import { EventEmitter } from 'node:events'
import test from 'tape'
import { Gathering, gatheringTimes } from '../../src/connections/gathering.js'
import { nodePlatform } from '../../src/platform-node.js'
import { SimplePeer } from '../../src/simple-peer.js'
import { candidateLines } from '../../src/wire/candidates.js'
import type { Description } from '../../src/wire/description.js'
import { HandClock } from '../helpers/hand-clock.js'
import { createStunServer } from '../helpers/stun-server.js'

const HOST = 'a=candidate:1 1 UDP 2114977791 192.0.2.2 45681 typ host'
const REFLEXIVE = 'a=candidate:2 1 UDP 1686052863 203.0.113.4 45681 typ srflx raddr 0.0.0.0 rport 0'
const RELAYED = 'a=candidate:3 1 UDP 41885439 203.0.113.9 50000 typ relay raddr 0.0.0.0 rport 0'
const TCP = 'a=candidate:4 1 TCP 2105458943 192.0.2.2 9 typ host tcptype active'

/** A peer whose `RTCPeerConnection` finds candidates when the test says so. */
class GatheringPeer extends EventEmitter {
  readonly initiator = true
  readonly lines = [HOST]
  readonly #listeners = new Map<string, () => void>()
  readonly _pc = {
    iceGatheringState: 'gathering',
    localDescription: { sdp: '' },
    addEventListener: (event: string, listener: () => void) => void this.#listeners.set(event, listener)
  }

  describe(): Description {
    this.#update()
    const { sdp } = this._pc.localDescription
    this.emit('signal', { type: 'offer', sdp })
    return { type: 'offer', sdp }
  }

  find(line: string): void {
    this.lines.push(line)
    this.#update()
    this.#listeners.get('icecandidate')?.()
  }

  complete(): void {
    this._pc.iceGatheringState = 'complete'
    this.#listeners.get('icegatheringstatechange')?.()
  }

  #update(): void {
    this._pc.localDescription.sdp = ['v=0', 'm=application', ...this.lines, ''].join('\r\n')
  }
}

function create(t: test.Test, patience = 500) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const peer = new GatheringPeer()
  const gathering = new Gathering(peer as never, patience)
  const told: string[][] = []
  let ends = 0
  const follower = { tell: (lines: string[]) => void told.push(lines), end: () => void ends++ }
  return { clock, peer, gathering, told, follower, ends: () => ends }
}

test('candidates that come after a description follow it, those that come together at once', async t => {
  const { clock, peer, gathering, told, follower, ends } = create(t)
  const sent = peer.describe()
  gathering.follow(sent, follower)
  peer.find(REFLEXIVE)
  peer.find(TCP)
  t.deepEqual(told, [], 'not yet')
  clock.move(20)
  t.deepEqual(told, [[REFLEXIVE]], 'one over TCP is of no use to others')
  peer.find(RELAYED)
  peer.complete()
  t.deepEqual(told, [[REFLEXIVE], [RELAYED]], 'the last is told at once')
  t.equal(ends(), 1)
  peer.find('a=candidate:5 1 UDP 1 203.0.113.7 50001 typ relay')
  clock.move(20)
  t.equal(told.length, 2)
  t.end()
})

test('a description that leaves later has the candidates that came meanwhile, and they do not follow it', async t => {
  const { clock, peer, gathering, told, follower } = create(t)
  const first = peer.describe()
  peer.find(REFLEXIVE)
  clock.move(20)
  const later = gathering.complete(first)
  t.deepEqual(candidateLines(later.sdp), [HOST, REFLEXIVE])
  gathering.follow(later, follower)
  peer.find(RELAYED)
  clock.move(20)
  t.deepEqual(told, [[RELAYED]])
  const again: string[][] = []
  gathering.follow(first, { tell: lines => void again.push(lines) })
  t.deepEqual(again, [[REFLEXIVE, RELAYED]], 'what is there is told at once')
  t.end()
})

test('a whole description waits until the last candidate is there, or its patience is over', async t => {
  const { clock, peer, gathering } = create(t)
  peer.describe()
  let isWhole = false
  const whole = gathering.whenWhole().then(() => {
    isWhole = true
  })
  clock.move(499)
  await Promise.resolve()
  t.notOk(isWhole)
  clock.move(1)
  await whole
  t.notOk(gathering.isOver, 'more may come')
  const done = gathering.whenWhole()
  peer.complete()
  await done
  t.ok(gathering.isOver)
})

test('nothing is told, and nobody waits, once the peer is closed', async t => {
  const { clock, peer, gathering, told, follower } = create(t)
  gathering.follow(peer.describe(), follower)
  const whole = gathering.whenWhole()
  peer.find(REFLEXIVE)
  peer.emit('close')
  await whole
  clock.move(1000)
  t.deepEqual(told, [])
  t.equal(clock.pending, 0, 'no timer is left')
})

test('candidates are told six times at most', t => {
  const { clock, peer, gathering, told, follower, ends } = create(t)
  gathering.follow(peer.describe(), follower)
  for (let i = 0; i < 9; i++) {
    peer.find(`a=candidate:${i} 1 UDP ${i} 203.0.113.${i} 45681 typ srflx`)
    clock.move(20)
  }
  t.equal(told.length, 6)
  t.equal(ends(), 1)
  t.end()
})

test('a peer that tells nothing of its candidates has all of them in its first description', async t => {
  const peer = new EventEmitter()
  const gathering = new Gathering(peer as never, 60_000)
  peer.emit('signal', { type: 'offer', sdp: 'v=0' })
  t.ok(gathering.isOver)
  await gathering.whenWhole()
})

test('gathering takes three known round trips, within limits, and more with a TURN server', t => {
  t.deepEqual(gatheringTimes(null, false), { first: 400, whole: 750 })
  t.deepEqual(gatheringTimes(1, false), { first: 200, whole: 400 })
  t.deepEqual(gatheringTimes(250, false), { first: 750, whole: 750 })
  t.deepEqual(gatheringTimes(500, false), { first: 1000, whole: 1500 })
  t.deepEqual(gatheringTimes(5000, false), { first: 1000, whole: 2000 })
  t.deepEqual(gatheringTimes(250, true), { first: 750, whole: 1250 })
  t.deepEqual(gatheringTimes(null, true), { first: 400, whole: 1000 })
  t.end()
})

test('with WebRTC: a STUN server that answers late is in the whole description, not in the first', async t => {
  const stun = await createStunServer(t, { answersAfter: 600, sees: '203.0.113.4' })
  const platformOptions = await nodePlatform.loadWebRTC()
  const peer = new SimplePeer({
    ...platformOptions,
    initiator: true,
    trickle: false,
    iceCompleteTimeout: 200,
    config: { iceServers: [{ urls: stun.url }] }
  })
  t.teardown(() => peer.destroy())
  const gathering = new Gathering(peer, 10_000)
  const first = await new Promise<Description>(resolve => peer.once('signal', resolve))
  t.notOk(first.sdp.includes('203.0.113.4'))
  const told = new Promise<string[]>(resolve => gathering.follow(first, { tell: resolve }))
  await gathering.whenWhole()
  const whole = gathering.complete(first)
  t.ok(whole.sdp.includes('203.0.113.4'))
  t.ok(
    (await told).some(line => line.includes('203.0.113.4 ')),
    'it follows the first'
  )
})
