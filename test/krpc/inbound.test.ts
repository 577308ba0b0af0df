/** What becomes of queries: who answers one, who hears of it, and what is refused. */

import test from 'tape'
import { KRPC_ERROR, KRPCError } from '../../src/krpc/errors.js'
import type { CheckedMessage } from '../../src/krpc/inbound.js'
import { Remote } from '../../src/krpc/remote.js'
import { encode } from '../../src/wire/bencode.js'
import { encodeReply } from '../../src/wire/message.js'
import {
  BURST,
  bytesTo,
  createDoublingNode,
  doubleBytes,
  errorsTo,
  unknownBytes
} from '../helpers/doubling-node.js'
import { bytesOf, idOf } from '../helpers/fake-neighbours.js'
import { frameTo, only, queryBytes } from '../helpers/route-node.js'

const settled = () => new Promise(resolve => setImmediate(resolve))

test('a method gets the arguments and the asker of its query, and its reply is sent', t => {
  const { node, neighbour, asked } = createDoublingNode(t)
  t.deepEqual(node.receive('N', doubleBytes(4)), [])
  const reply = encodeReply(Buffer.from('qq'), { id: bytesOf('A'), number: 8 })
  t.deepEqual(bytesTo(neighbour), [reply])
  const asker = only(asked)
  t.deepEqual(asker.id, idOf('N'))
  t.equal(asker.link, neighbour)
  t.deepEqual(asker.address, node.table.addresses.addressOf(idOf('N')))
  t.deepEqual(asker.transaction, Buffer.from('qq'))
  t.equal(node.table.counters.received.double, 1)
  t.end()
})

test('a method may reply later, and run work after the reply', async t => {
  const events: string[] = []
  const answer = async () => {
    await settled()
    events.push(`${bytesTo(neighbour).length} sent`)
    return { values: { number: 5 }, afterwards: () => events.push(`${bytesTo(neighbour).length} sent`) }
  }
  const { node, neighbour } = createDoublingNode(t, { answer })
  node.receive('N', doubleBytes(4))
  t.deepEqual(events, [])
  await settled()
  await settled()
  t.deepEqual(events, ['0 sent', '1 sent'])
})

test('a KRPCError is sent to the asker; any other exception becomes error 202 without details', async t => {
  const failures = [
    () => {
      throw new KRPCError(KRPC_ERROR.FULL, 'come again', 'share of the store used up')
    },
    () => Promise.reject(new KRPCError(KRPC_ERROR.NEEDED, 'needed')),
    () => {
      throw new Error('secret')
    },
    () => Promise.reject(new Error('secret'))
  ]
  const { node } = createDoublingNode(t, { answer: number => (failures[number / 2] as () => never)() })
  for (const number of [0, 2, 4, 6]) node.receive('N', doubleBytes(number, { t: `q${number}` }))
  await settled()
  t.deepEqual(errorsTo(node, 'N').sort(), [
    'q0 503 come again',
    'q2 409 needed',
    'q4 202 Server Error',
    'q6 202 Server Error'
  ])
  t.equal(node.table.counters.drops['share of the store used up'], 1, 'and counted as it says')
})

test('arguments are checked first: a malformed query gets error 203 and reaches no listener', t => {
  const { node, asked } = createDoublingNode(t)
  const heard: CheckedMessage[] = []
  node.inbound.on('query', message => heard.push(message))
  const wrong: [bytes: Buffer, text: string][] = [
    [doubleBytes('four'), '`double`: `number` is missing or wrong'],
    [doubleBytes(1001), '`double`: `number` is missing or wrong'],
    [doubleBytes(3), '`double`: an odd number'],
    [encode({ t: 'qq', y: 'q', q: 'double', a: { number: 4 } }), '`double`: `id` is missing or wrong'],
    [encode({ t: 'qq', y: 'q', q: 'double', a: [4] }), '`a` is not a dictionary'],
    [encode({ t: 'qq', y: 'q', q: 'double' }), '`a` is not a dictionary'],
    [encode({ t: 'qq', y: 'q', q: [1], a: {} }), '`q` is not the name of a method']
  ]
  for (const [bytes, text] of wrong) {
    t.deepEqual(node.receive('N', bytes), ['malformed'])
    t.deepEqual(errorsTo(node, 'N'), [`qq 203 ${text}`])
  }
  t.deepEqual([heard, asked], [[], []])
  t.equal(node.table.counters.received.double, 0)
  t.ok(node.neighbours.get('N').isOpen)
  t.end()
})

test('bytes that are no message, and unawaited replies, are dropped without an answer', t => {
  const { node, ask } = createDoublingNode(t)
  const { transaction } = ask('double')
  const id = bytesOf('N')
  const malformed: Record<string, Buffer> = {
    rubbish: Buffer.from('rubbish'),
    nothing: Buffer.alloc(0),
    'another type': encode({ t: 'qq', y: 'x' }),
    'a query without a transaction id': encode({ y: 'q', q: 'ping', a: { id } }),
    'a reply with a wrong field': encode({ t: transaction, y: 'r', r: { id, number: 'x' } }),
    'a reply without an id': encode({ t: transaction, y: 'r', r: {} }),
    'a frame without a path': encode({ d: 'x', i: 1, p: 'short', t: 'qq', y: 'f' }),
    'a report whose path is not whole': encode({ e: 404, i: 1, p: Buffer.alloc(41), t: 'qq', y: 'f' }),
    'a frame of nothing': encode({ i: 1, p: Buffer.alloc(60), t: 'qq', y: 'f' })
  }
  for (const [what, bytes] of Object.entries(malformed))
    t.deepEqual(node.receive('N', bytes), ['malformed'], what)
  t.deepEqual(node.neighbours.takeMessages('N'), [])
  const reply = encodeReply(transaction, { id, number: 5 })
  t.deepEqual(node.receive('N', reply), [], 'the right one is still waited for')
  t.end()
})

test('a listener gets the checked query and its sender', t => {
  const { node, neighbour } = createDoublingNode(t)
  const heard: [CheckedMessage, Remote][] = []
  node.inbound.on('query', (...args) => heard.push(args))
  const bytes = encode({ t: 'qq', y: 'q', q: 'double', a: { id: bytesOf('N'), number: 4, more: 'x' } })
  node.receive('N', bytes)
  const [message, remote] = only(heard)
  const args = { id: bytesOf('N'), number: 4 }
  t.deepEqual(message, { kind: 'query', transaction: Buffer.from('qq'), name: Buffer.from('double'), args })
  const { host, port } = node.table.addresses.addressOf(idOf('N')) ?? {}
  t.deepEqual([remote.host, remote.address, remote.port, remote.size], [host, host, port, bytes.length])
  t.equal(Remote.linkOf(remote, node.inbound), neighbour, 'the way back')
  t.end()
})

test('if a listener answers at once, the method does not', t => {
  const { node, neighbour, asked } = createDoublingNode(t)
  const answer = encodeReply(Buffer.from('qq'), { id: bytesOf('A'), number: 99 })
  node.inbound.on('query', (_, remote) => {
    Remote.answered(remote)
    Remote.linkOf(remote, node.inbound)?.send(answer)
  })
  node.receive('N', doubleBytes(4))
  t.deepEqual(bytesTo(neighbour), [answer])
  t.deepEqual(asked, [])
  t.end()
})

test('if no listener answers at once, the method does', async t => {
  const { node, asked } = createDoublingNode(t)
  node.inbound.on('query', (_, remote) => void settled().then(() => Remote.answered(remote)))
  node.receive('N', doubleBytes(4))
  t.equal(asked.length, 1)
  t.equal(node.neighbours.takeMessages('N').length, 1)
  await settled()
})

test('an unknown method gets error 204 if there is no listener', t => {
  const { node } = createDoublingNode(t)
  const heard: CheckedMessage[] = []
  node.inbound.on('query', message => heard.push(message))
  node.inbound.isListenedTo = () => false
  t.deepEqual(node.receive('N', unknownBytes()), ['unknown method'])
  t.deepEqual(errorsTo(node, 'N'), ['uu 204 Method Unknown'])
  t.deepEqual(heard, [])
  t.end()
})

test('a listener gets queries of unknown methods with any arguments, and no error 204 is sent', t => {
  const { node } = createDoublingNode(t)
  const heard: CheckedMessage[] = []
  node.inbound.on('query', message => heard.push(message))
  for (const args of [{}, [1, [2]], 5, { id: 'anybody', deep: [{ er: [] }] }]) {
    t.deepEqual(node.receive('N', unknownBytes(args)), [])
    const message = heard.pop()
    t.deepEqual(message?.kind === 'query' && encode(message.args), encode(args))
  }
  t.deepEqual(node.neighbours.takeMessages('N'), [])
  t.deepEqual(
    Object.keys(node.table.counters.received).includes('unheard_of'),
    false,
    'names are without end'
  )
  t.end()
})

test('a query in a frame is answered along its path, and has the rate limits of frames', t => {
  const { node, neighbour, asked } = createDoublingNode(t, { limits: { queries: 1 } })
  for (let i = 0; i < BURST + 1; i++)
    node.receive('N', frameTo('TRNA', { payload: doubleBytes(4, { by: 'T' }) }))
  t.equal(asked.length, BURST)
  t.deepEqual(asked[0]?.id, idOf('T'))
  t.equal(asked[0]?.link.isRoute, true)
  t.deepEqual(asked[0]?.address, node.table.addresses.addressOf(idOf('T')), 'its address has been learnt')
  t.equal(node.neighbours.take('N').length, BURST + 1)
  t.equal(node.table.counters.drops['too many queries'], 1)
  t.ok(neighbour.rateLimits.take('queries'), 'the neighbour may ask as much as before')
  t.end()
})

test('a query of an unknown method can come over a route', t => {
  const { node } = createDoublingNode(t)
  t.deepEqual(node.receive('N', frameTo('TRNA', { payload: unknownBytes() })), ['unknown method'])
  const heard: Remote[] = []
  node.inbound.on('query', (_, remote) => heard.push(remote))
  node.inbound.isListenedTo = () => true
  t.deepEqual(node.receive('N', frameTo('TRNA', { payload: unknownBytes() })), [])
  t.equal(only(heard).host, node.table.addresses.addressOf(idOf('T'))?.host)
  node.neighbours.take('N')
  t.ok(Remote.linkOf(only(heard), node.inbound)?.send(Buffer.from('an answer')))
  t.deepEqual(only(node.neighbours.take('N')).payload, Buffer.from('an answer'))
  t.end()
})

test('a node without a DHT does not know the methods of BEP 5 and BEP 44', t => {
  const { node } = createDoublingNode(t)
  t.deepEqual(node.receive('N', queryBytes('N')), ['unknown method'])
  t.deepEqual(errorsTo(node, 'N'), ['qq 204 Method Unknown'])
  t.end()
})
