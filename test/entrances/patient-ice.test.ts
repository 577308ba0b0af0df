/** ICE waits for people. */

import test, { type Test } from 'tape'
import { keepChecking, outliveFailures } from '../../src/entrances/patient-ice.js'
import { asPeer, FakePeer, turn } from '../helpers/fake-peer.js'
import { HandClock } from '../helpers/hand-clock.js'

const SECONDS = 1000

class CheckingPeer extends FakePeer {
  readonly added: string[] = []
  readonly heard: string[] = []
  readonly _pc = {
    iceConnectionState: 'new',
    connectionState: 'new',
    oniceconnectionstatechange: () => this.heard.push(`ICE ${this._pc.iceConnectionState}`),
    onconnectionstatechange: () => this.heard.push(this._pc.connectionState),
    addIceCandidate: async ({ candidate }: { candidate: string }) => {
      this.added.push(candidate)
      throw new Error('no more of them')
    }
  }
}

function createWaiting(t: Test) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const peer = new CheckingPeer(false)
  let settle = (_isOpen: boolean) => {}
  const open = new Promise<boolean>(resolve => {
    settle = resolve
  })
  return { clock, peer, connection: { peer: asPeer(peer), whenOpen: () => open }, settle }
}

test('Firefox gets a candidate every 3 seconds, until the connection is open or closed', async t => {
  for (const isOpen of [true, false]) {
    const { clock, peer, connection, settle } = createWaiting(t)
    keepChecking(connection, false)
    clock.move(10 * SECONDS)
    t.equal(peer.added.length, 3)
    t.equal(new Set(peer.added).size, 3, 'a known one would not be checked')
    for (const line of peer.added)
      t.match(line, /^candidate:\d+ 1 UDP \d+ 198\.51\.100\.1 \d+ typ host$/, 'nobody is there')
    settle(isOpen)
    await turn()
    clock.move(10 * SECONDS)
    t.equal(peer.added.length, 3)
    t.equal(clock.pending, 0)
    clock.restore()
  }
})

test('libjuice takes some 40 candidates, which last for 10 minutes', t => {
  const { clock, peer, connection } = createWaiting(t)
  keepChecking(connection, true)
  clock.move(600 * SECONDS)
  t.ok(peer.added.length <= 30)
  t.end()
})

test('a peer that is not simple-peer’s is left alone', t => {
  const { clock, connection } = createWaiting(t)
  keepChecking({ ...connection, peer: asPeer(new FakePeer(false)) }, false)
  t.equal(clock.pending, 0)
  t.end()
})

test('a failure before the connection is open is not heard, and one after it is', async t => {
  const { peer, connection, settle } = createWaiting(t)
  outliveFailures(connection)
  const change = (state: string) => {
    Object.assign(peer._pc, { iceConnectionState: state, connectionState: state })
    peer._pc.oniceconnectionstatechange()
    peer._pc.onconnectionstatechange()
  }
  for (const state of ['failed', 'checking', 'connected']) change(state)
  settle(true)
  await turn()
  change('failed')
  t.deepEqual(peer.heard, ['ICE checking', 'checking', 'ICE connected', 'connected', 'ICE failed', 'failed'])
})
