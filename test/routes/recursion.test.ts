/** Recursive queries: who they are passed on to, within which limits, and which replies count. */

import test from 'tape'
import type { Link } from '../../src/connections/link.js'
import type { PeerConnection } from '../../src/connections/peer-connection.js'
import { INTRODUCE } from '../../src/extensions.js'
import { Id } from '../../src/id.js'
import type { Query } from '../../src/krpc/ledger.js'
import type { Reply } from '../../src/krpc/method.js'
import { encode } from '../../src/wire/bencode.js'
import { splitIds } from '../../src/wire/compact.js'
import { encodeFrame, type Frame, FrameView } from '../../src/wire/frame.js'
import { encodeQuery } from '../../src/wire/message.js'
import { bytesOf, idOf, lettersOf } from '../helpers/fake-neighbours.js'
import { createMessageParser } from '../helpers/parse.js'
import { createRouteNode, frameTo, only, type RouteNode, replyBytes } from '../helpers/route-node.js'

/** Milliseconds, as src/krpc/ledger.ts has them. */
const RECURSIVE_LIFETIME = 10_000
/** The nodes of a path, and the width of a search. */
const MAX_REPLIES = 8 + 8

/** By XOR with Z, the target: X 2, P 10, A 27, F 28, G 29, D 30, E 31. */
const TARGET = idOf('Z')
const T = Buffer.from('qq')
const parse = createMessageParser(20)

function recursiveBy(letter: string, args: Record<string, unknown> = {}) {
  return { id: bytesOf(letter), target: TARGET.bytes, recursive: 1, ...args }
}

/** What is left to do for a recursive query, beside the reply. */
function answer({ leading }: RouteNode, asker: Link, args: Record<string, unknown> = {}): Reply {
  const query = recursiveBy('E', args)
  const id = asker.id as Id
  const place = { host: '240.0.0.1', port: 1 }
  const from = { id, link: asker, address: place, transaction: T }
  return leading.onward(Id.of(query.target), { method: 'find_node', args: query }, from, {})
}

const nextOf = ({ values }: Reply) => values.next && lettersOf(splitIds(values.next as Buffer, 20))

/** Has a query passed on; gives the letters of the nodes that the reply says get it. */
function passOn(node: RouteNode, asker: Link, args: Record<string, unknown> = {}) {
  const reply = answer(node, asker, args)
  reply.afterwards?.()
  return nextOf(reply)
}

/** The way back to who asked over a path that ends here. */
const overRoute = ({ routes, neighbours }: RouteNode, letters: string): Link =>
  routes.wayBack(
    FrameView.read(encodeFrame(frameTo(letters, { transaction: T })), 20) as FrameView,
    neighbours.get(letters.at(-2) as string)
  )

const argsOf = ({ payload }: Frame): Record<string, unknown> => {
  const message = parse(payload as Buffer)
  return message.kind === 'query' ? message.args : {}
}

test('a recursive query is passed on to the neighbour nearest to its target', t => {
  const node = createRouteNode(t)
  for (const letter of ['E', 'P', 'X', 'F']) node.neighbours.add(letter)
  t.equal(passOn(node, node.neighbours.get('E')), 'X')
  const frame = only(node.neighbours.take('X'))
  t.equal(lettersOf(frame.path), 'EAX', 'with the way back to who asks')
  t.deepEqual([frame.position, frame.transaction], [2, T])
  t.deepEqual(frame.payload, encodeQuery(T, 'find_node', recursiveBy('E')), 'as it came')
  t.deepEqual([...node.neighbours.take('P'), ...node.neighbours.take('F')], [], 'and to nobody else')
  t.equal(node.table.counters.frames.passedOn, 1)
  t.end()
})

test('among the nearer neighbours, a quick one gets the query', t => {
  const node = createRouteNode(t)
  for (const letter of ['E', 'P', 'X', 'F']) node.neighbours.add(letter)
  const passedTo = () => passOn(node, node.neighbours.get('E'))
  const take = (letter: string, roundTripTime: number) =>
    Object.assign(node.neighbours.get(letter), { roundTripTime })
  take('X', 90)
  take('P', 20)
  take('F', 1)
  t.equal(passedTo(), 'P', 'X is 2.3 bits nearer, which is worth 58 ms')
  take('P', 40)
  t.equal(passedTo(), 'X')
  node.routes.costs.suspect([idOf('X')])
  t.equal(passedTo(), 'P', 'a query over X was lost')
  t.end()
})

test('the first neighbour of a recursive query may be far, if it is quick', t => {
  const node = createRouteNode(t)
  t.equal(node.recursion.firstTowards(TARGET), undefined)
  node.neighbours.add('O', [INTRODUCE]).roundTripTime = 1
  t.equal(node.recursion.firstTowards(TARGET), undefined, 'it takes no frames')
  for (const letter of ['E', 'X']) node.neighbours.add(letter).roundTripTime = 200
  t.deepEqual(node.recursion.firstTowards(TARGET)?.id, idOf('X'))
  node.neighbours.get('E').roundTripTime = 20
  t.deepEqual(node.recursion.firstTowards(TARGET)?.id, idOf('E'))
  t.end()
})

test('a query is passed on without its offers, which would not fit into a frame', t => {
  const node = createRouteNode(t)
  for (const letter of ['E', 'P']) node.neighbours.add(letter)
  const signals = Array(16).fill({ type: 'offer', sdp: 'x'.repeat(4000) })
  t.equal(passOn(node, node.neighbours.get('E'), { signals }), 'P')
  t.deepEqual(only(node.neighbours.take('P')).payload, encodeQuery(T, 'find_node', recursiveBy('E')))
  t.end()
})

test('a query from a route is passed on, but never to a node on its path', t => {
  const node = createRouteNode(t)
  for (const letter of ['X', 'P', 'E']) node.neighbours.add(letter)
  t.equal(passOn(node, overRoute(node, 'EXA')), 'P')
  t.equal(lettersOf(only(node.neighbours.take('P')).path), 'EXAP')
  t.end()
})

test('a query that has arrived is passed on once to the nodes around the target', t => {
  const node = createRouteNode(t, { lookupWidth: 4 })
  for (const letter of ['D', 'E', 'F', 'G', 'e']) node.neighbours.add(letter)
  t.equal(passOn(node, overRoute(node, 'TEA')), 'FGD', 'one fewer than a search is wide')
  for (const letter of ['F', 'G', 'D']) {
    const frame = only(node.neighbours.take(letter))
    t.equal(lettersOf(frame.path), `TEA${letter}`)
    t.notOk('recursive' in argsOf(frame))
    t.deepEqual(argsOf(frame).target, TARGET.bytes)
  }
  t.deepEqual(node.neighbours.take('e'), [])
  t.end()
})

test('a query has arrived at a node that knows all nodes around the target, even if others are nearer', t => {
  const node = createRouteNode(t, { lookupWidth: 3 })
  for (const letter of ['@', 'B', 'D', 'F', 'T']) node.neighbours.add(letter)
  const isRecursive = (letter: string) => 'recursive' in argsOf(only(node.neighbours.take(letter)))
  // By XOR with A: @ 1, C 2, B 3, D 5, G 6, F 7; with C: B 1, A 2, @ 3, F 5, D 7; with G: F 1, D 3, B 5, A 6, @ 7.
  t.equal(passOn(node, overRoute(node, 'STA'), { target: bytesOf('C') }), 'B@')
  t.notOk(isRecursive('B'))
  t.equal(
    passOn(node, overRoute(node, 'STA'), { target: bytesOf('G') }),
    'F',
    'G is farther than the third, D'
  )
  t.ok(isRecursive('F'))
  t.end()
})

test('the reply is sent before the query is passed on', t => {
  const node = createRouteNode(t)
  for (const letter of ['E', 'X']) node.neighbours.add(letter)
  const reply = answer(node, node.neighbours.get('E'))
  t.deepEqual([nextOf(reply), node.neighbours.take('X')], ['X', []])
  reply.afterwards?.()
  t.equal(node.neighbours.take('X').length, 1)
  t.end()
})

test('a query that has arrived is not passed on for a direct asker, which knows the nodes itself', t => {
  const node = createRouteNode(t)
  for (const letter of ['D', 'E', 'F']) node.neighbours.add(letter)
  t.equal(passOn(node, node.neighbours.get('E')), undefined)
  t.deepEqual(node.neighbours.take('F'), [])
  t.end()
})

test('a query is passed on only if it is recursive, its asker speaks `route`, and the next node does, too', t => {
  const node = createRouteNode(t)
  for (const letter of ['E', 'P', 'X']) node.neighbours.add(letter)
  const old = node.neighbours.add('O', [INTRODUCE])
  t.equal(passOn(node, node.neighbours.get('E'), { recursive: 0 }), undefined)
  t.equal(passOn(node, old), undefined)
  node.neighbours.get('X').isSilent = true
  node.neighbours.add('Z', [INTRODUCE])
  t.equal(passOn(node, node.neighbours.get('E')), 'P')
  t.deepEqual(node.neighbours.take('X'), [])
  t.end()
})

test('a query at the maximum number of hops is not passed on', t => {
  const node = createRouteNode(t)
  for (const letter of ['E', 'X']) node.neighbours.add(letter)
  t.equal(passOn(node, overRoute(node, 'abcdefEA')), 'X')
  t.equal(lettersOf(only(node.neighbours.take('X')).path), 'abcdefEAX')
  t.equal(passOn(node, overRoute(node, 'abcdefgEA')), undefined)
  t.deepEqual(node.neighbours.take('X'), [])
  t.end()
})

test('passing on counts towards the frame rate limits of both neighbours', t => {
  const node = createRouteNode(t, { limits: { frames: 1 } })
  for (const letter of ['E', 'F', 'X']) node.neighbours.add(letter)
  const timesFor = (asker: string) =>
    Array.from({ length: 30 }, () => passOn(node, node.neighbours.get(asker)))
  t.equal(timesFor('E').filter(to => to === 'X').length, 10, 'as many as E may have passed on')
  t.equal(timesFor('F').filter(to => to === 'X').length, 5, 'as many as X takes')
  t.equal(node.neighbours.take('X').length, 15)
  t.end()
})

/** Has A send a recursive query to N, which replies to nothing itself. */
function sendRecursive(node: RouteNode, onReply: (from: string) => void, timeout?: number): Query {
  const query = node.open(timeout === undefined ? {} : { timeout })
  query.recursive = {
    neighbour: idOf('N'),
    repliedBy: new Set(),
    onReply: (_, from) => onReply(lettersOf([from]))
  }
  query.send(node.neighbours.get('N'), recursiveBy('A'))
  return query
}

/** A node A that has sent a recursive query to N; notes those that reply. */
function createAsker(t: Parameters<typeof createRouteNode>[0]) {
  const node = createRouteNode(t)
  for (const letter of ['N', 'M']) node.neighbours.add(letter)
  const repliedBy: string[] = []
  const query = sendRecursive(node, from => repliedBy.push(from))
  const { transaction } = query
  const receive = (letters: string, changes: Partial<Frame> = {}, from: PeerConnection | string = 'N') => {
    const payload = replyBytes(letters[0] as string, transaction)
    return node.receive(from, frameTo(letters, { transaction, payload, ...changes }))
  }
  return { node, query, transaction, repliedBy, receive }
}

test('one reply of each node with the query counts, and teaches the way to the node', t => {
  const { node, repliedBy, receive } = createAsker(t)
  t.deepEqual(receive('RNA'), [])
  t.deepEqual(receive('TSRNA'), [])
  t.deepEqual(repliedBy, ['R', 'T'])
  t.deepEqual(receive('RNA'), ['reply not awaited'])
  t.deepEqual(receive('TNA'), ['reply not awaited'], 'on no other way either')
  t.deepEqual(repliedBy, ['R', 'T'])
  t.deepEqual(node.routes.relaysTo(idOf('T')), [idOf('N'), idOf('R'), idOf('S')])
  t.deepEqual(node.messages, [], 'k-rpc-socket sees nothing of them')
  t.equal(node.ends.size, 0, 'the reply by N itself is still waited for')
  t.end()
})

test('a reply to a recursive query is accepted only over the neighbour that got the query', t => {
  const { node, transaction, repliedBy, receive } = createAsker(t)
  const isDropped = (what: string, reasons: string[], ...frame: Parameters<typeof receive>) =>
    t.deepEqual(receive(...frame), reasons, what)
  const error = encode({ t: transaction, y: 'e', e: [429, 'no'] })
  const malformed = encode({ t: transaction, y: 'r', r: { id: bytesOf('R'), nodes: 5 } })
  const other = node.ask(node.neighbours.get('N')).transaction
  const toOther = replyBytes('R', other)
  isDropped('over another neighbour', ['reply not awaited'], 'RMA', {}, 'M')
  isDropped('another transaction', ['reply not awaited'], 'RNA', { transaction: Buffer.from('xxx') })
  isDropped('to another query', ['reply not awaited'], 'RNA', { payload: toOther })
  isDropped('to one that is not recursive', ['reply not awaited'], 'RNA', {
    transaction: other,
    payload: toOther
  })
  isDropped('by somebody else', ['wrong path'], 'RNA', { payload: replyBytes('S', transaction) })
  isDropped('an error', ['reply not awaited'], 'RNA', { payload: error })
  isDropped('what is no reply', ['malformed'], 'RNA', { payload: malformed })
  t.deepEqual(repliedBy, [])
  isDropped('the right one', [], 'RNA')
  t.end()
})

test('the replies to a recursive query are limited in time and number', t => {
  const { node, repliedBy, receive } = createAsker(t)
  const letters = [...'abcdefghijklmnopqrstuvwxyz']
  const dropped = letters.filter(letter => receive(`${letter}NA`).length > 0)
  t.equal(repliedBy.length, MAX_REPLIES)
  t.deepEqual(dropped, letters.slice(MAX_REPLIES))
  repliedBy.length = 0
  const timeout = 2000
  const first = sendRecursive(node, from => repliedBy.push(`${from} to the first`), timeout)
  const reply = ({ transaction }: Query, by: string) =>
    receive(`${by}NA`, { transaction, payload: replyBytes(by, transaction) })
  node.clock.move(RECURSIVE_LIFETIME - 1)
  t.equal(node.ends.get(first)?.kind, 'failed', 'it is over')
  const second = sendRecursive(node, from => repliedBy.push(`${from} to the second`), timeout)
  t.deepEqual(reply(first, 'R'), [])
  node.clock.move(1)
  sendRecursive(node, () => {}, timeout)
  t.deepEqual(reply(first, 'S'), ['reply not awaited'])
  t.deepEqual(reply(second, 'S'), [])
  t.deepEqual(repliedBy, ['R to the first', 'S to the second'])
  t.end()
})
