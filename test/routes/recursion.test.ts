/** Recursive queries: who they are passed on to, within which limits, and which replies count. */

import test from 'tape'
import type { Link } from '../../src/connections/link.js'
import type { PeerConnection } from '../../src/connections/peer-connection.js'
import { INTRODUCE } from '../../src/extensions.js'
import { encode } from '../../src/wire/bencode.js'
import { splitIds } from '../../src/wire/compact.js'
import type { Frame } from '../../src/wire/frame.js'
import { createMessageParser } from '../../src/wire/messages.js'
import { hexOf, idOf, lettersOf } from '../helpers/fake-neighbours.js'
import { createRouteNode, frameTo, only, type RouteNode, replyBytes } from '../helpers/route-node.js'

/** Milliseconds, as src/routes/recursion.ts has them. */
const LIFETIME = 10_000
/** The nodes of a path, and the width of a search. */
const MAX_REPLIES = 8 + 8

/** By XOR with Z, the target: X 2, P 10, A 27, F 28, G 29, D 30, E 31. */
const TARGET = idOf('Z')
const T = Buffer.from('qq')
const parse = createMessageParser(20)

function recursiveBy(letter: string, args: Record<string, unknown> = {}) {
  return { t: T, y: 'q', q: 'find_node', a: { id: idOf(letter), target: TARGET, recursive: 1, ...args } }
}

const passOn = (
  { recursion }: RouteNode,
  asker: Link,
  args: Record<string, unknown> = {}
): string | undefined => {
  const passedOn = recursion.passOn(asker, recursiveBy('E', args))
  passedOn?.send()
  return passedOn && lettersOf(splitIds(passedOn.next, 20))
}

/** The way back to who asked over a path that ends here. */
const overRoute = ({ routes, neighbours }: RouteNode, letters: string): Link =>
  routes.backTo(frameTo(letters), neighbours.get(letters.at(-2) as string))

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
  t.deepEqual(frame.payload, encode(recursiveBy('E')), 'as it came')
  t.deepEqual([...node.neighbours.take('P'), ...node.neighbours.take('F')], [], 'and to nobody else')
  t.equal(node.table.counters.frames.passedOn, 1)
  t.end()
})

test('of the neighbours that are nearer than the node itself, a quick one gets it', t => {
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
  node.routes.costs.suspect([hexOf('X')])
  t.equal(passedTo(), 'P', 'a query over X was lost')
  t.end()
})

test('a recursive query begins with a quick neighbour, too, however far it is', t => {
  const node = createRouteNode(t)
  t.equal(node.recursion.firstTowards(TARGET), undefined)
  node.neighbours.add('O', [INTRODUCE]).roundTripTime = 1
  t.equal(node.recursion.firstTowards(TARGET), undefined, 'it takes no frames')
  for (const letter of ['E', 'X']) node.neighbours.add(letter).roundTripTime = 200
  t.equal(node.recursion.firstTowards(TARGET)?.id, hexOf('X'))
  node.neighbours.get('E').roundTripTime = 20
  t.equal(node.recursion.firstTowards(TARGET)?.id, hexOf('E'))
  t.end()
})

test('offers are not passed on: they would not fit into a frame', t => {
  const node = createRouteNode(t)
  for (const letter of ['E', 'P']) node.neighbours.add(letter)
  const signals = Array(16).fill({ type: 'offer', sdp: 'x'.repeat(4000) })
  t.equal(passOn(node, node.neighbours.get('E'), { signals }), 'P')
  t.deepEqual(only(node.neighbours.take('P')).payload, encode(recursiveBy('E')))
  t.end()
})

test('one that came over a route goes on from there, but to nobody who has had it', t => {
  const node = createRouteNode(t)
  for (const letter of ['X', 'P', 'E']) node.neighbours.add(letter)
  t.equal(passOn(node, overRoute(node, 'EXA')), 'P')
  t.equal(lettersOf(only(node.neighbours.take('P')).path), 'EXAP')
  t.end()
})

test('a query that has arrived goes to those around the target, and no farther', t => {
  const node = createRouteNode(t, { lookupWidth: 4 })
  for (const letter of ['D', 'E', 'F', 'G', 'e']) node.neighbours.add(letter)
  t.equal(passOn(node, overRoute(node, 'TEA')), 'FGD', 'one fewer than a search is wide')
  for (const letter of ['F', 'G', 'D']) {
    const frame = only(node.neighbours.take(letter))
    t.equal(lettersOf(frame.path), `TEA${letter}`)
    t.notOk('recursive' in argsOf(frame))
    t.deepEqual(argsOf(frame).target, TARGET)
  }
  t.deepEqual(node.neighbours.take('e'), [])
  t.end()
})

test('a query has arrived at a node that knows all around the target, though others are nearer', t => {
  const node = createRouteNode(t, { lookupWidth: 3 })
  for (const letter of ['@', 'B', 'D', 'F', 'T']) node.neighbours.add(letter)
  const isRecursive = (letter: string) => 'recursive' in argsOf(only(node.neighbours.take(letter)))
  // By XOR with A: @ 1, C 2, B 3, D 5, G 6, F 7; with C: B 1, A 2, @ 3, F 5, D 7; with G: F 1, D 3, B 5, A 6, @ 7.
  t.equal(passOn(node, overRoute(node, 'STA'), { target: idOf('C') }), 'B@')
  t.notOk(isRecursive('B'))
  t.equal(passOn(node, overRoute(node, 'STA'), { target: idOf('G') }), 'F', 'G is farther than the third, D')
  t.ok(isRecursive('F'))
  t.end()
})

test('who has a query passed on gets the reply first', t => {
  const node = createRouteNode(t)
  for (const letter of ['E', 'X']) node.neighbours.add(letter)
  const passedOn = node.recursion.passOn(node.neighbours.get('E'), recursiveBy('E'))
  t.deepEqual([lettersOf(splitIds(passedOn?.next as Buffer, 20)), node.neighbours.take('X')], ['X', []])
  passedOn?.send()
  t.equal(node.neighbours.take('X').length, 1)
  t.end()
})

test('a neighbour that is as near itself is told nothing: it knows who is around', t => {
  const node = createRouteNode(t)
  for (const letter of ['D', 'E', 'F']) node.neighbours.add(letter)
  t.equal(passOn(node, node.neighbours.get('E')), undefined)
  t.deepEqual(node.neighbours.take('F'), [])
  t.end()
})

test('a query is passed on for who asks for it and speaks `route`, to who takes frames', t => {
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

test('the longest path gets no longer', t => {
  const node = createRouteNode(t)
  for (const letter of ['E', 'X']) node.neighbours.add(letter)
  t.equal(passOn(node, overRoute(node, 'abcdefEA')), 'X')
  t.equal(lettersOf(only(node.neighbours.take('X')).path), 'abcdefEAX')
  t.equal(passOn(node, overRoute(node, 'abcdefgEA')), undefined)
  t.deepEqual(node.neighbours.take('X'), [])
  t.end()
})

test('passing on is within the limits of frames, of both neighbours', t => {
  const node = createRouteNode(t, { limits: { frames: 1 } })
  for (const letter of ['E', 'F', 'X']) node.neighbours.add(letter)
  const timesFor = (asker: string) =>
    Array.from({ length: 30 }, () => passOn(node, node.neighbours.get(asker)))
  t.equal(timesFor('E').filter(to => to === 'X').length, 10, 'as many as E may have passed on')
  t.equal(timesFor('F').filter(to => to === 'X').length, 5, 'as many as X takes')
  t.equal(node.neighbours.take('X').length, 15)
  t.end()
})

/** Has A send a recursive query to N; gives those that replied. */
function createAsker(t: Parameters<typeof createRouteNode>[0]) {
  const node = createRouteNode(t)
  for (const letter of ['N', 'M']) node.neighbours.add(letter)
  const repliedBy: string[] = []
  node.recursion.sent(T, hexOf('N'), (_, { id }) => repliedBy.push(lettersOf([id])))
  const receive = (letters: string, changes: Partial<Frame> = {}, from: PeerConnection | string = 'N') => {
    const payload = replyBytes(letters[0] as string)
    return node.receive(from, frameTo(letters, { transaction: T, payload, ...changes }))
  }
  return { node, repliedBy, receive }
}

test('replies by all who had the query count, once each, and show the way', t => {
  const { node, repliedBy, receive } = createAsker(t)
  t.deepEqual(receive('RNA'), [])
  t.deepEqual(receive('TSRNA'), [])
  t.deepEqual(repliedBy, ['R', 'T'])
  t.deepEqual(receive('RNA'), ['reply not awaited'])
  t.deepEqual(receive('TNA'), ['reply not awaited'], 'on no other way either')
  t.deepEqual(repliedBy, ['R', 'T'])
  t.deepEqual(node.routes.relaysTo(hexOf('T')), [hexOf('N'), hexOf('R'), hexOf('S')])
  t.deepEqual(node.messages, [], 'k-rpc-socket sees nothing of them')
  t.end()
})

test('a reply to a recursive query comes over the neighbour that got it, as a reply to it', t => {
  const { repliedBy, receive } = createAsker(t)
  const isDropped = (what: string, reasons: string[], ...frame: Parameters<typeof receive>) =>
    t.deepEqual(receive(...frame), reasons, what)
  isDropped('over another neighbour', ['reply not awaited'], 'RMA', {}, 'M')
  isDropped('another transaction', ['reply not awaited'], 'RNA', { transaction: Buffer.from('xx') })
  isDropped('to another query', ['reply not awaited'], 'RNA', { payload: replyBytes('R', 'xx') })
  isDropped('by somebody else', ['wrong path'], 'RNA', { payload: replyBytes('S') })
  isDropped('an error', ['reply not awaited'], 'RNA', { payload: encode({ t: T, y: 'e', e: [429, 'no'] }) })
  t.deepEqual(repliedBy, [])
  isDropped('the right one', [], 'RNA')
  t.end()
})

test('replies to a recursive query are taken for a while, and not without end', t => {
  const { node, repliedBy, receive } = createAsker(t)
  const letters = [...'abcdefghijklmnopqrstuvwxyz']
  const dropped = letters.filter(letter => receive(`${letter}NA`).length > 0)
  t.equal(repliedBy.length, MAX_REPLIES)
  t.deepEqual(dropped, letters.slice(MAX_REPLIES))
  node.recursion.sent(Buffer.from('2'), hexOf('N'), () => {})
  node.clock.move(LIFETIME)
  node.recursion.sent(Buffer.from('3'), hexOf('N'), () => repliedBy.push('3'))
  const reply = (t: string) => receive('RNA', { transaction: Buffer.from(t), payload: replyBytes('R', t) })
  t.deepEqual(reply('2'), ['reply not awaited'])
  t.deepEqual(reply('3'), [])
  t.equal(repliedBy.at(-1), '3')
  t.end()
})
