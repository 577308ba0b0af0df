/** What a page learns of its network from what its connections gather. */

import { EventEmitter } from 'node:events'
import test, { type Test } from 'tape'
import type { Network } from '../../src/connections/network.js'
import { kindOf, watchReflexive } from '../../src/connections/reflexive.js'
import type { SimplePeer } from '../../src/simple-peer.js'
import { HandClock } from '../helpers/hand-clock.js'

const HOST =
  'a=candidate:1 1 udp 2122260223 6f1f7a10-1c5e-4d5a-9a39-6d3f0c5a3f11.local 50000 typ host generation 0'
const OTHER_HOST = HOST.replace('a=candidate:1 ', 'a=candidate:2 ')

/** A candidate as browsers write it. @param base as `address port`; hidden by default */
function reflexive(
  port: number,
  { foundation = 'f', address = '203.0.113.1', base = '0.0.0.0 0' } = {}
): string {
  const [raddr, rport] = base.split(' ')
  return `a=candidate:${foundation} 1 udp 1686052607 ${address} ${port} typ srflx raddr ${raddr} rport ${rport} generation 0`
}

const kind = (lines: string[], isComplete = true) => kindOf(lines.join('\r\n'), isComplete)

test('one port for two servers is a NAT, once both have answered', t => {
  t.equal(kind([HOST, reflexive(5000)]), 'nat')
  t.equal(kind([HOST, reflexive(5000)], false), 'unknown')
  t.equal(kind([HOST]), 'unknown')
  t.end()
})

test('two ports of one socket are a symmetric NAT', t => {
  const base = '10.0.0.1 50000'
  t.equal(
    kind([HOST, reflexive(5000, { base }), reflexive(5001, { base, foundation: 'g' })], false),
    'symmetric'
  )
  t.equal(
    kind([HOST, OTHER_HOST, reflexive(5000), reflexive(5001)]),
    'symmetric',
    'in libwebrtc, by the foundation'
  )
  t.equal(
    kind([HOST, reflexive(5000), reflexive(5001, { foundation: 'g' })]),
    'symmetric',
    'there is one socket only'
  )
  t.end()
})

test('two sockets behind one NAT are no symmetric one', t => {
  const two = [reflexive(5000), reflexive(5001, { foundation: 'g' })]
  t.equal(kind([HOST, OTHER_HOST, ...two]), 'unknown', 'where they are hidden')
  const told = [
    reflexive(5000, { base: '10.0.0.1 1' }),
    reflexive(5001, { base: '10.0.0.2 1', foundation: 'g' })
  ]
  t.equal(kind([HOST, OTHER_HOST, ...told]), 'nat')
  t.equal(kind([HOST, reflexive(5000), reflexive(5001, { address: '198.51.100.1' })]), 'nat')
  t.end()
})

/** A peer, and what its network hears. */
function create(t: Test, asked: string[]) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const pc = Object.assign(new EventTarget(), {
    iceGatheringState: 'gathering',
    localDescription: { sdp: '' }
  })
  const peer = Object.assign(new EventEmitter(), { _pc: pc })
  const heard: string[] = []
  const network = {
    servers: { prefer: (url: string) => heard.push(`prefer ${url}`) },
    unanswered: (url: string) => heard.push(`unanswered ${url}`),
    learn: (found: string) => heard.push(found)
  }
  watchReflexive(peer as unknown as SimplePeer, asked, network as unknown as Network)
  const emit = (name: string, fields: object) => pc.dispatchEvent(Object.assign(new Event(name), fields))
  const find = (line: string, url: string | null = null) => {
    pc.localDescription.sdp += `${line}\r\n`
    emit('icecandidate', { candidate: { candidate: line.slice('a='.length), url } })
  }
  const complete = () => {
    pc.iceGatheringState = 'complete'
    emit('icegatheringstatechange', {})
  }
  return {
    clock,
    peer,
    heard,
    emit,
    find,
    complete,
    describe: () => peer.emit('signal', pc.localDescription)
  }
}

test('a description without a public address says that the server does not answer, after 400 ms', t => {
  const { clock, heard, find, describe } = create(t, ['stun:a'])
  clock.move(1000)
  find(HOST)
  clock.move(100)
  describe()
  clock.move(299)
  t.deepEqual(heard, [], 'it may follow')
  clock.move(1)
  t.deepEqual(heard, ['unanswered stun:a'])
  t.end()
})

test('a description that leaves late, or whose candidates are all there, says so at once', t => {
  const late = create(t, ['stun:a'])
  late.find(HOST)
  late.clock.move(400)
  late.describe()
  t.deepEqual(late.heard, ['unanswered stun:a'])
  const whole = create(t, ['stun:a'])
  whole.find(HOST)
  whole.complete()
  whole.describe()
  t.deepEqual(whole.heard, ['unanswered stun:a'])
  t.end()
})

test('a public address in the description, or soon after it, is an answer; so is the end of the peer', t => {
  const peers = [1, 2, 3].map(() => create(t, ['stun:a']))
  const [within, after, closed] = peers
  within?.find(HOST)
  within?.find(reflexive(5000))
  for (const { describe } of peers) describe()
  after?.find(reflexive(5000))
  closed?.peer.emit('close')
  for (const { clock } of peers) clock.move(1000)
  t.deepEqual(
    peers.map(({ heard }) => heard),
    [[], [], []]
  )
  t.end()
})

test('of two servers the one that a browser names is preferred, and none is blamed', t => {
  const { clock, heard, find, describe } = create(t, ['stun:a', 'stun:b'])
  find(HOST)
  find(reflexive(5000), 'stun:b')
  describe()
  clock.move(1000)
  t.deepEqual(heard, ['prefer stun:b'])
  t.end()
})

test('two servers tell the kind of NAT once both have answered, or have seen two ports', t => {
  const same = create(t, ['stun:a', 'stun:b'])
  same.find(HOST)
  same.find(reflexive(5000))
  same.complete()
  t.deepEqual(same.heard, ['nat'])
  const other = create(t, ['stun:a', 'stun:b'])
  for (const line of [HOST, reflexive(5000), reflexive(5001)]) other.find(line)
  t.deepEqual(other.heard, ['symmetric'])
  const failed = create(t, ['stun:a', 'stun:b'])
  failed.find(HOST)
  failed.find(reflexive(5000))
  failed.emit('icecandidateerror', {})
  failed.complete()
  t.deepEqual(failed.heard, [], 'one name has no address')
  const without6 = create(t, ['stun:a', 'stun:b'])
  without6.find(HOST)
  without6.find(reflexive(5000))
  without6.emit('icecandidateerror', { address: '[0:0:0:x:x:x:x:x]' })
  without6.complete()
  t.deepEqual(without6.heard, ['nat'], 'an error of IPv6 tells nothing')
  t.end()
})
