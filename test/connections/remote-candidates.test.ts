import { EventEmitter } from 'node:events'
import test from 'tape'
import { RemoteCandidates } from '../../src/connections/remote-candidates.js'
import { Surroundings } from '../../src/connections/surroundings.js'
import { resolveOptions } from '../../src/options.js'
import { nodePlatform } from '../../src/platform-node.js'
import { limitMoreCandidates } from '../../src/wire/candidates.js'

const lineOf = (host: string, type = 'srflx', port = 45681) =>
  `a=candidate:1 1 UDP 1686052863 ${host} ${port} typ ${type}`
const sdpOf = (...lines: string[]) => ['v=0', 'm=application', 'a=mid:data', ...lines, ''].join('\r\n')

/** Surroundings that strangers come to: a place elsewhere is joined. */
const surroundings = new Surroundings(resolveOptions({ platform: nodePlatform, bootstrap: ['8.8.8.8:1'] }))

function create() {
  const given: { candidate: string; sdpMid: string }[] = []
  const restarts: number[] = []
  const _pc = {
    addIceCandidate: async (candidate: { candidate: string; sdpMid: string }) => void given.push(candidate)
  }
  const peer = Object.assign(new EventEmitter(), { destroyed: false, _pc })
  const remote = new RemoteCandidates(peer as never)
  const checks = { restart: (time: number) => void restarts.push(time) }
  const describe = (...lines: string[]) =>
    remote.described({ type: 'offer', sdp: sdpOf(...lines) }, 'public', surroundings, checks)
  return { peer, remote, describe, given, restarts }
}

test('late candidates are given to WebRTC, with the section that they belong to, and are checked for longer', t => {
  const { remote, describe, given, restarts } = create()
  describe()
  remote.take([lineOf('1.2.3.4')])
  t.deepEqual(given, [{ candidate: lineOf('1.2.3.4').slice(2), sdpMid: 'data' }])
  t.equal(restarts.length, 1)
  t.end()
})

test('candidates that come before their description wait for it, eight at most', t => {
  const { remote, describe, given } = create()
  remote.take(Array.from({ length: 20 }, (_, i) => lineOf('10.0.0.1', 'host', 5000 + i)))
  remote.take([lineOf('1.2.3.4')])
  t.deepEqual(given, [])
  describe()
  t.deepEqual(given, [], 'the ninth was dropped, and those before are private')
  t.end()
})

test('what a description may not name may not follow it', t => {
  const { remote, describe, given, restarts } = create()
  describe(lineOf('1.2.3.4'))
  remote.take([
    lineOf('192.168.0.1'),
    lineOf('127.0.0.1'),
    lineOf('1.2.3.4'),
    lineOf('example.org'),
    'a=candidate:1 1 TCP 1 1.2.3.5 80 typ host',
    'anything'
  ])
  t.deepEqual([given, restarts], [[], []])
  t.end()
})

test('the limits are those of one description, for it and what follows it together', t => {
  const hosts = [1, 2, 3, 4].map(i => lineOf(`1.2.3.${i}`, 'host'))
  const more = [5, 6, 7, 8].map(i => lineOf(`1.2.3.${i}`))
  t.deepEqual(limitMoreCandidates(hosts, more, 'public'), more.slice(0, 1), 'five addresses')
  t.deepEqual(limitMoreCandidates(hosts, [lineOf('1.2.3.9', 'host')], 'public'), [], 'four hosts')
  const names = Array.from(
    { length: 9 },
    (_, i) => `a=candidate:1 1 UDP 1 0000000${i}-0000-0000-0000-000000000000.local 5000 typ host`
  )
  t.equal(limitMoreCandidates(names.slice(0, 3), names.slice(3), 'private').length, 1)
  t.end()
})

test('candidates are taken six times at most, and none once the peer is destroyed', t => {
  const { peer, remote, describe, given } = create()
  describe()
  for (let i = 1; i <= 6; i++) remote.take([])
  remote.take([lineOf('1.2.3.4')])
  t.equal(given.length, 0)
  const other = create()
  other.describe()
  other.peer.destroyed = true
  other.remote.take([lineOf('1.2.3.4')])
  t.equal(other.given.length, 0)
  t.ok(peer)
  t.end()
})
