import { randomBytes } from 'node:crypto'
import test, { type Test } from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import { countsOf, createNode, destroyAll, eventually } from '../helpers/nodes.js'
import { createOffer, RawClient, type RawMessage } from '../helpers/raw-client.js'
import { watchTests } from '../helpers/watch-tests.js'
import { BAD_DESCRIPTIONS, FAKE_SDP } from './corpus.js'

type Dictionary = Record<string, unknown>

const endWatch = watchTests()

const offerOf = (id: Buffer, sdp = FAKE_SDP) => ({ id, type: 'offer', sdp, extensions: [] })
const answerOf = (id: Buffer) => ({ id, type: 'answer', sdp: FAKE_SDP, extensions: [] })

/** A node, and clients that are in its routing table; all end with the test. */
async function createNeighbours(t: Test, count: number): Promise<[WebTorrentDHT, ...RawClient[]]> {
  const node = await createNode({ peer_connection_timeout: 1 })
  const clients: RawClient[] = []
  t.teardown(async () => {
    for (const client of clients) await client.close()
    await destroyAll(node)
  })
  for (let i = 0; i < count; i++) {
    const client = await RawClient.connect(node)
    await client.query('ping')
    clients.push(client)
  }
  return [node, ...clients]
}

/** The ids in compact node info. */
function idsOf({ r }: RawMessage): string[] {
  const nodes = r?.nodes instanceof Buffer ? r.nodes : Buffer.alloc(0)
  const ids: string[] = []
  for (let start = 0; start < nodes.length; start += 26)
    ids.push(nodes.subarray(start, start + 20).toString('hex'))
  return ids
}

/** Whose signal it is. */
const idOf = (signal: unknown) => (signal as Dictionary | undefined)?.id

const signalsOf = ({ r }: RawMessage) => (r?.signals ?? []) as (Dictionary | 0)[]

test('an offer is passed on with the id of its maker, and the answer comes back', async t => {
  const [node, asker, target] = await createNeighbours(t, 2)
  if (!asker || !target) return t.fail('no clients')
  target.onQuery = query => target.reply(query, { signal: answerOf(target.id) })
  const found = await asker.query('find_node', { target: target.id, signals: [offerOf(asker.id)] })
  t.deepEqual(idsOf(found), [target.id.toString('hex')], 'no more nodes than offers')
  t.deepEqual(idOf(signalsOf(found)[0]), target.id)
  const direct = await asker.query('peer_connection', { signal: offerOf(asker.id), target: target.id })
  t.deepEqual(idOf(direct.r?.signal), target.id)
  t.deepEqual(
    target.queries.map(({ q, a }) => [q, a?.id, idOf(a?.signal)]),
    Array(2).fill(['peer_connection', node.nodeId, asker.id]),
    'the target was asked by the node, for the asker'
  )
})

test("an offer with someone else's id is not passed on", async t => {
  const [node, asker, target, other] = await createNeighbours(t, 3)
  if (!asker || !target || !other) return t.fail('no clients')
  target.onQuery = query => target.reply(query, { signal: answerOf(target.id) })
  for (const id of [other.id, target.id, node.nodeId, randomBytes(20)]) {
    const found = await asker.query('find_node', { target: target.id, signals: [offerOf(id)] })
    t.deepEqual(signalsOf(found), [0], 'find_node: its place is taken by 0')
    const direct = await asker.query('peer_connection', { signal: offerOf(id), target: target.id })
    t.deepEqual(Object.keys(direct.r ?? {}), ['id'], 'peer_connection: no answer')
  }
  await target.query('ping')
  t.deepEqual(target.queries, [], 'the target has seen nothing')
})

test('an offer is not passed back to its maker, nor to a node that is not connected', async t => {
  const [node, asker] = await createNeighbours(t, 1)
  if (!asker) return t.fail('no client')
  for (const target of [asker.id, randomBytes(20)]) {
    const { r } = await asker.query('peer_connection', { signal: offerOf(asker.id), target })
    t.deepEqual(r, { id: node.nodeId }, 'no answer')
  }
  t.deepEqual(asker.queries, [])
  t.equal(countsOf(node).existing, 1)
})

test('a description that WebRTC refuses gets error 201 and leaves nothing behind', async t => {
  const [node, asker] = await createNeighbours(t, 1)
  if (!asker) return t.fail('no client')
  for (const { name, sdp } of BAD_DESCRIPTIONS) {
    // As passed on by a relay: a third node's offer.
    const reply = await asker.query('peer_connection', { signal: offerOf(randomBytes(20), sdp) })
    const isAnswered = reply.r?.signal !== undefined // WebRTC takes what is odd; such a connection never opens
    t.ok(reply.e?.[0] === 201 || isAnswered, `${name}: ${reply.e ?? 'answered'}`)
    if (reply.e) t.notOk(String(reply.e[1]).includes('\n'), 'the reason is one line')
  }
  t.ok(await eventually(() => countsOf(node).existing === 1), 'nothing is left behind')
  t.equal((await asker.query('ping')).y, 'r')
})

test('an offer for a node that is full gets error 503', async t => {
  const node = await createNode({ peer_connection_timeout: 1, maxConnections: 4, maxPendingConnections: 1 })
  t.teardown(() => destroyAll(node))
  const asker = await RawClient.connect(node)
  t.teardown(() => asker.close())
  const offers = await Promise.all([createOffer(), createOffer()])
  const replies: RawMessage[] = []
  for (const { offer } of offers)
    replies.push(await asker.query('peer_connection', { signal: offerOf(randomBytes(20), offer.sdp) }))
  t.equal(replies[0]?.y, 'r', 'the first is answered')
  t.equal(replies[1]?.e?.[0], 503, 'the second finds no room')
  t.ok(await eventually(() => countsOf(node).existing === 1), 'and both are forgotten')
  for (const { close } of offers) await close()
})

test('17 signals get error 203, and nobody sees one of them', async t => {
  const [, asker, target] = await createNeighbours(t, 2)
  if (!asker || !target) return t.fail('no clients')
  for (const [method, key] of [
    ['find_node', 'target'],
    ['get_peers', 'info_hash'],
    ['get', 'target']
  ] as const) {
    const signals = Array.from({ length: 17 }, () => offerOf(asker.id))
    const { e } = await asker.query(method, { [key]: target.id, signals })
    t.equal(e?.[0], 203, method)
  }
  await target.query('ping')
  t.deepEqual(target.queries, [])
})

test('one bad signal among good ones gets error 203, and nobody sees one of them', async t => {
  const [, asker, target] = await createNeighbours(t, 2)
  if (!asker || !target) return t.fail('no clients')
  const good = offerOf(asker.id)
  const bad: unknown[] = [
    0,
    'offer',
    [],
    {},
    { ...good, id: 5 },
    { ...good, id: undefined },
    { ...good, type: 'x' }
  ]
  for (const signal of bad) {
    const { e } = await asker.query('find_node', { target: target.id, signals: [good, signal] })
    t.equal(e?.[0], 203, JSON.stringify(signal).slice(0, 30))
  }
  await target.query('ping')
  t.deepEqual(target.queries, [])
})

test('a target that does not answer costs its own entry and nothing else', async t => {
  const [, asker, first, second, third] = await createNeighbours(t, 4)
  if (!asker || !first || !second || !third) return t.fail('no clients')
  first.onQuery = query => first.reply(query, { signal: answerOf(first.id) })
  third.onQuery = query => third.reply(query, { signal: answerOf(third.id) })
  const start = Date.now()
  const signals = Array.from({ length: 3 }, () => offerOf(asker.id))
  const found = await asker.query('find_node', { target: randomBytes(20), signals })
  t.ok(Date.now() - start < 2000, 'the answer comes within the life of a query')
  const ids = idsOf(found)
  t.equal(ids.length, 3)
  for (const client of [first, second, third]) {
    const i = ids.indexOf(client.id.toString('hex'))
    const signal = signalsOf(found)[i]
    if (client === second) t.equal(signal, 0, 'the silent one has 0')
    else t.deepEqual(idOf(signal), client.id, 'each other answer is beside its node')
  }
})

test('a target that answers badly costs its own entry and nothing else', async t => {
  const [node, asker, good, bad] = await createNeighbours(t, 3)
  if (!asker || !good || !bad) return t.fail('no clients')
  good.onQuery = query => good.reply(query, { signal: answerOf(good.id) })
  const answers: [string, (query: RawMessage) => void][] = [
    ['no signal', query => bad.reply(query, {})],
    ["someone else's id", query => bad.reply(query, { signal: answerOf(good.id) })],
    ['the id of someone else alone', query => bad.reply(query, { signal: { id: asker.id } })],
    ['an error', ({ t }) => bad.sendMessage({ t, y: 'e', e: [201, 'no'] })],
    ['an error that cannot be made text', ({ t }) => bad.sendMessage({ t, y: 'e', e: [{ toString: 'x' }] })],
    ['an offer', query => bad.reply(query, { signal: offerOf(bad.id) })], // malformed from here on: dropped
    ['an integer', query => bad.reply(query, { signal: 1 })]
  ]
  for (const [name, answer] of answers) {
    // It answers pings as it should: a node that is silent altogether is given up.
    bad.onQuery = query => (query.q === 'ping' ? bad.reply(query, {}) : answer(query))
    const signals = [offerOf(asker.id), offerOf(asker.id)]
    const found = await asker.query('find_node', { target: randomBytes(20), signals })
    const ids = idsOf(found)
    t.equal(signalsOf(found)[ids.indexOf(bad.id.toString('hex'))], 0, name)
    t.deepEqual(idOf(signalsOf(found)[ids.indexOf(good.id.toString('hex'))]), good.id)
    await bad.query('ping') // heard again, it is named again
  }
  const { table } = node.socket.node
  const isSettled = () => [...table.all].every(({ awaited }) => awaited.size === 0)
  t.ok(await eventually(isSettled), 'nothing is waited for any more')
  t.equal(countsOf(node).existing, 3)
})

test('a target that has gone costs its own entry and nothing else', async t => {
  const [node, asker, here, gone] = await createNeighbours(t, 3)
  if (!asker || !here || !gone) return t.fail('no clients')
  here.onQuery = query => here.reply(query, { signal: answerOf(here.id) })
  const infoHash = randomBytes(20)
  for (const client of [here, gone]) {
    const { r } = await client.query('get_peers', { info_hash: infoHash })
    const announced = await client.query('announce_peer', {
      info_hash: infoHash,
      port: 6881,
      token: r?.token
    })
    t.equal(announced.y, 'r', 'announced')
  }
  const isGone = new Promise(resolve => node.socket.once('node_disconnected', resolve))
  await gone.close()
  await isGone
  const signals = [offerOf(asker.id), offerOf(asker.id)]
  const found = await asker.query('get_peers', { info_hash: infoHash, signals })
  const values = (found.r?.values ?? []) as Buffer[]
  const indexOf = ({ id }: RawClient) => values.findIndex(value => value.subarray(6).equals(id))
  t.deepEqual(idOf(signalsOf(found)[indexOf(here)]), here.id, 'who is there is introduced')
  if (indexOf(gone) >= 0) t.equal(signalsOf(found)[indexOf(gone)], 0, 'who is gone has 0')
  t.equal(signalsOf(found).length, values.length, 'an entry each')
})

test('a query without signals, or with none of them, is answered with nodes', async t => {
  const [, asker, first, second] = await createNeighbours(t, 3)
  if (!asker || !first || !second) return t.fail('no clients')
  const expected = [first, second].map(({ id }) => id.toString('hex')).sort()
  for (const [method, key] of [
    ['find_node', 'target'],
    ['get_peers', 'info_hash'],
    ['get', 'target']
  ] as const) {
    for (const signals of [undefined, []]) {
      const reply = await asker.query(method, { [key]: randomBytes(20), signals })
      const others = idsOf(reply).filter(id => id !== asker.id.toString('hex'))
      t.deepEqual(others.sort(), expected, `${method} ${signals ? 'with an empty list' : 'without'}`)
      t.equal(reply.r?.signals, undefined, 'and without signals')
    }
  }
  t.deepEqual([...first.queries, ...second.queries], [], 'nobody was asked')
})

test("an offer with the node's own id makes no connection", async t => {
  const [node, asker] = await createNeighbours(t, 1)
  if (!asker) return t.fail('no client')
  const { made } = countsOf(node)
  const { r } = await asker.query('peer_connection', { signal: offerOf(node.nodeId) })
  t.equal((r?.signal as Dictionary | undefined)?.sdp, undefined, 'no answer')
  t.equal(countsOf(node).made, made)
})

endWatch('no signal would have ended the process')
