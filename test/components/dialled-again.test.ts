/** A dial whose connection fails is made once more. How it looks to an application is in reaching.test.ts. */

import { randomBytes } from 'node:crypto'
import test, { type Test } from 'tape'
import type { Link } from '../../src/connections/link.js'
import { WebTorrentDHTError } from '../../src/errors.js'
import { Id } from '../../src/id.js'
import { isBeside, markBeside } from '../../src/wire/description.js'
import { BY_LIBDATACHANNEL } from '../fuzz/descriptions.js'
import {
  createAnswering,
  createSignals,
  type FakePeer,
  LINK,
  OFFER,
  STRANGER,
  turn
} from '../helpers/fake-peer.js'
import { HandClock } from '../helpers/hand-clock.js'
import { FAKE_SDP } from '../robustness/corpus.js'

const SECONDS = 1000
const ANSWER = { id: STRANGER, type: 'answer', sdp: FAKE_SDP, extensions: [] }

/** An offer with a name, as ICE gives it. */
const sdpOf = (ufrag: string) => `${FAKE_SDP}a=ice-ufrag:${ufrag}\r\n`

const realSdpOf = (ufrag: string) => BY_LIBDATACHANNEL.replace(/^a=ice-ufrag:\S+/m, `a=ice-ufrag:${ufrag}`)

test('a dial that replaces another one closes the peer of that, and no other', async t => {
  const { signals, peers } = createAnswering(t)
  for (const protocol of ['chat', 'other']) signals.handle(protocol, ({ accept }) => accept())
  const dial = async (id: Id, protocol: string, ufrag: string, replaces?: string) => {
    await signals.answer(id, protocol, { ...OFFER, sdp: sdpOf(ufrag) }, LINK, replaces)
    return peers.map(({ destroyed }) => destroyed)
  }
  await dial(STRANGER, 'chat', 'one')
  await dial(STRANGER, 'chat', 'two')
  t.deepEqual(await dial(STRANGER, 'other', 'three', 'one'), [false, false, false], 'of another protocol')
  t.deepEqual(
    await dial(Id.of(randomBytes(20)), 'chat', 'four', 'one'),
    [false, false, false, false],
    'by another node'
  )
  t.deepEqual(await dial(STRANGER, 'chat', 'five', 'one'), [true, false, false, false, false])
  peers[1]?.connect()
  await turn()
  await dial(STRANGER, 'chat', 'six', 'two')
  t.notOk(peers[1]?.destroyed, 'one that is open is the application’s')
})

test('of two peers for one dial the one that does not connect in a while after the other is closed', async t => {
  for (const first of [0, 1]) {
    const { signals, peers, clock } = createAnswering(t)
    signals.handle('chat', ({ accept }) => accept())
    const link = LINK
    await signals.answer(STRANGER, 'chat', { ...OFFER, sdp: realSdpOf('one') }, link)
    await signals.answer(STRANGER, 'chat', markBeside({ ...OFFER, sdp: realSdpOf('two') }), link, 'one')
    t.deepEqual(destroyed(peers), [false, false], 'they go on side by side')
    peers[first]?.connect()
    await turn()
    clock.move(2.5 * SECONDS - 1)
    t.deepEqual(destroyed(peers), [false, false], 'the other may have been first at the other end')
    clock.move(1)
    t.deepEqual(destroyed(peers), [first === 1, first === 0])
    clock.restore()
  }
})

test('two peers for one dial that both connect are the dialling node’s to close', async t => {
  const { signals, peers, clock } = createAnswering(t)
  signals.handle('chat', ({ accept }) => accept())
  const link = LINK
  await signals.answer(STRANGER, 'chat', { ...OFFER, sdp: realSdpOf('one') }, link)
  await signals.answer(STRANGER, 'chat', markBeside({ ...OFFER, sdp: realSdpOf('two') }), link, 'one')
  for (const peer of peers) peer.connect()
  await turn()
  clock.move(20 * SECONDS)
  t.deepEqual(destroyed(peers), [false, false])
})

const destroyed = (peers: readonly FakePeer[]) => peers.map(peer => peer.destroyed)

/** What dials, with peers that do what the test says, and time that stands still. Every dial is answered. */
function createDialling(t: Test, reply: () => Promise<void> = async () => {}, answer = ANSWER) {
  const replaced: unknown[] = []
  const areBeside: boolean[] = []
  const query = async (_link: Link, _method: string, { replaces, signal }: Record<string, unknown>) => {
    replaced.push(replaces)
    areBeside.push(isBeside({ type: 'offer', sdp: `${(signal as { sdp: string }).sdp}` }))
    await reply()
    return { signal: answer }
  }
  const { signals, peers, areCareful } = createSignals({ query })
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const link = LINK as Partial<Link> as Link
  const { signal } = new AbortController()
  const outcome: unknown[] = []
  signals.dial({ findLink: async () => link, protocol: 'chat', signal }).then(
    peer => outcome.push(peer),
    ({ code }) => outcome.push(code)
  )
  const describe = async (peer: FakePeer | undefined, ufrag: string, sdp = sdpOf(ufrag)) => {
    peer?.emit('signal', { type: 'offer', sdp })
    await turn()
  }
  return { peers, areCareful, areBeside, replaced, clock, outcome, describe }
}

test('between two ends on libdatachannel a careful attempt begins beside the first after 150 milliseconds', async t => {
  for (const winner of [0, 1]) {
    const answer = { ...ANSWER, sdp: BY_LIBDATACHANNEL }
    const { peers, areCareful, areBeside, clock, outcome, describe } = createDialling(t, undefined, answer)
    await turn()
    await describe(peers[0], 'one', BY_LIBDATACHANNEL)
    clock.move(149)
    await turn()
    t.equal(peers.length, 1)
    clock.move(1)
    await turn()
    await describe(peers[1], 'two', BY_LIBDATACHANNEL)
    t.deepEqual(
      [destroyed(peers), areCareful, areBeside],
      [
        [false, false],
        [false, true],
        [false, true]
      ]
    )
    peers[winner]?.connect()
    await turn()
    t.deepEqual([outcome[0] === peers[winner], outcome.length], [true, 1])
    t.deepEqual(destroyed(peers), [winner === 1, winner === 0])
    t.equal(clock.pending, 0)
    clock.restore()
  }
})

test('a first attempt that does not open in two seconds has a careful one beside it, which names it', async t => {
  const { peers, areCareful, replaced, clock, outcome, describe } = createDialling(t)
  await turn()
  await describe(peers[0], 'one')
  clock.move(2 * SECONDS - 1)
  await turn()
  t.deepEqual([peers.length, peers[0]?.destroyed], [1, false])
  clock.move(1)
  await turn()
  t.deepEqual([peers.length, peers[0]?.destroyed], [2, false])
  await describe(peers[1], 'two')
  t.deepEqual(
    [areCareful, replaced],
    [
      [false, true],
      [undefined, 'one']
    ]
  )
  clock.move(10 * SECONDS - 1)
  await turn()
  peers[1]?.connect()
  await turn()
  t.deepEqual([outcome[0] === peers[1], outcome.length, clock.pending], [true, 1, 0])
  t.deepEqual(destroyed(peers), [true, false])
})

test('where signals are slow a first attempt has ten times as long as they took', async t => {
  let arrive = () => {}
  const { peers, clock, describe } = createDialling(
    t,
    () =>
      new Promise<void>(resolve => {
        arrive = resolve
      })
  )
  await turn()
  await describe(peers[0], 'one')
  clock.move(500)
  arrive()
  await turn()
  clock.move(5 * SECONDS - 1)
  await turn()
  t.equal(peers.length, 1)
  clock.move(1)
  await turn()
  t.equal(peers.length, 2)
})

test('a dial that fails twice has failed', async t => {
  const { peers, outcome, describe } = createDialling(t)
  await turn()
  for (const attempt of [0, 1]) {
    await describe(peers[attempt], 'one')
    peers[attempt]?.destroy()
    await turn()
  }
  t.deepEqual([outcome, peers.length], [['ECONNFAILED'], 2])
})

test('a dial is not made again where it is refused, or nobody was asked', async t => {
  const refused = createDialling(t, () => Promise.reject(new WebTorrentDHTError('EREFUSED', 'no')))
  await turn()
  await refused.describe(refused.peers[0], 'one')
  t.deepEqual([refused.outcome, refused.peers.length], [['EREFUSED'], 1])
  refused.clock.restore()
  const mute = createDialling(t)
  await turn()
  mute.peers[0]?.destroy()
  await turn()
  t.deepEqual([mute.outcome, mute.peers.length, mute.replaced], [['ECONNFAILED'], 1, []])
})
