/** Both ends of routes, and the relays between: a real table, real routes, and connections that lead nowhere. */

import test, { type Test } from 'tape'
import type { DropReason } from '../../src/counters.js'
import { INTRODUCE } from '../../src/extensions.js'
import type { Query } from '../../src/krpc/ledger.js'
import type { Route } from '../../src/routes/route.js'
import { encode } from '../../src/wire/bencode.js'
import { encodeFrame, type Frame, FrameView, MAX_PAYLOAD_BYTES } from '../../src/wire/frame.js'
import { encodeQuery } from '../../src/wire/message.js'
import { bytesOf, idOf, lettersOf } from '../helpers/fake-neighbours.js'
import { createMessageParser } from '../helpers/parse.js'
import {
  createRouteNode,
  frameTo,
  LIFETIME,
  only,
  queryBytes,
  type RouteNode,
  replyBytes,
  withoutSize
} from '../helpers/route-node.js'

/** As src/routes/route.ts has them. */
const REPEAT_AFTER = 500
const MAX_PATHS = 4

const parse = createMessageParser(20)

/** Sends a query on a route to a node. */
function ask(node: RouteNode, target: string, { mayRepeat = true } = {}): { route: Route; query: Query } {
  const route = node.routes.to(idOf(target), { mayRepeat })
  if (!route) throw new Error(`no route to ${target}`)
  const query = node.ask(route)
  if (query.isOver) throw new Error('not sent')
  return { route, query }
}

/** How the queries of a node ended, in that order. */
const endsOf = ({ ends }: RouteNode) => [...ends.values()].map(({ kind }) => kind)

/** The reply to a frame, as it comes in from the neighbour that the query went to. */
function replyTo({ transaction, path }: Frame, changes: Partial<Frame> = {}): Frame {
  const target = lettersOf(path.slice(-1))
  return frameTo('..', {
    transaction,
    path: [...path].reverse(),
    position: path.length - 1,
    payload: replyBytes(target, transaction),
    ...changes
  })
}

/** The report of a node on the path of a frame that it could not pass it on. */
function reportOn({ transaction, path }: Frame, by: string, failure = 404): Frame {
  const back = path.slice(0, path.findIndex(id => id.equals(idOf(by))) + 1).reverse()
  return { transaction, path: back, position: back.length - 1, payload: null, failure }
}

/** Two ways from A to T: over N and R, and over M, P and S, which is longer. */
function createTwoWays(t: Test): RouteNode {
  const node = createRouteNode(t)
  for (const letter of ['N', 'M']) node.neighbours.add(letter)
  for (const [relay, target] of ['NR', 'RT', 'MP', 'PS', 'ST'])
    node.neighbours.leads(relay as string, target as string)
  return node
}

test('a query carries its whole path, and its reply is accepted on the same path', async t => {
  const node = createTwoWays(t)
  const { query } = ask(node, 'T')
  const frame = only(node.neighbours.take('N'))
  t.equal(lettersOf(frame.path), 'ANRT', 'the cheapest')
  t.equal(frame.position, 1)
  t.deepEqual(frame.transaction, query.transaction, 'the frame has the transaction id of its query')
  t.deepEqual(frame.payload, queryBytes('A', query.transaction))
  t.deepEqual(node.receive('N', replyTo(frame)), [])
  t.deepEqual(withoutSize(node.ends.get(query)), { kind: 'replied', values: { id: bytesOf('T') } })
  t.equal(node.messages[0]?.kind, 'reply', 'it is handed up, too')
  t.equal(node.clock.pending, 0, 'nothing waits any more')
})

test('a reply is accepted once: a duplicate is dropped', async t => {
  const node = createTwoWays(t)
  ask(node, 'T')
  const reply = replyTo(only(node.neighbours.take('N')))
  node.receive('N', reply)
  t.deepEqual(node.receive('N', reply), ['reply not awaited'])
  t.deepEqual(endsOf(node), ['replied'])
  t.equal(node.messages.length, 1)
})

test('a reply is accepted only on exactly the path of its query', async t => {
  const node = createTwoWays(t)
  for (const letter of ['R', 'T']) node.neighbours.add(letter)
  node.neighbours.get('R').close('no room')
  node.neighbours.get('T').close('no room')
  ask(node, 'T')
  const frame = only(node.neighbours.take('N'))
  const others: [what: string, from: string, letters: string][] = [
    ['another relay', 'N', 'TSNA'],
    ['a relay less', 'N', 'TNA'],
    ['a relay more', 'N', 'TRSNA'],
    ['another neighbour', 'M', 'TSPMA']
  ]
  for (const [what, from, letters] of others) {
    const { transaction } = frame
    const reply = frameTo(letters, { transaction, payload: replyBytes('T', transaction) })
    t.deepEqual(node.receive(from, reply), ['reply not awaited'], what)
  }
  t.deepEqual(node.receive('M', replyTo(frame)), ['wrong path'], 'the right path, from another neighbour')
  t.deepEqual(
    node.receive('N', replyTo(frame, { transaction: Buffer.from('other') })),
    ['reply not awaited'],
    'another transaction of the frame'
  )
  t.deepEqual(endsOf(node), [])
  t.deepEqual(node.messages, [])
  t.deepEqual(node.receive('N', replyTo(frame)), [], 'it still waits for the right one')
  t.deepEqual(endsOf(node), ['replied'])
})

test('a reply with another id than the queried node’s is dropped', async t => {
  const node = createTwoWays(t)
  ask(node, 'T')
  const frame = only(node.neighbours.take('N'))
  for (const by of ['R', 'N', 'A', 'X']) {
    const reply = replyTo(frame, { payload: replyBytes(by, frame.transaction) })
    t.deepEqual(node.receive('N', reply), ['wrong path'], by)
  }
  t.deepEqual(endsOf(node), [])
  t.deepEqual(node.receive('N', replyTo(frame)), [], 'it still waits for the right one')
})

test('a framed query accepts only a framed reply, and a direct query only a direct one', async t => {
  const node = createTwoWays(t)
  ask(node, 'T')
  const frame = only(node.neighbours.take('N'))
  const { transaction } = node.ask(node.neighbours.get('N'))
  const payload = replyBytes('T', transaction)
  t.deepEqual(node.receive('N', replyTo(frame, { payload })), ['reply not awaited'])
  t.deepEqual(node.receive('N', replyTo(frame, { transaction, payload })), ['reply not awaited'])
  t.deepEqual(node.receive('N', replyBytes('N', frame.transaction)), ['reply not awaited'])
  t.deepEqual(endsOf(node), [])
  t.deepEqual(node.messages, [])
})

test('an error ends its query, as a reply does', async t => {
  const node = createTwoWays(t)
  ask(node, 'T')
  const frame = only(node.neighbours.take('N'))
  const payload = encode({ t: frame.transaction, y: 'e', e: [203, 'no'] })
  t.deepEqual(node.receive('N', replyTo(frame, { payload })), [])
  t.deepEqual(endsOf(node), ['refused'])
  t.equal(node.messages[0]?.kind, 'error')
})

test('after error 404 a relay is not used for that node again, and the query takes another path', async t => {
  const node = createTwoWays(t)
  ask(node, 'T')
  const frame = only(node.neighbours.take('N'))
  t.deepEqual(node.receive('N', reportOn(frame, 'R')), [])
  t.equal(node.table.counters.frames.returned, 1)
  t.deepEqual(node.table.addresses.relaysTo(idOf('T')), [idOf('S')], 'R does not lead to T')
  t.deepEqual(node.table.addresses.relaysTo(idOf('R')), [idOf('N')], 'N does lead to R')
  const second = only(node.neighbours.take('M'))
  t.equal(lettersOf(second.path), 'AMPST')
  t.deepEqual(second.payload, frame.payload)
  t.deepEqual(node.receive('M', replyTo(second)), [])
  t.deepEqual(endsOf(node), ['replied'])
})

test('after error 429 a relay is avoided, but not forgotten', async t => {
  const node = createTwoWays(t)
  node.neighbours.leads('M', 'T') // as short
  node.neighbours.leads('N', 'T')
  ask(node, 'T')
  const first = only(node.neighbours.take('N'))
  t.equal(lettersOf(first.path), 'ANT')
  t.deepEqual(node.receive('N', reportOn(first, 'N', 429)), [])
  t.equal(lettersOf(only(node.neighbours.take('M')).path), 'AMT')
  t.ok(
    node.table.addresses.relaysTo(idOf('T')).some(id => id.equals(idOf('N'))),
    'it leads there all the same'
  )
  ask(node, 'T')
  t.equal(lettersOf(only(node.neighbours.take('M')).path), 'AMT', 'the next query avoids it')
})

test('a query without a working path fails at once', async t => {
  const node = createTwoWays(t)
  const { route } = ask(node, 'T')
  node.receive('N', reportOn(only(node.neighbours.take('N')), 'N'))
  t.deepEqual(endsOf(node), [], 'there is another path')
  t.notOk(route.isLost)
  node.receive('M', reportOn(only(node.neighbours.take('M')), 'S'))
  t.deepEqual(endsOf(node), ['failed'])
  t.ok(route.isLost, 'nobody has seen what was sent')
  t.equal(node.routes.to(idOf('T')), undefined)
  t.equal(node.clock.pending, 0)
})

test('a report about no frame of ours is dropped, and changes nothing', async t => {
  const node = createTwoWays(t)
  ask(node, 'T')
  const frame = only(node.neighbours.take('N'))
  const { transaction } = frame
  const report = (letters: string, changes: Partial<Frame> = {}) =>
    frameTo(letters, { transaction, payload: null, failure: 404, ...changes })
  const isDropped = (what: string, from: string, frame: Frame) =>
    t.deepEqual(node.receive(from, frame), ['reply not awaited'], what)
  isDropped('another transaction', 'N', report('RNA', { transaction: Buffer.from('x') }))
  isDropped('by the node that it is for', 'N', report('TRNA'))
  isDropped('by one who is not on the path', 'N', report('SNA'))
  isDropped('from another path', 'M', report('PMA'))
  isDropped('by a neighbour that did not get it', 'M', report('MA'))
  t.deepEqual(node.receive('M', report('RNA')), ['wrong path'], 'by a neighbour that it does not come from')
  t.equal(node.table.counters.frames.returned, 0)
  t.deepEqual(node.neighbours.take('M'), [], 'nothing was sent')
  t.deepEqual(node.table.addresses.relaysTo(idOf('T')), [idOf('R'), idOf('S')], 'nothing was forgotten')
  t.deepEqual(node.receive('N', report('RNA')), [], 'the right one counts…')
  isDropped('… once', 'N', report('RNA'))
})

test('a report about a finished query is dropped, also if the query was recursive', async t => {
  const node = createTwoWays(t)
  const query = node.open()
  query.recursive = { neighbour: idOf('N'), repliedBy: new Set(), onReply: () => {} }
  query.send(node.routes.to(idOf('T')) as Route, { id: bytesOf('A'), target: bytesOf('Z') })
  const frame = only(node.neighbours.take('N'))
  node.clock.move(REPEAT_AFTER)
  t.deepEqual(node.receive('M', replyTo(only(node.neighbours.take('M')))), [])
  t.deepEqual(node.receive('N', reportOn(frame, 'R')), ['reply not awaited'])
  t.equal(node.table.counters.frames.returned, 0)
  t.deepEqual(node.table.addresses.relaysTo(idOf('T')), [idOf('R'), idOf('S')], 'nothing was forgotten')
})

test('a query without a reply is repeated by another path, if there is one', async t => {
  const node = createTwoWays(t)
  ask(node, 'T')
  const first = only(node.neighbours.take('N'))
  node.clock.move(REPEAT_AFTER - 1)
  t.deepEqual(node.neighbours.take('M'), [])
  node.clock.move(1)
  t.equal(lettersOf(only(node.neighbours.take('M')).path), 'AMPST', 'over other relays, though it is longer')
  t.deepEqual(node.neighbours.take('N'), [])
  node.clock.move(LIFETIME - REPEAT_AFTER - 1)
  t.deepEqual([...node.neighbours.take('N'), ...node.neighbours.take('M')], [], 'by no path twice')
  t.deepEqual(endsOf(node), [], 'it may still be on its way')
  t.deepEqual(node.receive('N', replyTo(first)), [], 'a late reply is taken')
  t.deepEqual(endsOf(node), ['replied'])
})

test('a query without a reply takes a path that is learnt meanwhile', async t => {
  const node = createRouteNode(t)
  for (const letter of ['M', 'N']) node.neighbours.add(letter)
  node.neighbours.leads('N', 'T')
  ask(node, 'T')
  node.neighbours.take('N')
  node.clock.move(REPEAT_AFTER)
  t.deepEqual([...node.neighbours.take('N'), ...node.neighbours.take('M')], [], 'there is no other path')
  node.neighbours.leads('M', 'T')
  node.clock.move(REPEAT_AFTER)
  t.equal(lettersOf(only(node.neighbours.take('M')).path), 'AMT')
  node.clock.move(LIFETIME - 2 * REPEAT_AFTER - 1)
  t.deepEqual([...node.neighbours.take('N'), ...node.neighbours.take('M')], [], 'by no path twice')
})

/** Two ways that are as long: over N, and over M. */
function createEqualWays(t: Test): RouteNode {
  const node = createRouteNode(t)
  for (const letter of ['M', 'N']) {
    node.neighbours.add(letter)
    node.neighbours.leads(letter, 'T')
  }
  return node
}

/** Has a neighbour answer a query, after so many milliseconds. */
function answer(node: RouteNode, letter: string, roundTrip: number): void {
  const { transaction } = node.ask(node.neighbours.get(letter))
  node.neighbours.takeMessages(letter)
  node.clock.move(roundTrip)
  node.receive(letter, replyBytes(letter, transaction))
}

/** Has a neighbour leave a query unanswered. */
function miss(node: RouteNode, letter: string): void {
  node.clock.move(1)
  node.ask(node.neighbours.get(letter), { timeout: 1 })
  node.neighbours.takeMessages(letter)
  node.clock.move(1)
}

/** Has a query on a route get lost: it ends without a reply before it would go by another path. */
function lose(node: RouteNode, target: string): void {
  const route = node.routes.to(idOf(target))
  if (!route) throw new Error(`no route to ${target}`)
  node.ask(route, { timeout: 1 })
  node.clock.move(1)
}

test('among paths of equal length, the one over the fastest neighbour is used', t => {
  const node = createEqualWays(t)
  const isOver = (letter: string) => {
    ask(node, 'T')
    t.equal(lettersOf(only(node.neighbours.take(letter)).path), `A${letter}T`)
  }
  answer(node, 'N', 100)
  isOver('N') // of M nothing is known
  answer(node, 'M', 50)
  isOver('M')
  answer(node, 'N', 10)
  isOver('N')
  answer(node, 'N', 200) // it was busy; the way is no longer for that
  isOver('N')
  t.end()
})

test('the routes of a lookup have different first relays, where there is a choice', t => {
  const node = createRouteNode(t)
  for (const relay of 'MN') {
    node.neighbours.add(relay)
    for (const target of 'TU') node.neighbours.leads(relay, target)
  }
  node.neighbours.leads('M', 'V')
  const usedRelays = new Set<string>()
  const over = (target: string) => node.routes.to(idOf(target), { usedRelays })?.via
  const both = [over('T'), over('U')].flatMap(id => id ?? [])
  t.equal(lettersOf(both.sort((a, b) => a.prefix - b.prefix)), 'MN')
  t.ok(over('V')?.equals(idOf('M')), 'the only one is used again')
  t.equal(usedRelays.size, 2)
  t.end()
})

test('a query of a lookup goes out over the relay that its route was chosen for', t => {
  const node = createRouteNode(t)
  for (const relay of 'MN') {
    node.neighbours.add(relay)
    node.neighbours.leads(relay, 'T')
  }
  const route = node.routes.to(idOf('T'), { usedRelays: new Set() }) as Route
  const [relay] = lettersOf([route.via ?? idOf('?')])
  node.ask(route)
  t.equal(lettersOf(only(node.neighbours.take(relay as string)).path), `A${relay}T`)
  t.end()
})

test('a relay that leads to many nodes is used where no other leads to the node', t => {
  for (const broad of 'MN') {
    const node = createRouteNode(t)
    for (const relay of 'MN') {
      node.neighbours.add(relay)
      node.neighbours.leads(relay, 'T')
    }
    node.neighbours.leads(broad, 'U')
    const many = Buffer.concat(Array.from({ length: 64 }, (_, i) => Buffer.alloc(20, i + 128)))
    node.routes.neighboursOfNeighbours.toldBy(node.neighbours.get(broad), many)
    t.notOk(node.routes.to(idOf('T'))?.via?.equals(idOf(broad)))
    t.ok(node.routes.to(idOf('U'))?.via?.equals(idOf(broad)))
  }
  t.end()
})

test('of many relays to a node those that lead to the fewest nodes are remembered', t => {
  for (const broad of 'MNOPQ') {
    const node = createRouteNode(t)
    const many = Buffer.concat(Array.from({ length: 64 }, (_, i) => Buffer.alloc(20, i + 128)))
    for (const relay of 'MNOPQ') {
      const list = Buffer.concat([bytesOf('X'), ...(relay === broad ? [many] : [])])
      node.routes.neighboursOfNeighbours.toldBy(node.neighbours.add(relay), list)
    }
    node.routes.nearest(idOf('X'), 8)
    const relays = lettersOf(node.table.addresses.relaysTo(idOf('X')))
    t.equal([...relays].sort().join(''), 'MNOPQ'.replace(broad, ''))
  }
  t.end()
})

test('a longer path over a faster neighbour is not used', t => {
  const node = createTwoWays(t)
  answer(node, 'N', 500)
  answer(node, 'M', 1)
  ask(node, 'T')
  t.equal(lettersOf(only(node.neighbours.take('N')).path), 'ANRT')
  t.end()
})

test('a search can begin with the nearest nodes that are one relay away', t => {
  const node = createRouteNode(t)
  const { neighbours, routes, table } = node
  for (const letter of ['M', 'N']) neighbours.add(letter)
  neighbours.add('O', [INTRODUCE])
  for (const [relay, target] of ['NR', 'MR', 'NS', 'MU', 'RV', 'OW'])
    neighbours.leads(relay as string, target as string)
  table.addresses.learn(idOf('X'), idOf('N'))
  const nearest = (letter: string, count: number) =>
    lettersOf(routes.nearest(idOf(letter), count).map(({ id }) => id))
  t.equal(
    nearest('S', 8),
    'SRU',
    'not V, which is two relays away; not W and X, to which nobody passes frames on'
  )
  t.equal(nearest('U', 1), 'U')
  t.deepEqual(routes.nearest(idOf('S'), 1), [{ id: idOf('S'), ...table.addresses.addressOf(idOf('S')) }])
  miss(node, 'N')
  t.equal(nearest('S', 8), 'RU', 'not over a neighbour that is silent')
  neighbours.add('U')
  t.equal(nearest('S', 8), 'R', 'a node that is connected is known to the search anyway')
  t.end()
})

test('a repeated query avoids suspected relays, and the first of both replies counts', async t => {
  for (const isFirst of [true, false]) {
    const node = createEqualWays(t)
    ask(node, 'T')
    const first = only(node.neighbours.take('N'))
    node.clock.move(REPEAT_AFTER)
    const second = only(node.neighbours.take('M'))
    t.equal(lettersOf(second.path), 'AMT')
    t.deepEqual(second.transaction, first.transaction)
    t.deepEqual(second.payload, first.payload)
    t.deepEqual(isFirst ? node.receive('N', replyTo(first)) : node.receive('M', replyTo(second)), [])
    t.deepEqual(isFirst ? node.receive('M', replyTo(second)) : node.receive('N', replyTo(first)), [
      'reply not awaited'
    ])
    t.deepEqual(endsOf(node), ['replied'])
    node.clock.restore()
  }
})

test('an abandoned query is not repeated', async t => {
  const node = createEqualWays(t)
  const { query } = ask(node, 'T')
  query.fail(new Error('cancelled'))
  t.equal(node.clock.pending, 0)
  node.clock.move(2 * REPEAT_AFTER)
  t.deepEqual(node.neighbours.take('M'), [])
})

test('a query is tried by a limited number of paths', async t => {
  const node = createRouteNode(t)
  const letters = [...'BCDEFG']
  for (const [i, letter] of letters.entries()) {
    node.neighbours.add(letter)
    node.neighbours.leads(letter, 'XYZ'[i % 3] as string)
  }
  for (const letter of 'XYZ') node.neighbours.leads(letter, 'T')
  ask(node, 'T')
  node.clock.move(LIFETIME)
  const frames = letters.flatMap(letter => node.neighbours.take(letter))
  t.equal(frames.length, MAX_PATHS, 'of six')
  t.equal(new Set(frames.map(({ path }) => lettersOf(path))).size, MAX_PATHS, 'each of them another one')
})

test('a suspected relay is avoided until a reply has come over it', async t => {
  const node = createEqualWays(t)
  node.neighbours.leads('N', 'S')
  lose(node, 'S')
  t.equal(node.neighbours.take('N').length, 1)
  ask(node, 'T')
  t.equal(node.neighbours.take('N').length, 0)
  node.receive('M', replyTo(only(node.neighbours.take('M'))))
  node.neighbours.get('M').close('disconnected')
  ask(node, 'T')
  node.receive('N', replyTo(only(node.neighbours.take('N'))))
  node.neighbours.add('M')
  ask(node, 'T')
  t.equal(lettersOf(only(node.neighbours.take('N')).path), 'ANT', 'it is as good as before')
})

test('a relay is not used again for a node that did not reply: it may have invented the node', t => {
  const node = createEqualWays(t)
  ask(node, 'T')
  node.clock.move(LIFETIME)
  t.deepEqual(endsOf(node), ['failed'])
  t.equal(node.routes.to(idOf('T')), undefined, 'it has been asked over both')
  t.deepEqual(node.routes.nearest(idOf('T'), 1), [])
  node.neighbours.leads('M', 'T')
  t.ok(node.routes.to(idOf('T')), 'until a relay says so again')
  t.end()
})

test('after a minute a relay is no longer suspected', async t => {
  const node = createEqualWays(t)
  node.neighbours.leads('N', 'S')
  lose(node, 'S')
  node.neighbours.take('N')
  node.clock.move(60_000)
  ask(node, 'T')
  t.equal(lettersOf(only(node.neighbours.take('N')).path), 'ANT')
})

test('an offer is never repeated: its target must not answer it twice', async t => {
  const node = createEqualWays(t)
  ask(node, 'T', { mayRepeat: false })
  t.equal(node.neighbours.take('N').length, 1)
  node.clock.move(LIFETIME)
  t.deepEqual(node.neighbours.take('M'), [])
})

test('an offer that a relay reports as not relayed takes another path', async t => {
  const node = createEqualWays(t)
  const { route } = ask(node, 'T', { mayRepeat: false })
  node.receive('N', reportOn(only(node.neighbours.take('N')), 'N'))
  t.equal(node.neighbours.take('M').length, 1)
  t.notOk(route.isLost)
})

test('an offer is not sent again if its neighbour closes: the neighbour may have relayed it', async t => {
  const node = createEqualWays(t)
  const { route } = ask(node, 'T', { mayRepeat: false })
  t.equal(node.neighbours.take('N').length, 1)
  node.neighbours.get('N').close('disconnected')
  t.deepEqual(node.neighbours.take('M'), [], 'it is not sent again')
  t.notOk(route.isLost, 'somebody may have it')
  t.deepEqual(endsOf(node), ['failed'], 'who sent it need not wait')
  t.deepEqual(node.table.addresses.relaysTo(idOf('T')), [idOf('N'), idOf('M')], 'and no relay is to blame')
  t.equal(node.routes.costs.of(idOf('N')), 0)
})

test('when a neighbour closes, the queries over it take another path or fail at once', async t => {
  const node = createEqualWays(t)
  const { route } = ask(node, 'T')
  t.equal(node.neighbours.take('N').length, 1)
  node.neighbours.get('N').close('disconnected')
  t.equal(lettersOf(only(node.neighbours.take('M')).path), 'AMT')
  t.deepEqual(endsOf(node), [])
  node.neighbours.get('M').close('disconnected')
  t.deepEqual(endsOf(node), ['failed'])
  t.ok(route.isLost)
  t.equal(node.clock.pending, 0)
})

test('when a neighbour closes, a query that went over it twice fails at once', async t => {
  const node = createRouteNode(t)
  node.neighbours.add('N')
  for (const [relay, target] of ['NR', 'NS', 'RT', 'ST'])
    node.neighbours.leads(relay as string, target as string)
  ask(node, 'T')
  node.clock.move(REPEAT_AFTER)
  t.equal(node.neighbours.take('N').length, 2)
  node.neighbours.get('N').close('disconnected')
  t.deepEqual(endsOf(node), ['failed'])
})

test('a path begins with a neighbour that speaks `route` and is not silent', async t => {
  const node = createEqualWays(t)
  node.neighbours.get('N').extensions = new Set([INTRODUCE])
  t.deepEqual(node.routes.to(idOf('T'))?.via, idOf('M'))
  node.neighbours.get('M').isSilent = true
  t.equal(node.routes.to(idOf('T')), undefined)
})

test('a node that was connected meanwhile gets no frame from this node', async t => {
  const node = createEqualWays(t)
  const route = node.routes.to(idOf('T')) as Route
  ask(node, 'T')
  t.equal(node.neighbours.take('N').length, 1)
  node.neighbours.add('T')
  node.clock.move(REPEAT_AFTER)
  const late = node.ask(route)
  t.deepEqual(node.neighbours.takeMessages('T'), [], 'it would not be one: neighbours need no frame')
  t.equal(node.ends.get(late)?.kind, 'failed')
})

test('a query too long for a frame is not sent', async t => {
  const node = createEqualWays(t)
  const argsOf = (length: number) => ({ id: bytesOf('A'), x: Buffer.alloc(length) })
  const overhead =
    encodeQuery(Buffer.alloc(2), 'find_node', argsOf(MAX_PAYLOAD_BYTES)).length - MAX_PAYLOAD_BYTES
  const send = (length: number) => {
    const route = node.routes.to(idOf('T')) as Route
    return { route, query: node.ask(route, { args: argsOf(length - overhead) }) }
  }
  const long = send(MAX_PAYLOAD_BYTES + 1)
  t.equal(node.ends.get(long.query)?.kind, 'failed')
  t.ok(long.route.isLost, 'nobody has seen it')
  t.deepEqual(node.neighbours.take('N'), [])
  t.notOk(send(MAX_PAYLOAD_BYTES).query.isOver)
  t.equal(only(node.neighbours.take('N')).payload?.length, MAX_PAYLOAD_BYTES)
})

test('an offer is given back if its path is gone before it was sent', async t => {
  const node = createEqualWays(t)
  const route = node.routes.to(idOf('T'), { mayRepeat: false }) as Route
  for (const letter of ['N', 'M']) node.table.addresses.unlearn(idOf('T'), idOf(letter))
  t.equal(node.ends.get(node.ask(route))?.kind, 'failed')
  t.ok(route.isLost)
})

test('a query ends at its deadline, and a reply that comes later is dropped', async t => {
  const node = createEqualWays(t)
  ask(node, 'T', { mayRepeat: false })
  const first = only(node.neighbours.take('N'))
  node.clock.move(LIFETIME - 1)
  t.deepEqual(endsOf(node), [])
  node.clock.move(1)
  t.deepEqual(endsOf(node), ['failed'])
  t.equal(node.clock.pending, 0)
  t.deepEqual(node.receive('N', replyTo(first)), ['reply not awaited'])
})

test('concurrent queries to one node get their own replies', async t => {
  const node = createEqualWays(t)
  for (let i = 0; i < 100; i++) ask(node, 'T')
  const frames = node.neighbours.take('N')
  t.equal(new Set(frames.map(({ transaction }) => transaction.toString('hex'))).size, 100)
  const [first, second] = frames as [Frame, Frame]
  t.deepEqual(
    node.receive('N', replyTo(first, { payload: replyBytes('T', second.transaction) })),
    ['reply not awaited'],
    'the reply to another query'
  )
  t.deepEqual(node.receive('N', replyTo(second)), [])
})

test('after close no timer and no waiting query is left', async t => {
  const node = createEqualWays(t)
  const count = 10
  for (let i = 0; i < count; i++) ask(node, 'T', { mayRepeat: i % 2 === 0 })
  t.ok(node.clock.pending > 0)
  node.routes.close()
  t.equal(node.clock.pending, 0)
  t.deepEqual(endsOf(node), Array(count).fill('failed'))
})

test('a query in a frame reaches the listeners, and is answered along its path', async t => {
  const node = createRouteNode(t)
  node.neighbours.add('N')
  t.deepEqual(node.receive('N', frameTo('TRNA')), [])
  t.equal(node.messages[0]?.kind, 'query')
  t.deepEqual(
    node.receive(
      'N',
      frameTo('TRNA', { payload: encode({ t: 'pp', y: 'q', q: 'ping', a: { id: bytesOf('T') } }) })
    ),
    []
  )
  const reply = only(node.neighbours.take('N'))
  t.deepEqual([lettersOf(reply.path), reply.position], ['ANRT', 1])
  t.equal(reply.transaction.toString(), 'ffff', 'as the query had it')
  const message = parse(reply.payload as Buffer)
  t.deepEqual(message.kind === 'reply' && message.id, bytesOf('A'))
  t.equal(node.clock.pending, 0, 'nothing is waited for')
})

test('the path of a query teaches the way back to its sender', async t => {
  const node = createRouteNode(t)
  node.neighbours.add('N')
  node.receive('N', frameTo('TSRNA'))
  const relaysTo = (letter: string) => node.table.addresses.relaysTo(idOf(letter))
  t.deepEqual([relaysTo('T'), relaysTo('S'), relaysTo('R')], [[idOf('S')], [idOf('R')], [idOf('N')]])
  t.deepEqual(relaysTo('N'), [], 'it is a neighbour')
  ask(node, 'T')
  t.equal(lettersOf(only(node.neighbours.take('N')).path), 'ANRST')
})

test('a malformed query in a frame gets error 203 in a frame; a malformed reply gets no answer', async t => {
  const node = createEqualWays(t)
  const query = encode({ t: 'qq', y: 'q', q: 'find_node', a: { id: bytesOf('T') } })
  t.deepEqual(node.receive('N', frameTo('TRNA', { payload: query })), ['malformed'])
  const error = parse(only(node.neighbours.take('N')).payload as Buffer)
  t.equal(error.kind === 'error' && error.code, 203)
  ask(node, 'T')
  const frame = only(node.neighbours.take('N'))
  for (const payload of [encode({ t: frame.transaction, y: 'r', r: {} }), Buffer.from('rubbish')])
    t.deepEqual(node.receive('N', replyTo(frame, { payload })), ['malformed'])
  t.deepEqual(node.neighbours.take('N'), [])
  t.deepEqual(node.receive('N', replyTo(frame)), [], 'the right reply is still waited for')
})

test('`release` over a route is refused: there is no connection', async t => {
  const node = createRouteNode(t)
  node.neighbours.add('N')
  node.receive(
    'N',
    frameTo('TRNA', { payload: encode({ t: 'qq', y: 'q', q: 'release', a: { id: bytesOf('T') } }) })
  )
  const error = parse(only(node.neighbours.take('N')).payload as Buffer)
  t.equal(error.kind === 'error' && error.code, 409)
  t.ok(node.neighbours.get('N').isOpen)
})

test('a message in a frame must have the id of the first node of the path', async t => {
  const node = createRouteNode(t)
  node.neighbours.add('N')
  for (const by of ['R', 'N', 'A', 'X'])
    t.deepEqual(node.receive('N', frameTo('TRNA', { payload: queryBytes(by) })), ['wrong path'], by)
  t.deepEqual(node.messages, [])
})

test('a frame in a frame is dropped', async t => {
  const node = createRouteNode(t)
  for (const letter of ['N', 'B']) node.neighbours.add(letter)
  const inner = encodeFrame(frameTo('TNAB', { position: 2 }))
  t.deepEqual(node.receive('N', frameTo('TRNA', { payload: inner })), ['wrong path'])
  t.deepEqual([...node.neighbours.take('N'), ...node.neighbours.take('B')], [])
})

test('a relayed frame changes only its position', async t => {
  const node = createRouteNode(t)
  for (const letter of ['N', 'B']) node.neighbours.add(letter)
  const frame = frameTo('TNABZ', { position: 2 })
  const startedAt = performance.now()
  node.clock.move(5)
  t.deepEqual(node.receive('N', frame), [])
  t.deepEqual(only(node.neighbours.take('B')), { ...frame, position: 3 })
  t.deepEqual(node.neighbours.take('N'), [])
  t.equal(node.table.counters.frames.passedOn, 1)
  for (const letter of ['N', 'B'])
    t.ok(node.neighbours.get(letter).lastUsed > startedAt, `${letter} was of use`)
  const report = { ...frame, payload: null, failure: 404 }
  t.deepEqual(node.receive('N', report), [])
  t.deepEqual(only(node.neighbours.take('B')), { ...report, position: 3 }, 'reports likewise')
  t.deepEqual(node.messages, [])
})

test('a relay keeps no state: it relays a reply even without having seen the query', async t => {
  const node = createRouteNode(t)
  for (const letter of ['N', 'B']) node.neighbours.add(letter)
  const known = [...node.table.addresses.ids].length
  for (let i = 0; i < 50; i++) {
    const transaction = Buffer.from(`t${i}`)
    t.deepEqual(node.receive('N', frameTo('TNABZ', { position: 2, transaction })), [])
    t.deepEqual(
      node.receive('B', frameTo('XBANY', { position: 2, transaction, payload: replyBytes('X') })),
      []
    )
  }
  t.deepEqual([node.neighbours.take('B').length, node.neighbours.take('N').length], [50, 50])
  t.equal(node.clock.pending, 0, 'no timer')
  t.equal([...node.table.addresses.ids].length, known, 'no node')
  t.deepEqual(
    [...node.table.all].map(({ awaited }) => awaited.size),
    [0, 0],
    'no query'
  )
})

test('a frame that cannot be relayed is reported back with code 404', async t => {
  const node = createRouteNode(t)
  for (const letter of ['N', 'B', 'C', 'D']) node.neighbours.add(letter)
  node.neighbours.get('C').extensions = new Set([INTRODUCE])
  node.neighbours.get('D').isSilent = true
  const cases: [what: string, letters: string][] = [
    ['the next node is not connected', 'TNAXZ'],
    ['the next node does not speak `route`', 'TNACZ'],
    ['the next node is silent', 'TNADZ'],
    ['the last node does not speak `route`', 'TNAC']
  ]
  for (const [what, letters] of cases) {
    t.deepEqual(node.receive('N', frameTo(letters, { position: 2 })), ['no route'], what)
    const { path, ...report } = only(node.neighbours.take('N'))
    t.equal(lettersOf(path), 'ANT')
    t.deepEqual(report, { transaction: Buffer.from('ffff'), position: 1, payload: null, failure: 404 })
  }
  for (const letter of ['C', 'D']) t.deepEqual(node.neighbours.take(letter), [])
  t.equal(node.table.counters.frames.passedOn, 0)
})

test('a lost report is not reported', async t => {
  const node = createRouteNode(t)
  node.neighbours.add('N')
  t.deepEqual(node.receive('N', frameTo('TNAXZ', { position: 2, payload: null, failure: 404 })), ['no route'])
  t.deepEqual(node.neighbours.take('N'), [])
})

test('a frame from the wrong neighbour, or at the wrong position of its path, is dropped without a report', async t => {
  const node = createRouteNode(t)
  for (const letter of ['N', 'B', 'C']) node.neighbours.add(letter)
  const cases: [what: string, letters: string, position: number][] = [
    ['the node before is another one', 'TCAB', 2],
    ['the node before is nobody known', 'TXAB', 2],
    ['the place is another node’s', 'TNAB', 1],
    ['the place is another node’s', 'TNAB', 3],
    ['this node is not on the path', 'TNCB', 2],
    ['it is the end of another path', 'TXNB', 3]
  ]
  for (const [what, letters, position] of cases)
    t.deepEqual(node.receive('N', frameTo(letters, { position })), ['wrong path'], `${letters}: ${what}`)
  for (const letter of ['N', 'B', 'C']) t.deepEqual(node.neighbours.take(letter), [])
})

test('a frame on a connection whose node is not known is dropped', async t => {
  const node = createRouteNode(t)
  for (const letter of ['N', 'B']) node.neighbours.add(letter)
  const connection = node.neighbours.get('N')
  connection.id = null
  t.deepEqual(node.receive(connection, frameTo('TNAB', { position: 2 })), ['wrong path'])
})

test('frames from a neighbour that does not speak `route` are dropped', async t => {
  const node = createRouteNode(t)
  node.neighbours.add('N', [INTRODUCE])
  node.neighbours.add('B')
  t.deepEqual(node.receive('N', frameTo('TNAB', { position: 2 })), ['wrong path'])
  t.deepEqual(node.receive('N', frameTo('TNA')), ['wrong path'])
  t.deepEqual([...node.neighbours.take('N'), ...node.neighbours.take('B')], [], 'it sees no frame')
  t.deepEqual(node.messages, [])
})

test('beyond the rate limit a frame is reported with code 429; frames for the node itself do not count', async t => {
  const node = createRouteNode(t, { limits: { frames: 1 } })
  for (const letter of ['N', 'B', 'C']) node.neighbours.add(letter)
  const reasons = Array.from({ length: 15 }, () => node.receive('N', frameTo('TNAB', { position: 2 })))
  t.deepEqual(reasons.flat(), Array(5).fill('too many frames'), 'ten seconds’ worth')
  t.equal(node.neighbours.take('B').length, 10)
  const reports = node.neighbours.take('N')
  t.deepEqual([reports.length, ...new Set(reports.map(({ failure }) => failure))], [5, 429])
  t.deepEqual(node.receive('N', frameTo('TNA')), [], 'for the node itself')
  t.deepEqual(node.receive('C', frameTo('TCAB', { position: 2 })), [], 'the limit is for each neighbour')
  node.clock.move(1001)
  t.deepEqual(node.receive('N', frameTo('TNAB', { position: 2 })), [], 'a second later there is room for one')
})

test('frames to one neighbour have a rate limit, whoever sends them', async t => {
  const node = createRouteNode(t, { limits: { frames: 2 } })
  node.neighbours.add('B')
  for (const letter of [...'CDEFG']) {
    node.neighbours.add(letter)
    for (let i = 0; i < 15; i++) node.receive(letter, frameTo(`T${letter}AB`, { position: 2 }))
  }
  t.equal(node.neighbours.take('B').length, 30, 'one and a half times what one of them may send')
  const { drops, frames } = node.table.counters
  t.deepEqual([frames.passedOn, drops['too many frames']], [30, 45])
  const reports = node.neighbours.take('G')
  t.deepEqual([reports.length, ...new Set(reports.map(({ failure }) => failure))], [15, 429])
})

const BAD_FRAMES: [what: string, reason: DropReason, frame: Frame][] = [
  ['rubbish', 'malformed', frameTo('TRNA', { payload: Buffer.from('rubbish') })],
  ['replies', 'reply not awaited', frameTo('TRNA', { payload: replyBytes('T') })],
  ['reports', 'reply not awaited', frameTo('TRNA', { payload: null, failure: 404 })],
  ['foreign messages', 'wrong path', frameTo('TRNA', { payload: queryBytes('X') })],
  ['frames with no way', 'no route', frameTo('TNAX', { position: 2 })],
  ['too many frames', 'too many frames', frameTo('TNAB', { position: 2 })],
  ['too many queries', 'too many queries', frameTo('TRNA')]
]

for (const [what, reason, frame] of BAD_FRAMES) {
  test(`what comes in frames is not blamed on the neighbour that passed it on: ${what}`, async t => {
    const node = createRouteNode(t, {
      limits: { messages: 20, queries: 1, frames: reason === 'too many frames' ? 1 : 100 }
    })
    for (const letter of ['N', 'B']) node.neighbours.add(letter)
    for (let i = 0; i < 195; i++) node.receive('N', frame)
    t.ok(node.table.counters.drops[reason] > 180)
    for (let i = 0; i < 20; i++) node.receive('N', Buffer.from('rubbish'))
    t.ok(node.neighbours.get('N').isOpen, 'it is not disconnected: only what it made itself counts')
    t.ok(node.neighbours.get('N').rateLimits.take('queries'), 'and may ask what it likes itself')
  })
}

test('a neighbour is blamed for frames with a wrong path, which only it can have made', async t => {
  const node = createRouteNode(t, { limits: { messages: 20 } })
  const neighbour = node.neighbours.add('N')
  for (let i = 0; i < 250; i++) {
    node.receive(neighbour, frameTo('TXA'))
    node.clock.move(10)
  }
  t.ok(neighbour.isClosed)
  t.equal(node.table.counters.closed.flooding, 1)
})

test('frames and direct messages have separate rate limits', async t => {
  const node = createRouteNode(t, { limits: { messages: 1 } })
  const neighbour = node.neighbours.add('N')
  for (let i = 0; i < 12; i++) node.receive(neighbour, frameTo('TRNA'))
  t.equal(node.table.counters.drops['too many messages'], 2)
  t.equal(neighbour.rateLimits.receive(100), null, 'its own messages are read')
})

test('the path of a stranger’s query does not displace relays that replies have named', async t => {
  const node = createRouteNode(t)
  for (const letter of ['N', 'M']) node.neighbours.add(letter)
  node.neighbours.leads('M', 'T')
  for (const letter of [...'UVWXY']) node.receive('N', frameTo(`T${letter}NA`))
  const relays = node.table.addresses.relaysTo(idOf('T'))
  t.deepEqual(relays[0], idOf('M'), 'it comes first')
  t.equal(relays.length, 4)
  ask(node, 'T')
  t.equal(lettersOf(only(node.neighbours.take('M')).path), 'AMT')
})

test('a malformed, limited or foreign query teaches no way', async t => {
  const node = createRouteNode(t, { limits: { queries: 1 } })
  node.neighbours.add('N')
  node.receive('N', frameTo('TRNA', { payload: Buffer.from('rubbish') }))
  node.receive('N', frameTo('TRNA', { payload: queryBytes('X') }))
  node.receive('N', frameTo('TRNA', { payload: replyBytes('T') }))
  for (let i = 0; i < 10; i++) node.receive('N', frameTo('SRNA'))
  node.receive('N', frameTo('TRNA'))
  t.equal(node.table.counters.drops['too many queries'], 1)
  t.deepEqual(node.table.addresses.relaysTo(idOf('T')), [])
  t.deepEqual(node.table.addresses.relaysTo(idOf('S')), [idOf('R')])
})

test('a reply too long for a frame is not sent', async t => {
  const node = createRouteNode(t)
  const neighbour = node.neighbours.add('N')
  const back = node.routes.wayBack(FrameView.read(encodeFrame(frameTo('TRNA')), 20) as FrameView, neighbour)
  t.equal(back.send(Buffer.alloc(MAX_PAYLOAD_BYTES + 1)), false)
  t.equal(back.send(Buffer.alloc(MAX_PAYLOAD_BYTES)), true)
  t.equal(node.neighbours.take('N').length, 1)
})
