/** Who is near: whose word on private places is taken. */

import { EventEmitter } from 'node:events'
import test, { type Test } from 'tape'
import { limitChecks } from '../../src/connections/checks.js'
import { Surroundings } from '../../src/connections/surroundings.js'
import { resolveOptions, type WebTorrentDHTOptions } from '../../src/options.js'
import { nodePlatform } from '../../src/platform-node.js'
import type { SimplePeer } from '../../src/simple-peer.js'
import { HandClock } from '../helpers/hand-clock.js'

const surroundingsOf = (options: WebTorrentDHTOptions) =>
  new Surroundings(resolveOptions({ platform: nodePlatform, ...options }))

test('a node that listens and joins nearby only takes the word of all', t => {
  const near = surroundingsOf({ bootstrap: ['127.0.0.1:1', '192.168.1.1:1', 'nas.local:1', 'dht:1'] })
  near.noteListening('127.0.0.1')
  t.ok(near.isLocal)
  t.equal(near.ofNeighbour({}), 'loopback')
  t.equal(near.ofAddress('10.0.0.1'), 'loopback')
  t.equal(near.ofAddress('1.1.1.1'), 'public')
  t.end()
})

test('whatever leads elsewhere makes strangers of all', t => {
  const ways: Record<string, (node: Surroundings) => void> = {
    'it listens everywhere': node => node.noteListening('0.0.0.0'),
    'it listens in public': node => node.noteListening('1.1.1.1'),
    'it dials in public': node => node.noteHost('dht.example.org'),
    'a proxy lets in': node => node.noteStranger()
  }
  for (const [title, leads] of Object.entries(ways)) {
    const node = surroundingsOf({ bootstrap: false })
    leads(node)
    t.deepEqual([node.isLocal, node.ofNeighbour({})], [false, 'public'], title)
  }
  t.notOk(surroundingsOf({ bootstrap: 'dht.example.org:1' }).isLocal)
  t.notOk(surroundingsOf({ bootstrap: false, http_address: { address: 'dht.example.org', port: 1 } }).isLocal)
  t.end()
})

test('a neighbour is where ICE has found it', t => {
  const node = surroundingsOf({ bootstrap: 'dht.example.org:1' })
  const at = (remoteAddress: string, localAddress = '192.168.1.2') =>
    node.ofNeighbour({ remoteAddress, localAddress })
  t.equal(at('192.168.1.7'), 'private')
  t.equal(at('192.168.1.2'), 'loopback', 'this machine')
  t.equal(at('1.1.1.1', '1.1.1.1'), 'loopback', 'this machine in public')
  t.equal(at('1.1.1.1'), 'public')
  t.equal(at(''), 'public', 'hidden')
  t.equal(node.ofNeighbour(undefined), 'public', 'not connected')
  t.end()
})

test('the word of a server is taken if its address is near, or the user named it', t => {
  const node = surroundingsOf({ bootstrap: ['dht.example.org:1', '1.1.1.1:1'] })
  const reaches = [
    'localhost',
    '127.0.0.1',
    '[::1]',
    '10.0.0.1',
    'nas.lan',
    'dht.example.org',
    'evil.example.org',
    '1.1.1.1'
  ]
  t.deepEqual(
    reaches.map(host => node.ofPlace({ host })),
    ['loopback', 'loopback', 'loopback', 'private', 'private', 'private', 'public', 'public']
  )
  t.end()
})

function watched(t: Test, iceConnectionState: string | undefined) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const peer = Object.assign(new EventEmitter(), { _pc: { iceConnectionState } })
  let unanswered = 0
  limitChecks(peer as unknown as SimplePeer, 1400, () => unanswered++)
  return { clock, peer, count: () => unanswered }
}

for (const state of ['new', 'checking']) {
  test(`checks that nobody answers end: ${state}`, t => {
    const { clock, count } = watched(t, state)
    clock.move(1399)
    t.equal(count(), 0)
    clock.move(1)
    t.equal(count(), 1)
    t.end()
  })
}

test('checks go on once one was answered, and where ICE does not tell', t => {
  const { clock, peer, count } = watched(t, 'checking')
  peer._pc.iceConnectionState = 'connected'
  clock.move(5000)
  t.equal(count(), 0)
  clock.restore()
  t.equal(watched(t, undefined).clock.pending, 0)
  t.end()
})

test('a peer that is closed is left alone', t => {
  const { clock, peer, count } = watched(t, 'checking')
  peer.emit('close')
  t.equal(clock.pending, 0)
  clock.move(5000)
  t.equal(count(), 0)
  t.end()
})
