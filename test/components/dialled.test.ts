/** The `dial` query as strangers send and answer it. What an application does with it is in reaching.test.ts. */

import { randomBytes } from 'node:crypto'
import test, { type Test } from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import type { IncomingDial, Limits, WebTorrentDHTOptions } from '../../src/index.js'
import type { ApplicationSignals } from '../../src/reaching/application-signals.js'
import { codeOf, failureOf } from '../helpers/calls.js'
import { asPeer, createAnswering, FakePeer, LINK, OFFER, STRANGER, turn } from '../helpers/fake-peer.js'
import { HandClock } from '../helpers/hand-clock.js'
import { createNode, destroyAll, eventually, within } from '../helpers/nodes.js'
import { createOffer, encodeRaw, RawClient, type RawMessage } from '../helpers/raw-client.js'
import { watchTests } from '../helpers/watch-tests.js'
import { FAKE_SDP } from '../robustness/corpus.js'

const SECONDS = 1000

const endWatch = watchTests()

async function nodeOf(t: Test, options: WebTorrentDHTOptions = {}): Promise<WebTorrentDHT> {
  const node = await createNode(options)
  t.teardown(() => destroyAll(node))
  return node
}

async function join(t: Test, node: WebTorrentDHT): Promise<RawClient> {
  const client = await RawClient.connect(node)
  t.teardown(() => client.close())
  await client.query('ping')
  return client
}

/** A node that takes so many dials, and a neighbour of it. */
async function pairOf(t: Test, limits: Partial<Limits> = {}): Promise<[WebTorrentDHT, RawClient]> {
  const node = await nodeOf(t, { limits })
  return [node, await join(t, node)]
}

const offerOf = ({ id }: RawClient, sdp = FAKE_SDP) => ({ id, type: 'offer', sdp, extensions: [] })
const answerOf = (id: Buffer) => ({ id, type: 'answer', sdp: FAKE_SDP, extensions: [] })

test('a dial is answered with the answer of the peer that took it', async t => {
  const [node, client] = await pairOf(t)
  const { offer, peer, close } = await createOffer()
  t.teardown(close)
  const dials: IncomingDial[] = []
  node.handle('chat', call => {
    dials.push(call)
    call.accept()
  })
  const { made } = node.stats().connections
  const { r } = await client.query('dial', { protocol: 'chat', signal: offerOf(client, offer.sdp) })
  const signal = r?.signal as { id: Buffer; type: Buffer; sdp: Buffer; extensions: unknown[] }
  t.deepEqual(
    [r?.id, signal.id, String(signal.type), signal.extensions],
    [node.nodeId, node.nodeId, 'answer', []]
  )
  t.deepEqual([dials[0]?.id, dials[0]?.protocol], [client.id, 'chat'])
  const opening = new Promise<void>(resolve => peer.once('connect', resolve))
  peer.signal({ type: 'answer', sdp: String(signal.sdp) })
  await within('the connection', opening)
  t.equal(node.stats().connections.made, made)
})

test('malformed dials get errors, reach no application, and lose nothing', async t => {
  const [node, client] = await pairOf(t)
  let calls = 0
  node.handle('chat', () => void calls++)
  const good = { protocol: 'chat', signal: offerOf(client) }
  const { protocol, signal } = good
  const malformed: Record<string, unknown>[] = [
    { protocol },
    { signal },
    { ...good, protocol: 'x'.repeat(65) },
    { ...good, protocol: 5 },
    { ...good, protocol: ['chat'] },
    { ...good, protocol: Buffer.from([0xff, 0xfe]) },
    { ...good, signal: FAKE_SDP },
    { ...good, signal: {} },
    { ...good, signal: [signal] },
    { ...good, signal: { id: client.id } },
    { ...good, signal: answerOf(client.id) },
    { ...good, signal: { ...signal, id: Buffer.alloc(19) } },
    { ...good, signal: { ...signal, sdp: 'not a description' } },
    { ...good, signal: { ...signal, sdp: `${FAKE_SDP}${'x'.repeat(8192)}` } },
    { ...good, signal: { ...signal, sdp: `${FAKE_SDP}${'a=candidate:1\r\n'.repeat(33)}` } },
    { ...good, signal: { ...signal, extensions: Array(17).fill('x') } },
    { ...good, replaces: 5 },
    { ...good, replaces: 'x'.repeat(257) }
  ]
  const replies: RawMessage[] = []
  for (const args of malformed) replies.push(await client.query('dial', args))
  t.deepEqual(
    replies.map(({ e }) => e?.[0]),
    malformed.map(() => 203)
  )
  t.equal(String(replies[0]?.e?.[1]), '`dial`: `signal` is missing or wrong')
  t.equal(node.stats().drops.malformed, malformed.length)
  t.equal(node.stats().queries.received.dial, 0)
  t.equal(calls, 0)
  t.notOk(client.isClosed)
  t.equal((await client.query('dial', good)).e?.[0], 403, 'a good one gets there')
  t.equal(calls, 1)
})

test('each refusal has its error', async t => {
  const [node, client] = await pairOf(t, { dials: 10 })
  node.handle('refused', () => {})
  node.handle('taken', ({ accept }) => accept())
  const dial = async (protocol: string, sdp?: string) =>
    (await client.query('dial', { protocol, signal: offerOf(client, sdp) })).e
  const errors = [await dial('nobody’s'), await dial(''), await dial('refused'), await dial('taken')]
  t.deepEqual(
    errors.map(error => [error?.[0], String(error?.[1])]),
    [
      [501, 'nobody handles this protocol'],
      [501, 'nobody handles this protocol'],
      [403, 'the dial was refused'],
      [201, 'the peer connection failed']
    ],
    'the last one has a description that WebRTC does not take'
  )
})

test('sixteen dials are answered at the same time, and a place is free again when its handler has settled', async t => {
  const [node, client] = await pairOf(t, { dials: 100 })
  const waiting: (() => void)[] = []
  node.handle('slow', () => new Promise<void>(resolve => waiting.push(resolve)))
  const dial = async () => (await client.query('dial', { protocol: 'slow', signal: offerOf(client) })).e?.[0]
  const codes: (number | undefined)[] = []
  const dials = Array.from({ length: 24 }, () => dial().then(code => codes.push(code)))
  t.ok(await eventually(() => waiting.length + codes.length === 24))
  t.deepEqual(codes, Array(8).fill(503))
  t.equal(waiting.length, 16)
  const caller = await nodeOf(t)
  await new Promise(
    resolve =>
      caller.addNode({ host: '127.0.0.1', port: node.address().port }) ?? caller.once('node', resolve)
  )
  t.equal(await codeOf(caller.dial(node.nodeId, 'slow')), 'EFULL', 'as a node sees it')
  for (const settle of waiting.splice(0)) settle()
  await Promise.all(dials)
  t.deepEqual(codes.slice(8), Array(16).fill(403))
  const again = dial()
  t.ok(await eventually(() => waiting.length === 1), 'there is room')
  waiting[0]?.()
  t.equal(await again, 403)
})

/** The code that a dial is refused with, once it is. */
function dialIn(
  signals: ApplicationSignals,
  protocol: string
): { code: number | undefined; isAnswered: boolean } {
  const outcome: { code: number | undefined; isAnswered: boolean } = { code: undefined, isAnswered: false }
  signals.answer(STRANGER, protocol, OFFER, LINK).then(
    () => {
      outcome.isAnswered = true
    },
    ({ code }) => {
      outcome.code = code
    }
  )
  return outcome
}

test('a handler that never settles frees its place after nine seconds', async t => {
  const { signals, clock } = createAnswering(t)
  let calls = 0
  const accepts: IncomingDial['accept'][] = []
  signals.handle('slow', ({ accept }) => {
    calls++
    accepts.push(accept)
    return new Promise(() => {})
  })
  const dials = Array.from({ length: 17 }, () => dialIn(signals, 'slow'))
  await turn()
  t.deepEqual([calls, dials[16]?.code], [16, 503])
  clock.move(9 * SECONDS - 1)
  await turn()
  const early = dialIn(signals, 'slow')
  await turn()
  t.equal(early.code, 503, 'until then they are taken')
  clock.move(1)
  await turn()
  t.deepEqual([...new Set(dials.slice(0, 16).map(({ code }) => code))], [201])
  t.throws(() => accepts[0]?.(), { code: 'EINVAL' }, 'it is over')
  dialIn(signals, 'slow')
  await turn()
  t.equal(calls, 17)
})

test('a peer that never describes itself, or never opens, is given up', async t => {
  const { signals, peers, clock } = createAnswering(t)
  signals.handle('mute', ({ accept }) => {
    const peer = accept() as unknown as FakePeer
    peer.describe = () => {}
  })
  signals.handle('chat', ({ accept }) => accept())
  const [mute, silent, good] = ['mute', 'chat', 'chat'].map(protocol => dialIn(signals, protocol))
  await turn()
  t.deepEqual([mute?.isAnswered, silent?.isAnswered, good?.isAnswered], [false, true, true])
  peers[2]?.connect()
  clock.move(9 * SECONDS)
  await turn()
  t.deepEqual([mute?.code, peers.map(({ destroyed }) => destroyed)], [201, [true, false, false]])
  clock.move(1 * SECONDS)
  await turn()
  t.deepEqual(
    peers.map(({ destroyed }) => destroyed),
    [true, true, false],
    'the one that is open stays'
  )
  t.equal(clock.pending, 0)
  for (const peer of peers)
    t.deepEqual(peer.eventNames(), ['error', 'close'], 'only their end is watched still')
})

test('whoever dials and leaves it at that costs no more than 32 peers', async t => {
  const { signals, peers, clock } = createAnswering(t)
  signals.handle('chat', ({ accept }) => accept())
  const dials = []
  for (let i = 0; i < 40; i++) {
    dials.push(dialIn(signals, 'chat'))
    await turn()
  }
  t.deepEqual([peers.length, dials.filter(({ isAnswered }) => isAnswered).length], [32, 32])
  t.deepEqual([...new Set(dials.slice(32).map(({ code }) => code))], [503])
  peers[0]?.connect()
  await turn()
  dialIn(signals, 'chat')
  await turn()
  t.equal(peers.length, 33, 'one that is open makes room')
  clock.move(10 * SECONDS)
  await turn()
  t.deepEqual(
    peers.map(({ destroyed }) => destroyed),
    [false, ...Array(32).fill(true)]
  )
})

test('a handler that fails ends the call that it has taken, until that is open', async t => {
  const { signals, peers } = createAnswering(t)
  const fail: (() => void)[] = []
  signals.handle('chat', ({ accept }) => {
    accept()
    return new Promise((_, reject) => fail.push(() => reject(new Error('no'))))
  })
  const dials = [dialIn(signals, 'chat'), dialIn(signals, 'chat')]
  await turn()
  t.deepEqual(
    dials.map(({ isAnswered }) => isAnswered),
    [true, true]
  )
  peers[1]?.connect()
  await turn()
  for (const reject of fail) reject()
  await turn()
  t.deepEqual(
    peers.map(({ destroyed }) => destroyed),
    [true, false]
  )
})

/** A node, and a neighbour that it dials: a test answers for it. */
async function createDialled(t: Test, answer: (query: RawMessage, client: RawClient) => void) {
  const [node, client] = await pairOf(t)
  const asked = new Promise<void>(resolve => {
    client.onQuery = query => {
      if (query.q !== 'dial') return client.reply(query, {})
      answer(query, client)
      resolve()
    }
  })
  return { node, client, asked }
}

test('what is no answer by the node that was dialled is none', async t => {
  const answers = [
    () => undefined,
    ({ id }: RawClient) => ({ id }),
    () => ({ id: randomBytes(20) }),
    () => answerOf(randomBytes(20))
  ]
  for (const answer of answers) {
    const { node, client } = await createDialled(t, (query, dialled) => {
      const signal = answer(dialled)
      dialled.reply(query, signal ? { signal } : {})
    })
    const peer = new FakePeer(true)
    const dialling = failureOf(node.dial(client.id, 'chat', { peer: asPeer(peer) }))
    peer.describe()
    t.equal(((await dialling) as { code?: string }).code, 'EREFUSED')
    t.deepEqual([peer.signalled, peer.destroyed], [[], true])
  }
  for (const [error, code] of [
    [204, 'EREFUSED'],
    [403, 'EREFUSED'],
    [501, 'EREFUSED'],
    [429, 'EFULL'],
    [503, 'EFULL']
  ] as const) {
    const { node, client } = await createDialled(t, ({ t }, dialled) =>
      dialled.send(encodeRaw({ t, y: 'e', e: [error, 'no'] }))
    )
    const peer = new FakePeer(true)
    peer.once('newListener', () => setImmediate(() => peer.describe()))
    t.equal(await codeOf(node.dial(client.id, 'chat', { peer: asPeer(peer) })), code, `error ${error}`)
  }
})

test('each phase of a dial has its time', async t => {
  const phases = [
    { name: 'the offer', isDescribed: false, isAnswered: false, code: 'ETIMEDOUT' },
    { name: 'the answer', isDescribed: true, isAnswered: false, code: 'ETIMEDOUT' },
    { name: 'the connection', isDescribed: true, isAnswered: true, code: 'ECONNFAILED' }
  ]
  for (const { name, isDescribed, isAnswered, code } of phases) {
    const { node, client, asked } = await createDialled(t, (query, dialled) => {
      if (isAnswered) dialled.reply(query, { signal: answerOf(dialled.id) })
    })
    const peer = new FakePeer(true)
    const taken = new Promise<void>(resolve => {
      peer.signal = () => resolve()
    })
    const clock = new HandClock()
    const outcome: string[] = []
    try {
      const dialling = node.dial(client.id, 'chat', { peer: asPeer(peer) })
      dialling.catch(error => outcome.push(error.code))
      if (isDescribed) peer.describe()
      if (isDescribed) await asked
      if (isAnswered) await taken
      await turn()
      clock.move(10 * SECONDS - 1)
      await turn()
      t.deepEqual(outcome, [], `${name}: not yet`)
      clock.move(1)
      await turn()
      t.deepEqual(outcome, [code], `${name}: now`)
      t.ok(peer.destroyed)
    } finally {
      clock.restore()
    }
  }
})

endWatch('nothing that strangers did has crashed the process')
