/** How much a neighbour may send and ask: what is over it is dropped, and whoever goes on is disconnected. */

import test from 'tape'
import { encode } from '../../src/wire/bencode.js'
import {
  BURST,
  createDoublingNode,
  doubleBytes,
  errorsTo,
  pingBytes,
  unknownBytes
} from '../helpers/doubling-node.js'
import { bytesOf } from '../helpers/fake-neighbours.js'
import { replyBytes } from '../helpers/route-node.js'

test('the rate limits hold for queries of unknown methods, too', t => {
  const { node } = createDoublingNode(t, { limits: { queries: 1 } })
  let heard = 0
  node.inbound.on('query', () => heard++)
  node.inbound.isListenedTo = () => true
  for (let i = 0; i < BURST + 3; i++) node.receive('N', unknownBytes())
  t.equal(heard, BURST)
  t.deepEqual(errorsTo(node, 'N'), Array(3).fill('uu 429 too many queries'))
  t.end()
})

test('a node that keeps exceeding the rate limit of messages is disconnected', t => {
  const { node, neighbour } = createDoublingNode(t, { limits: { messages: 2 } })
  const reasons: string[] = []
  for (let i = 0; i < 2 * BURST; i++) reasons.push(...node.receive('N', pingBytes('N')))
  t.deepEqual(reasons, [])
  for (let i = 0; i < 2 * BURST; i++) t.deepEqual(node.receive('N', pingBytes('N')), ['too many messages'])
  t.ok(neighbour.isOpen, 'ten seconds’ worth of patience')
  node.receive('N', pingBytes('N'))
  t.ok(neighbour.isClosed)
  t.equal(node.table.counters.closed.flooding, 1)
  t.equal(node.neighbours.takeMessages(neighbour).length, 2 * BURST, 'what was too much is not answered')
  t.end()
})

test('a node that keeps sending rubbish is disconnected', t => {
  const { node, neighbour } = createDoublingNode(t, { limits: { messages: 5 } })
  for (let i = 0; i < 5 * BURST; i++) node.receive('N', Buffer.from('rubbish'))
  t.ok(neighbour.isOpen)
  node.clock.move(1000) // it may send five more, and they are borne
  for (let i = 0; i < 5; i++) t.deepEqual(node.receive(neighbour, Buffer.from('rubbish')), ['malformed'])
  t.ok(neighbour.isOpen)
  node.receive(neighbour, Buffer.from('rubbish'))
  t.ok(neighbour.isClosed)
  t.end()
})

test('bytes have a rate limit as messages have', t => {
  const { node } = createDoublingNode(t, { limits: { bytes: 1000 } })
  const long = encode({ t: 'qq', y: 'q', q: 'ping', a: { id: bytesOf('N') }, x: Buffer.alloc(4000) })
  const reasons = Array.from({ length: 4 }, () => node.receive('N', long))
  t.deepEqual(reasons, [[], [], ['too many bytes'], ['too many bytes']])
  t.end()
})

test('awaited replies do not count towards the rate limits', t => {
  const { node, ask } = createDoublingNode(t, { limits: { messages: 1 } })
  for (let i = 0; i < 5 * BURST; i++) {
    const { transaction } = ask()
    const isReply = i % 2 === 0
    const error = encode({ t: transaction, y: 'e', e: [201, 'no'] })
    t.deepEqual(node.receive('N', isReply ? replyBytes('N', transaction) : error), [])
  }
  t.end()
})

test('a method can charge a rate limit of its own', t => {
  const { node, asked } = createDoublingNode(t, { limits: { stores: 1 } })
  for (let i = 0; i < BURST + 2; i++) node.receive('N', doubleBytes(4))
  t.equal(asked.length, BURST)
  const answers = node.neighbours.takeMessages('N').slice(BURST)
  t.deepEqual(
    answers.map(answer => answer.kind === 'error' && answer.code),
    [429, 429]
  )
  t.equal(node.table.counters.drops['too many stores'], 2)
  t.deepEqual(node.receive('N', pingBytes('N')), [], 'other queries are not concerned')
  t.end()
})

for (const isUse of [true, false]) {
  test(`a query of a method that ${isUse ? 'is a use' : 'is none'} of the connection is noted as that`, t => {
    const { node, neighbour } = createDoublingNode(t, { isUse })
    const before = neighbour.lastUsed
    node.clock.move(1000)
    node.receive('N', doubleBytes(4))
    t.equal(neighbour.lastUsed > before, isUse)
    t.end()
  })
}
