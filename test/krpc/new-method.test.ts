/** A new method is one definition and one line: nodes check, count, limit and answer its queries as those of any other. */

import test, { type Test } from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import type { WebTorrentDHTOptions } from '../../src/index.js'
import { KRPC_ERROR, KRPCError } from '../../src/krpc/errors.js'
import { createFields } from '../../src/krpc/fields.js'
import { defineMethod } from '../../src/krpc/method.js'
import type { KRPCMessage } from '../../src/upstream.js'
import { integer, list, shape, text } from '../../src/wire/check.js'
import { createPair, destroyAll, within } from '../helpers/nodes.js'

const MAX_COUNT = 3
/** Seconds' worth of queries that may come at once. */
const BURST = 10

/** What a file in krpc/methods/ would hold: `repeat` says a word as often as it is told. */
function repeat({ idLength }: { idLength: number }) {
  const { id } = createFields(idLength)
  const word = text(20)
  return defineMethod({
    name: 'repeat',
    query: shape({ id, word, count: integer(0, MAX_COUNT) }, { politely: integer(0, 1) }),
    reply: shape({ id, words: list(MAX_COUNT, word) }),
    check: ({ word, count }) => (word === '' && count > 0 ? 'nothing cannot be repeated' : undefined),
    charge: rateLimits => (rateLimits.take('stores') ? undefined : 'too many stores'),
    async respond({ word, count, politely }) {
      if (word === 'secret') throw new KRPCError(KRPC_ERROR.REFUSED, 'not that')
      return { values: { words: Array(count).fill(politely ? `${word}, please` : word) } }
    }
  })
}

async function createNodes(
  t: Test,
  options: WebTorrentDHTOptions = {}
): Promise<[WebTorrentDHT, WebTorrentDHT]> {
  const nodes = await createPair(options)
  t.teardown(() => destroyAll(...nodes))
  for (const { socket } of nodes) socket.node.inbound.addMethod(repeat(socket.node.options)) // the one line
  return nodes
}

/** Asks the only other node: its words, or the code of its error. */
function ask(node: WebTorrentDHT, args: Record<string, unknown>): Promise<unknown> {
  const [contact] = node.nodes.toArray()
  if (!contact) throw new Error('nobody is connected')
  const query = { q: 'repeat', a: { id: node.nodeId, ...args } }
  const reply = new Promise<unknown>(resolve =>
    node._rpc.query(contact, query, (error, message: KRPCMessage | null) =>
      resolve(error ? error.code : message?.r?.words)
    )
  )
  return within('a reply', reply)
}

type Counts = { received: Record<string, number>; sent: Record<string, Record<string, number>> }
const countsOf = (node: WebTorrentDHT) => node.stats().queries as unknown as Counts

test('a new method works in both directions', async t => {
  const [a, b] = await createNodes(t)
  t.deepEqual(await ask(a, { word: 'hello', count: 2 }), ['hello', 'hello'])
  t.deepEqual(await ask(b, { word: 'hello', count: 1, politely: 1 }), ['hello, please'])
  t.equal(await ask(b, { word: 'secret', count: 1 }), 403, 'or refused')
})

test('its arguments are checked by their shape: error 203', async t => {
  const [a, b] = await createNodes(t)
  for (const args of [
    { word: 'hello' },
    { word: 'hello', count: MAX_COUNT + 1 },
    { word: 5, count: 1 },
    { word: '', count: 1 }
  ])
    t.equal(await ask(a, args), 203, JSON.stringify(args))
  t.equal(b.stats().drops.malformed, 4)
  t.deepEqual(await ask(a, { word: '', count: 0, more: 'x' }), [], 'and what is not named is left out')
})

test('its queries are counted at both ends, from the start', async t => {
  const [a, b] = await createNodes(t)
  t.deepEqual(countsOf(a).sent.repeat, { replied: 0, refused: 0, unanswered: 0, 'not sent': 0 })
  await ask(a, { word: 'hello', count: 1 })
  await ask(a, { word: 'secret', count: 1 })
  await ask(a, { word: 'hello', count: -1 })
  t.deepEqual(countsOf(a).sent.repeat, { replied: 1, refused: 2, unanswered: 0, 'not sent': 0 })
  t.equal(countsOf(b).received.repeat, 2, 'those that are well formed')
  t.equal(countsOf(a).received.repeat, 0)
})

test('its queries are limited: by the limit of all, and by the one that it names', async t => {
  const [a] = await createNodes(t, { limits: { stores: 1 } })
  const question = { word: 'hello', count: 1 }
  const results: unknown[] = []
  for (let i = 0; i < BURST + 2; i++) results.push(await ask(a, question))
  t.deepEqual(results.slice(0, BURST), Array(BURST).fill(['hello']))
  t.deepEqual(results.slice(BURST), [429, 429])
})

test('a node that does not know it says so: error 204', async t => {
  const [a, b] = await createPair()
  t.teardown(() => destroyAll(a, b))
  a.socket.node.inbound.addMethod(repeat(a.socket.node.options))
  t.equal(await ask(a, { word: 'hello', count: 1 }), 204)
  t.equal(b.stats().drops['unknown method'], 1)
})
