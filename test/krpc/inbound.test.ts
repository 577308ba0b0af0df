/** What becomes of messages: who answers a query, who gets a reply, and what is refused, dropped or too much. */

import test, { type Test } from 'tape'
import type { PeerConnection } from '../../src/connections/peer-connection.js'
import { KRPC_ERROR, KRPCError } from '../../src/krpc/errors.js'
import { createFields } from '../../src/krpc/fields.js'
import type { Taken } from '../../src/krpc/inbound.js'
import { type Asker, defineMethod, type Reply } from '../../src/krpc/method.js'
import { Remote } from '../../src/krpc/remote.js'
import { encode } from '../../src/wire/bencode.js'
import { integer, shape } from '../../src/wire/check.js'
import { encodeReply } from '../../src/wire/message.js'
import { bytesOf, idOf } from '../helpers/fake-neighbours.js'
import {
  createRouteNode,
  frameTo,
  only,
  queryBytes,
  type RouteNode,
  type RouteNodeOptions,
  replyBytes,
  withoutSize
} from '../helpers/route-node.js'

/** Seconds' worth of messages that may come at once. */
const BURST = 10

interface DoubleOptions {
  answer?: (number: number, asker: Asker) => Reply | Promise<Reply>
  isUse?: boolean
}

/** A method that doubles a number. It takes even ones only, and charges stores. */
function createDouble({
  answer = number => ({ values: { number: 2 * number } }),
  isUse = true
}: DoubleOptions = {}) {
  const { id } = createFields(20)
  const number = integer(0, 1000)
  const asked: Asker[] = []
  const method = defineMethod({
    name: 'double',
    query: shape({ id, number }),
    reply: shape({ id, number }),
    isUse,
    check: ({ number }) => (number % 2 === 0 ? undefined : 'an odd number'),
    charge: allowance => (allowance.take('stores') ? undefined : 'too many stores'),
    answer({ number }, asker) {
      asked.push(asker)
      return answer(number, asker)
    }
  })
  return { method, asked }
}

/** A node A that knows how to double, with a neighbour N. */
function createNode(t: Test, options: DoubleOptions & RouteNodeOptions = {}) {
  const { answer, isUse, ...given } = options
  const node = createRouteNode(t, { takesQueries: false, ...given })
  const { method, asked } = createDouble({ ...(answer && { answer }), ...(isUse !== undefined && { isUse }) })
  node.inbound.addMethod(method)
  const neighbour = node.neighbours.add('N')
  /** Asks the neighbour. */
  const ask = (method = 'ping', timeout?: number) => {
    const query = node.ask(neighbour, { method, args: {}, ...(timeout !== undefined && { timeout }) })
    bytesTo(neighbour)
    return query
  }
  return { node, neighbour, asked, ask }
}

const doubleBytes = (number: unknown, { by = 'N', t = 'qq' } = {}) =>
  encode({ t, y: 'q', q: 'double', a: { id: bytesOf(by), number } })

const pingBytes = (by: string) => encode({ t: 'pp', y: 'q', q: 'ping', a: { id: bytesOf(by) } })

const unknownBytes = (args: unknown = {}) => encode({ t: 'uu', y: 'q', q: 'unheard_of', a: args })

/** The errors that went to a neighbour: codes and texts. */
const errorsTo = ({ neighbours }: RouteNode, to: string | PeerConnection) =>
  neighbours.takeMessages(to).map(message => {
    if (message.kind !== 'error') throw new Error(`sent what is ${message.kind}`)
    return `${message.transaction} ${message.code} ${message.text}`
  })

/** The replies that went to a neighbour, as they are on the wire. */
const bytesTo = (connection: PeerConnection) =>
  (connection.peer as unknown as { sent: Buffer[] }).sent.splice(0)

const settled = () => new Promise(resolve => setImmediate(resolve))

test('a query is answered by its method, which gets its arguments and who asks', t => {
  const { node, neighbour, asked } = createNode(t)
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

test('a method may take its time, and do something once the reply is sent', async t => {
  const events: string[] = []
  const answer = async () => {
    await settled()
    events.push(`${bytesTo(neighbour).length} sent`)
    return { values: { number: 5 }, afterwards: () => events.push(`${bytesTo(neighbour).length} sent`) }
  }
  const { node, neighbour } = createNode(t, { answer })
  node.receive('N', doubleBytes(4))
  t.deepEqual(events, [])
  await settled()
  await settled()
  t.deepEqual(events, ['0 sent', '1 sent'])
})

test('what a method throws is an error for its asker: what it says, or 201 and no more', async t => {
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
  const { node } = createNode(t, { answer: number => (failures[number / 2] as () => never)() })
  for (const number of [0, 2, 4, 6]) node.receive('N', doubleBytes(number, { t: `q${number}` }))
  await settled()
  t.deepEqual(errorsTo(node, 'N').sort(), [
    'q0 503 come again',
    'q2 409 needed',
    'q4 201 Server Error',
    'q6 201 Server Error'
  ])
  t.equal(node.table.counters.drops['share of the store used up'], 1, 'and counted as it says')
})

test('arguments are checked before anybody sees them: a wrong query gets error 203', t => {
  const { node, asked } = createNode(t)
  const heard: Taken[] = []
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

test('what is no message is dropped, and not answered: frames, replies and rubbish', t => {
  const { node, ask } = createNode(t)
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

test('a listener gets a query as it was checked, with where it came from', t => {
  const { node, neighbour } = createNode(t)
  const heard: [Taken, Remote][] = []
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

test('a listener that answers at once wins: nobody else does', t => {
  const { node, neighbour, asked } = createNode(t)
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

test('a listener that only listens, or answers later, leaves the query to its method', async t => {
  const { node, asked } = createNode(t)
  node.inbound.on('query', (_, remote) => void settled().then(() => Remote.answered(remote)))
  node.receive('N', doubleBytes(4))
  t.equal(asked.length, 1)
  t.equal(node.neighbours.takeMessages('N').length, 1)
  await settled()
})

test('a method that is not known gets error 204 where nobody listens', t => {
  const { node } = createNode(t)
  const heard: Taken[] = []
  node.inbound.on('query', message => heard.push(message))
  t.deepEqual(node.receive('N', unknownBytes()), ['unknown method'])
  t.deepEqual(errorsTo(node, 'N'), ['uu 204 Method Unknown'])
  t.deepEqual(heard, [])
  t.end()
})

test('a method that is not known goes up to who listens, whatever its arguments, and no 204 is sent', t => {
  const { node } = createNode(t)
  const heard: Taken[] = []
  node.inbound.on('query', message => heard.push(message))
  node.inbound.takesUnknown = () => true
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

test('a query of a method that is not known is within the limits of all others', t => {
  const { node } = createNode(t, { limits: { queries: 1 } })
  let heard = 0
  node.inbound.on('query', () => heard++)
  node.inbound.takesUnknown = () => true
  for (let i = 0; i < BURST + 3; i++) node.receive('N', unknownBytes())
  t.equal(heard, BURST)
  t.deepEqual(errorsTo(node, 'N'), Array(3).fill('uu 429 too many queries'))
  t.end()
})

test('a query is by the node that the connection belongs to, or it is dropped without a word', t => {
  const { node, neighbour, asked } = createNode(t)
  node.neighbours.add('B')
  t.deepEqual(node.receive('N', pingBytes('N')), [])
  node.neighbours.takeMessages('N')
  for (const by of ['B', 'X', 'A']) t.deepEqual(node.receive('N', doubleBytes(4, { by })), ['foreign id'], by)
  t.deepEqual(node.neighbours.takeMessages('N'), [])
  t.deepEqual(asked, [])
  t.ok(neighbour.isOpen, 'it has said itself who it is')
  t.end()
})

test('a connection whose first message is by another node than was said is closed', t => {
  const { node, neighbour } = createNode(t)
  t.deepEqual(node.receive('N', pingBytes('X')), ['foreign id'])
  t.ok(neighbour.isClosed)
  t.equal(node.table.counters.closed.failed, 1)
  t.end()
})

test('the first query says whose connection it is; none is the node’s own', t => {
  const { node } = createNode(t)
  const connection = node.neighbours.addUnknown()
  t.deepEqual(node.receive(connection, pingBytes('U')), [])
  t.equal(node.table.get(idOf('U')), connection)
  t.ok(connection.isConfirmed)
  t.equal(node.neighbours.takeMessages(connection).length, 1)
  const own = node.neighbours.addUnknown()
  t.deepEqual(node.receive(own, pingBytes('A')), ['foreign id'])
  t.ok(own.isClosed)
  t.equal(node.table.get(idOf('A')), undefined)
  t.end()
})

test('a query without an id, on a connection whose node is not known, is dropped', t => {
  const { node } = createNode(t)
  node.inbound.takesUnknown = () => true
  const connection = node.neighbours.addUnknown()
  t.deepEqual(node.receive(connection, unknownBytes()), ['sender not known'])
  connection.dialled = { host: '127.0.0.1', port: 5 }
  const heard: Remote[] = []
  node.inbound.on('query', (_, remote) => heard.push(remote))
  t.deepEqual(node.receive(connection, unknownBytes()), [], 'a node that was dialled is at that place')
  t.deepEqual([only(heard).host, only(heard).port], ['127.0.0.1', 5])
  t.end()
})

test('a reply is taken once, on the connection that its query went out on', t => {
  const { node, ask } = createNode(t)
  node.neighbours.add('B')
  const query = ask()
  t.deepEqual(node.receive('B', replyBytes('B', query.transaction)), ['reply not awaited'])
  t.deepEqual(node.receive('N', replyBytes('N', 'xx')), ['reply not awaited'])
  t.equal(node.ends.size, 0)
  t.deepEqual(node.receive('N', replyBytes('N', query.transaction)), [])
  t.deepEqual(withoutSize(node.ends.get(query)), { kind: 'replied', values: { id: bytesOf('N') } })
  t.deepEqual(node.receive('N', replyBytes('N', query.transaction)), ['reply not awaited'])
  t.end()
})

test('a reply that comes after the deadline is dropped', t => {
  const { node, ask } = createNode(t)
  const query = ask('ping', 100)
  node.clock.move(100)
  t.deepEqual(node.receive('N', replyBytes('N', query.transaction)), ['reply not awaited'])
  t.equal(node.ends.get(query)?.kind, 'failed')
  t.end()
})

test('a reply is by the node that was asked', t => {
  const { node, neighbour, ask } = createNode(t)
  const query = ask()
  neighbour.isConfirmed = true
  t.deepEqual(node.receive('N', replyBytes('X', query.transaction)), ['foreign id'])
  t.notOk(query.isOver)
  neighbour.isConfirmed = false
  node.receive('N', replyBytes('X', query.transaction))
  t.ok(neighbour.isClosed, 'a relay has lied about whose connection it is')
  t.equal(node.ends.get(query)?.kind, 'failed')
  t.end()
})

test('an error ends a query, whatever it says', t => {
  const { node, ask } = createNode(t)
  for (const e of [[201, 'no'], [], 'no', { length: 1 }, [{ toString: 'x' }], undefined]) {
    const query = ask()
    const error = { t: query.transaction, y: 'e', ...(e !== undefined && { e }) }
    t.deepEqual(node.receive('N', encode(error)), [])
    t.equal(node.ends.get(query)?.kind, 'refused')
  }
  t.end()
})

test('a reply to a method that is not known is what it is', t => {
  const { node, ask } = createNode(t)
  const query = ask('unheard_of')
  t.deepEqual(node.receive('N', encode({ t: query.transaction, y: 'r', r: { x: [5] } })), [])
  t.deepEqual(withoutSize(node.ends.get(query)), { kind: 'replied', values: { x: [5] } })
  t.end()
})

test('what came back is told to who listens', t => {
  const { node, ask } = createNode(t)
  const heard: [Taken, Remote][] = []
  node.inbound.on('reply', (...args) => heard.push(args))
  const replied = ask()
  node.receive('N', replyBytes('N', replied.transaction))
  const refused = ask()
  node.receive('N', encode({ t: refused.transaction, y: 'e', e: [201, 5] }))
  t.deepEqual(
    heard.map(([message]) => message),
    [
      { kind: 'reply', transaction: replied.transaction, values: { id: bytesOf('N') } },
      { kind: 'error', transaction: refused.transaction, error: [201, 5] }
    ]
  )
  t.equal(heard[0]?.[1].host, node.table.addresses.addressOf(idOf('N'))?.host)
  t.end()
})

test('a node that goes on over the limit of messages is disconnected', t => {
  const { node, neighbour } = createNode(t, { limits: { messages: 2 } })
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

test('a node may send rubbish for a while, and is disconnected then', t => {
  const { node, neighbour } = createNode(t, { limits: { messages: 5 } })
  for (let i = 0; i < 5 * BURST; i++) node.receive('N', Buffer.from('rubbish'))
  t.ok(neighbour.isOpen)
  node.clock.move(1000) // it may send five more, and they are borne
  for (let i = 0; i < 5; i++) t.deepEqual(node.receive(neighbour, Buffer.from('rubbish')), ['malformed'])
  t.ok(neighbour.isOpen)
  node.receive(neighbour, Buffer.from('rubbish'))
  t.ok(neighbour.isClosed)
  t.end()
})

test('bytes are limited as messages are', t => {
  const { node } = createNode(t, { limits: { bytes: 1000 } })
  const long = encode({ t: 'qq', y: 'q', q: 'ping', a: { id: bytesOf('N') }, x: Buffer.alloc(4000) })
  const reasons = Array.from({ length: 4 }, () => node.receive('N', long))
  t.deepEqual(reasons, [[], [], ['too many bytes'], ['too many bytes']])
  t.end()
})

test('what was asked for is no part of what a node may send', t => {
  const { node, ask } = createNode(t, { limits: { messages: 1 } })
  for (let i = 0; i < 5 * BURST; i++) {
    const { transaction } = ask()
    const isReply = i % 2 === 0
    const error = encode({ t: transaction, y: 'e', e: [201, 'no'] })
    t.deepEqual(node.receive('N', isReply ? replyBytes('N', transaction) : error), [])
  }
  t.end()
})

test('a method says what its queries cost beside the one', t => {
  const { node, asked } = createNode(t, { limits: { stores: 1 } })
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
    const { node, neighbour } = createNode(t, { isUse })
    const before = neighbour.lastUsed
    node.clock.move(1000)
    node.receive('N', doubleBytes(4))
    t.equal(neighbour.lastUsed > before, isUse)
    t.end()
  })
}

test('a query in a frame is answered on its way back, and by its limits', t => {
  const { node, neighbour, asked } = createNode(t, { limits: { queries: 1 } })
  for (let i = 0; i < BURST + 1; i++)
    node.receive('N', frameTo('TRNA', { payload: doubleBytes(4, { by: 'T' }) }))
  t.equal(asked.length, BURST)
  t.deepEqual(asked[0]?.id, idOf('T'))
  t.equal(asked[0]?.link.isRoute, true)
  t.deepEqual(asked[0]?.address, node.table.addresses.addressOf(idOf('T')), 'its address has been learnt')
  t.equal(node.neighbours.take('N').length, BURST + 1)
  t.equal(node.table.counters.drops['too many queries'], 1)
  t.ok(neighbour.allowance.take('queries'), 'the neighbour may ask as much as before')
  t.end()
})

test('a method that is not known can be asked over a route, too', t => {
  const { node } = createNode(t)
  t.deepEqual(node.receive('N', frameTo('TRNA', { payload: unknownBytes() })), ['unknown method'])
  const heard: Remote[] = []
  node.inbound.on('query', (_, remote) => heard.push(remote))
  node.inbound.takesUnknown = () => true
  t.deepEqual(node.receive('N', frameTo('TRNA', { payload: unknownBytes() })), [])
  t.equal(only(heard).host, node.table.addresses.addressOf(idOf('T'))?.host)
  node.neighbours.take('N')
  t.ok(Remote.linkOf(only(heard), node.inbound)?.send(Buffer.from('an answer')))
  t.deepEqual(only(node.neighbours.take('N')).payload, Buffer.from('an answer'))
  t.end()
})

test('the methods of BEP 5 and BEP 44 are not known to a node without a DHT', t => {
  const { node } = createNode(t)
  t.deepEqual(node.receive('N', queryBytes('N')), ['unknown method'])
  t.deepEqual(errorsTo(node, 'N'), ['qq 204 Method Unknown'])
  t.end()
})
