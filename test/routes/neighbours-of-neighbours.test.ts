/** What nodes tell their neighbours of each other: when, how much of it, and what is made of it. */

import test, { type Test } from 'tape'
import { INTRODUCE } from '../../src/extensions.js'
import { Id } from '../../src/id.js'
import { MAX_NEIGHBOURS } from '../../src/krpc/fields.js'
import type { Route } from '../../src/routes/route.js'
import { encode } from '../../src/wire/bencode.js'
import { joinIds, splitIds } from '../../src/wire/compact.js'
import { bytesOf, idOf, lettersOf, pathOf } from '../helpers/fake-neighbours.js'
import { createRouteNode, frameTo, only, type RouteNode } from '../helpers/route-node.js'

/** Milliseconds, as src/routes/neighbours-of-neighbours.ts has them. */
const FIRST_PAUSE = 5000
const LONGEST_PAUSE = 60_000

const listOf = (letters: string) => joinIds(pathOf(letters))

const tellBytes = (by: string, letters: string) =>
  encode({ t: 'nn', y: 'q', q: 'neighbours', a: { id: bytesOf(by), neighbours: listOf(letters) } })

/** Has a neighbour say whom it is connected to. */
function tell({ neighbours, receive }: RouteNode, by: string, letters: string): void {
  receive(by, tellBytes(by, letters))
  neighbours.takeMessages(by)
}

/** What a neighbour was told since the last time, and has answered: lists of letters. */
function toldTo({ neighbours, receive }: RouteNode, letter: string): string[] {
  return neighbours.takeMessages(letter).flatMap(message => {
    if (message.kind !== 'query' || message.method !== 'neighbours') return []
    receive(letter, encode({ t: message.transaction, y: 'r', r: { id: bytesOf(letter) } }))
    return lettersOf(splitIds(message.args.neighbours as Buffer, 20))
  })
}

/** A node A with these neighbours. */
function createNode(t: Test, letters: string): RouteNode {
  const node = createRouteNode(t)
  node.routes.neighboursOfNeighbours.start()
  for (const letter of letters) node.neighbours.add(letter)
  return node
}

test('gossip tells each neighbour about the other neighbours', t => {
  const node = createNode(t, 'BCD')
  node.clock.move(FIRST_PAUSE - 1)
  t.deepEqual(toldTo(node, 'B'), [])
  node.clock.move(1000)
  t.deepEqual(
    ['B', 'C', 'D'].map(letter => toldTo(node, letter)),
    [['CD'], ['BD'], ['BC']]
  )
  t.end()
})

test('the list of a neighbour is copied, so that it does not keep its message in memory', t => {
  const node = createNode(t, 'B')
  const message = tellBytes('B', 'XY')
  node.receive('B', message)
  message.fill('Z')
  const ways = node.routes.neighboursOfNeighbours.waysTo(idOf('X'), 2).map(({ id }) => id)
  t.deepEqual(ways, [idOf('X'), idOf('Y')])
  t.end()
})

test('gossip is repeated when the neighbours have changed', t => {
  const node = createNode(t, 'BC')
  node.clock.move(FIRST_PAUSE)
  t.deepEqual([toldTo(node, 'B'), toldTo(node, 'C')], [['C'], ['B']])
  node.clock.move(3 * LONGEST_PAUSE)
  t.deepEqual(toldTo(node, 'B'), [], 'nothing has')
  node.neighbours.add('D')
  node.clock.move(1000)
  t.deepEqual(toldTo(node, 'B'), ['CD'])
  node.neighbours.get('C').close('destroyed')
  node.clock.move(FIRST_PAUSE)
  t.deepEqual(toldTo(node, 'D'), ['B'])
  node.clock.move(LONGEST_PAUSE)
  t.deepEqual(toldTo(node, 'B'), ['D'])
  t.end()
})

test('frequent changes are told after pauses that double, up to a minute', t => {
  const node = createNode(t, 'B')
  const toldAt: number[] = [0]
  for (let second = 1; second <= 300; second++) {
    node.clock.move(1000)
    node.neighbours.add(String.fromCodePoint(0x100 + second))
    if (toldTo(node, 'B').length > 0) toldAt.push(second)
  }
  const pauses = toldAt.slice(1).map((second, i) => second - (toldAt[i] as number))
  t.deepEqual(pauses, [5, 10, 20, 40, 60, 60, 60])
  t.end()
})

test('gossip goes to a few neighbours at a time', t => {
  const letters = 'BCDEFGHIJ'
  const node = createNode(t, letters)
  const countTold = () => [...letters].flatMap(letter => toldTo(node, letter)).length
  node.clock.move(FIRST_PAUSE)
  t.equal(countTold(), 4)
  node.clock.move(1000)
  t.equal(countTold(), 4)
  node.clock.move(1000)
  t.equal(countTold(), 1)
  t.end()
})

test('neighbours that take no frames get no gossip, and are not named in it', t => {
  const node = createNode(t, 'BC')
  node.neighbours.add('D', [INTRODUCE])
  node.clock.move(FIRST_PAUSE)
  t.deepEqual([toldTo(node, 'B'), toldTo(node, 'D')], [['C'], []])
  t.end()
})

test('gossip names the oldest connections, at most as many as a message holds', t => {
  const node = createNode(t, 'B')
  const letters = String.fromCodePoint(...Array.from({ length: MAX_NEIGHBOURS + 1 }, (_, i) => 0x100 + i))
  for (const letter of letters) node.neighbours.add(letter)
  node.clock.move(FIRST_PAUSE)
  const [message] = node.neighbours.takeMessages('B')
  const told = message?.kind === 'query' && (message.args.neighbours as Buffer)
  t.deepEqual(told, listOf(letters.slice(0, MAX_NEIGHBOURS)))
  t.end()
})

test('a neighbour’s list is acknowledged, and leads to nodes one relay away', t => {
  const node = createNode(t, 'BC')
  t.deepEqual(node.receive('B', tellBytes('B', 'XY')), [])
  t.equal(only(node.neighbours.takeMessages('B')).kind, 'reply')
  tell(node, 'C', 'YZ')
  const nearest = node.routes.nearest(idOf('Z'), 2)
  t.deepEqual(
    nearest.map(({ id }) => lettersOf([id])),
    ['Z', 'X']
  )
  t.deepEqual(node.routes.relaysTo(idOf('Z')), [idOf('C')])
  t.deepEqual(
    node.routes.nearest(idOf('Y'), 8).map(({ id }) => lettersOf([id])),
    ['Y', 'X', 'Z']
  )
  t.equal(node.table.addresses.relaysTo(idOf('Y')).length, 2, 'both ways to it are kept')
  t.end()
})

test('a target shorter than an id finds nodes, too', t => {
  const node = createNode(t, 'B')
  tell(node, 'B', 'XY')
  for (const length of [0, 1, 3]) t.equal(node.routes.nearest(Id.of(Buffer.alloc(length, 'X')), 8).length, 2)
  t.end()
})

test('connected nodes and the node itself are not found behind relays', t => {
  const node = createNode(t, 'BC')
  tell(node, 'B', 'ACX')
  t.deepEqual(
    node.routes.nearest(idOf('C'), 8).map(({ id }) => lettersOf([id])),
    ['X']
  )
  t.end()
})

test('connected nodes do not displace others from the result', t => {
  const node = createNode(t, 'BCDE')
  tell(node, 'B', 'ACDEX')
  t.equal(node.routes.neighboursOfNeighbours.waysTo(idOf('C'), 1).length, 1)
  t.end()
})

test('a silent neighbour is no relay', t => {
  const node = createNode(t, 'B')
  tell(node, 'B', 'X')
  node.neighbours.get('B').isSilent = true
  t.deepEqual(node.routes.neighboursOfNeighbours.waysTo(idOf('X'), 1), [])
  t.end()
})

test('a closed node sends no gossip', t => {
  const node = createNode(t, 'B')
  const before = node.clock.pending
  node.routes.neighboursOfNeighbours.close()
  t.equal(node.clock.pending, before - 1)
  t.end()
})

test('a new list replaces the old one, and is forgotten with the connection', t => {
  const node = createNode(t, 'BC')
  const ways = () => lettersOf(node.routes.neighboursOfNeighbours.waysTo(idOf('X'), 8).map(({ id }) => id))
  tell(node, 'B', 'XY')
  tell(node, 'B', 'Y')
  t.equal(ways(), 'Y')
  node.neighbours.get('B').close('destroyed')
  t.equal(ways(), '')
  t.end()
})

test('a failed way is forgotten: the neighbour may have invented the node', t => {
  const node = createNode(t, 'BC')
  for (const relay of ['B', 'C']) tell(node, relay, 'XY')
  node.routes.nearest(idOf('X'), 8)
  t.notOk(node.ask(node.routes.to(idOf('X')) as Route).isOver)
  const first = ['B', 'C'].find(letter => {
    const [frame] = node.neighbours.take(letter)
    if (!frame) return false
    const report = { ...frame, path: [...frame.path.slice(0, 2)].reverse(), payload: null, failure: 404 }
    t.deepEqual(node.receive(letter, report), [])
    return true
  })
  const ways = node.routes.neighboursOfNeighbours
    .waysTo(idOf('X'), 8)
    .map(({ id, relay }) => lettersOf([id, relay]))
  t.notOk(ways.includes(`X${first}`))
  t.equal(ways.length, 3, 'the others are not')
  t.end()
})

test('of many ways the ones to the nearest nodes are given', t => {
  const node = createNode(t, 'B')
  tell(node, 'B', 'QRSTUVWXYZ')
  const ids = node.routes.neighboursOfNeighbours.waysTo(idOf('Z'), 1).map(({ id }) => id)
  t.equal(lettersOf(ids), 'ZXY', 'three for each node that is wanted')
  t.end()
})

test('a list tells how near to the neighbour its nearest nodes are, this one included', t => {
  const node = createNode(t, 'BCD')
  tell(node, 'B', 'CDEFGHIJKLMNOP')
  tell(node, 'C', 'BDE')
  const distances = [...'ACDEFGHIJKLMNOP'].map(letter => (idOf('B').prefix ^ idOf(letter).prefix) >>> 0)
  t.deepEqual(node.routes.neighboursOfNeighbours.spans, [distances.sort((a, b) => a - b)[7]])
  t.end()
})

test('a list that comes over a route, or from a node without `route`, is ignored', t => {
  const node = createNode(t, 'B')
  node.neighbours.add('C', [INTRODUCE])
  tell(node, 'C', 'X')
  node.receive('B', frameTo('DBA', { payload: tellBytes('D', 'X') }))
  tell(node, 'C', 'KLMNOPQRST')
  t.deepEqual(node.routes.neighboursOfNeighbours.waysTo(idOf('X'), 8), [])
  t.deepEqual(node.routes.neighboursOfNeighbours.spans, [], 'nor does it say how dense the nodes are')
  t.end()
})
