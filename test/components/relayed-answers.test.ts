/** What a relay answers in every case: the table in bep.md, "Introductions", on real connections. */

import test, { type Test } from 'tape'
import { createNode, destroyAll } from '../helpers/nodes.js'
import { createOffer, RawClient, type RawMessage } from '../helpers/raw-client.js'

const OTHER = Buffer.alloc(20, 'x')
const ANSWER = { type: 'answer', sdp: 'v=0\r\n', extensions: [] }

/** What a target says to an offer, or what an asker hears; `null`: nothing. */
type Said = { r?: Record<string, unknown>; e?: unknown[] } | null

/** A relay with two neighbours, and an offer of the first one. */
async function createRelay(t: Test) {
  const relay = await createNode()
  t.teardown(() => destroyAll(relay))
  const [asker, target] = [await RawClient.connect(relay), await RawClient.connect(relay)]
  for (const client of [asker, target]) {
    t.teardown(() => client.close())
    await client.query('ping')
  }
  const { offer, close } = await createOffer()
  t.teardown(close)
  const signal = { id: asker.id, ...offer, extensions: [] }
  const ask = (args: Record<string, unknown>) => asker.query('peer_connection', { signal, ...args })
  return { relay, asker, target, signal, ask }
}

/** The code of an error; else the id in the signal of the reply, or `nothing`. */
function said({ e, r }: RawMessage): number | string {
  return e?.[0] ?? signalIn(r)?.id.toString('hex') ?? 'nothing'
}

function signalIn(fields: RawMessage['r']) {
  return fields?.signal as { id: Buffer; sdp?: Buffer } | undefined
}

test('an offer that reaches nobody comes back as a reply without a signal', async t => {
  const { asker, target, signal, ask } = await createRelay(t)
  t.equal(said(await ask({ target: OTHER })), 'nothing', 'its target is no neighbour')
  t.equal(said(await ask({ target: asker.id })), 'nothing', 'its target is the asker')
  const foreign = { signal: { ...signal, id: OTHER }, target: target.id }
  t.equal(said(await ask(foreign)), 'nothing', 'it is of somebody else')
  t.deepEqual(target.queries, [], 'the target has seen none of them')
})

test('an offer with the relay as its target is for the relay', async t => {
  const { relay, asker, ask } = await createRelay(t)
  const reply = await ask({ target: relay.nodeId })
  t.equal(said(reply), relay.nodeId.toString('hex'))
  t.equal(signalIn(reply.r)?.sdp, undefined, 'which is connected to its maker: an id alone')
  t.equal(said(await ask({ signal: { id: asker.id, type: 'offer', sdp: 'v=1' } })), 203)
})

test('a relay hands on the answer of the target, and what its refusal means', async t => {
  const { asker, target, signal, ask } = await createRelay(t)
  const cases: [what: string, says: Said, passedOn: number | string][] = [
    ['an answer', { r: { signal: { id: target.id, ...ANSWER } } }, target.id.toString('hex')],
    ['an id alone', { r: { signal: { id: target.id } } }, target.id.toString('hex')],
    ['an answer of another node', { r: { signal: { id: OTHER, ...ANSWER } } }, 201],
    ['no signal', { r: {} }, 201],
    ['a signal that is none', { r: { signal: { id: target.id, ...ANSWER, sdp: 'x' } } }, 201],
    ['nothing', null, 201],
    ...[401, 406].map((code): [string, Said, number] => [`error ${code}`, { e: [code, 'no'] }, code]),
    ...[429, 503].map((code): [string, Said, number] => [`error ${code}`, { e: [code, 'no'] }, 503]),
    ...[201, 202, 203, 204, 403, 999].map((code): [string, Said, number] => [
      `error ${code}`,
      { e: [code, 'no'] },
      201
    ])
  ]
  for (const [what, says, passedOn] of cases) {
    target.onQuery = query => {
      if (query.q !== 'peer_connection') target.reply(query, {})
      else if (says?.e) target.sendMessage({ t: query.t, y: 'e', e: says.e })
      else if (says) target.reply(query, says.r ?? {})
    }
    t.equal(said(await ask({ target: target.id })), passedOn, what)
  }
  const passed = target.queries.filter(({ q }) => q === 'peer_connection')
  t.equal(passed.length, cases.length)
  t.ok(
    passed.every(({ a }) => a?.target === undefined),
    'without `target`'
  )
  const given = signalIn(passed[0]?.a)
  t.deepEqual([given?.id, given?.sdp?.toString()], [asker.id, signal.sdp], 'and the signal as it came')
})
