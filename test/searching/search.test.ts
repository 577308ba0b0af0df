/** What a search does with its node: queries that it sends, and what it leaves behind. Whom it asks is in lookup.test.ts. */

import test, { type Test } from 'tape'
import { HandClock } from '../helpers/hand-clock.js'
import { begin, Node, namedAt } from '../helpers/searching-node.js'

/** Milliseconds, as src/searching/lookup.ts has them. */
const PATIENCE = 500

const nextTick = () => new Promise(resolve => process.nextTick(resolve))

function startClock(t: Test): HandClock {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  return clock
}

test('a search sends the lookup’s queries, visits each first reply, and counts the nodes that replied', async t => {
  const node = new Node([100])
  const { visited, met, results } = begin(node)
  t.deepEqual(node.asked, [100])
  node.reply(100, { names: [1, 2, 3] })
  t.deepEqual(node.asked, [1, 2, 3])
  node.fail(3, 'ETIMEDOUT')
  node.reply(1)
  t.deepEqual(results, [], 'it is not over yet')
  node.reply(2)
  t.deepEqual(results, [], 'nobody is called back before all this returns')
  await nextTick()
  t.deepEqual([visited, met, results], [[100, 1, 2], [100, 1, 2], [3]])
  t.ok(node.isClean)
})

test('a search ends at once when `visit` returns false', async t => {
  const node = new Node([1, 2, 3])
  const { visited, results } = begin(node, { visit: () => false })
  t.deepEqual(node.asked, [1, 2, 3])
  node.reply(2, { names: [4] })
  await nextTick()
  t.deepEqual(results, [1])
  node.reply(1, { names: [5] })
  node.fail(3, 'ETIMEDOUT')
  await nextTick()
  t.deepEqual(
    [node.asked, visited, results],
    [[], [], [1]],
    'nobody else is asked, and nobody called back again'
  )
  t.ok(node.isClean)
})

test('a search without nodes ends at once, but calls back only after `start` has returned', async t => {
  const { results } = begin(new Node([]))
  t.deepEqual(results, [])
  await nextTick()
  t.deepEqual(results, [0])
})

test('a node that does not reply leaves the routing table; a node that refuses stays', t => {
  const node = new Node([10, 11, 12])
  begin(node)
  node.fail(10, 'ETIMEDOUT')
  node.fail(11, 'EUNEXPECTEDNODE')
  node.fail(12, 203)
  t.deepEqual(
    node.nodes.toArray().map(({ port }) => port),
    [12]
  )
  t.end()
})

test('a search does not wait for a node that replies with another id', async t => {
  const node = new Node([10])
  const { results } = begin(node)
  node.reply(10, {}, 11)
  await nextTick()
  t.equal(results.length, 1)
})

test('bootstrap places are asked if no node is known, and their replies count', async t => {
  const node = new Node([], [7001, 7002])
  const { visited, results } = begin(node)
  t.deepEqual(node.asked, [7001, 7002])
  node.reply(7001, { names: [1] }, 5)
  t.deepEqual(node.asked, [7002, 1])
  node.reply(1)
  node.fail(7002, 'ETIMEDOUT')
  await nextTick()
  t.deepEqual([visited, results], [[7001, 1], [2]])
})

test('queries in flight never exceed the concurrency, including queries of others', t => {
  const node = new Node([1, 2, 3, 4])
  node.socket.inflight = 4
  begin(node)
  t.deepEqual(node.asked, [1, 2])
  node.update()
  t.deepEqual(node.asked, [1, 2])
  node.socket.inflight--
  node.update()
  t.deepEqual(node.asked, [1, 2, 3])
  node.reply(1)
  t.deepEqual(node.asked, [2, 3, 4])
  t.end()
})

test('a background search waits for the queries of others', t => {
  const node = new Node([1, 2, 3, 4])
  node.socket.inflight = 1
  begin(node, { isBackground: true })
  t.deepEqual(node.asked, [1], 'two at most are in flight')
  node.reply(1)
  t.deepEqual(node.asked, [2])
  node.socket.inflight--
  node.pending.push('a query that waits')
  node.update()
  t.deepEqual(node.asked, [2, 3])
  node.pending.length = 0
  node.update()
  t.deepEqual(node.asked, [2, 3, 4], 'alone it asks as many as others do')
  t.end()
})

test('a free query slot goes to other searches before a background search', t => {
  const node = new Node([1, 2])
  node.socket.inflight = node.concurrency
  begin(node, { isBackground: true })
  begin(node, { strangers: [namedAt(0)] })
  node.socket.inflight = 1
  node.update()
  t.deepEqual(node.asked, [1, 2, 0], 'what the other asks')
  t.equal(node.socket.inflight, 4, 'and nothing else')
  t.end()
})

test('replies of nodes that got a recursive query from others count', async t => {
  const node = new Node([10, 11, 12])
  const { visited, results } = begin(node, { relay: namedAt(12) })
  const recursive = [...node.sent].flatMap(([port, { onPassedOn }]) => (onPassedOn ? port : []))
  t.deepEqual(recursive, [12, 10])
  node.replyBeyond(12, 5, { names: [3] })
  t.deepEqual(node.asked.at(-1), 3)
  for (const port of [10, 11, 3]) node.reply(port)
  await nextTick()
  t.deepEqual([visited, results], [[5, 10, 11, 3], [4]])
})

test('once a node without `route` has replied, the search waits for all', async t => {
  const node = new Node([1, 2, 3, 4, 5])
  const { results } = begin(node, { speaksRoute: ({ port }) => port !== 4 })
  for (const port of [4, 3, 2]) node.reply(port, { names: [6, 7] })
  t.deepEqual(node.asked, [1])
  node.reply(1)
  await nextTick()
  t.deepEqual(results, [4])
})

test('a node that got the query from others is asked if it does not reply soon', async t => {
  const clock = startClock(t)
  const node = new Node([10])
  const { results } = begin(node, { relay: namedAt(10) })
  node.reply(10, { names: [1, 2], next: [1, 2] })
  clock.move(PATIENCE - 1)
  node.update()
  t.deepEqual([node.asked, clock.pending], [[], 1], 'one timer at most')
  clock.move(1)
  t.deepEqual([node.asked, clock.pending], [[1, 2], 0])
  node.reply(1)
  node.reply(2)
  await nextTick()
  t.deepEqual(results, [3])
})

test('a finished search leaves no timer', async t => {
  const clock = startClock(t)
  const node = new Node([10])
  const { results } = begin(node, { relay: namedAt(10) })
  const relay = node.sent.get(10)
  node.reply(10, { names: [1], next: [1] })
  t.equal(clock.pending, 1)
  node.replyBeyond(10, 1, {}, relay)
  await nextTick()
  t.deepEqual([results, clock.pending, node.isClean], [[2], 0, true])
})

test('a closed search leaves neither timer nor listener, and calls back once, with ECLOSED', async t => {
  const clock = startClock(t)
  const node = new Node([10, 11])
  const { search, visited, results } = begin(node, { relay: namedAt(10) })
  node.reply(10, { names: [1], next: [1] })
  search.close()
  t.deepEqual([clock.pending, node.isClean], [0, true])
  node.reply(11, { names: [2] })
  await nextTick()
  search.close()
  t.deepEqual([node.asked, visited, results], [[], [10], ['ECLOSED']])
})

test('a search ends with its node: it sends no query, calls back with ECLOSED, and leaves nothing', async t => {
  const clock = startClock(t)
  const node = new Node([10, 11])
  const { results } = begin(node, { relay: namedAt(10) })
  node.reply(10, { names: [1, 2], next: [1] })
  node.destroyed = true
  for (const port of node.asked) node.fail(port, undefined)
  await nextTick()
  t.deepEqual([node.asked, results, clock.pending, node.isClean], [[], ['ECLOSED'], 0, true])
})

test('a finished search says ECLOSED if its node is destroyed meanwhile', async t => {
  const node = new Node([10])
  const { results } = begin(node)
  node.reply(10)
  node.destroyed = true
  await nextTick()
  t.deepEqual(results, ['ECLOSED'])
})

test('a search does not begin once its node is destroyed, and says ECLOSED', async t => {
  const node = new Node([10])
  node.destroyed = true
  const { results } = begin(node)
  await nextTick()
  t.deepEqual([node.asked, results, node.isClean], [[], ['ECLOSED'], true])
})

test('a visitor that throws ends its own call, and no search', async t => {
  const node = new Node([10, 11])
  const { results } = begin(node, {
    visit: () => {
      throw new Error('of the application')
    }
  })
  for (const port of [10, 11]) t.throws(() => node.reply(port), /of the application/)
  await nextTick()
  t.deepEqual([results, node.isClean], [[2], true])
})

test('a search looks around where nodes stand too densely, and leaves nothing when it is closed meanwhile', async t => {
  const node = new Node([1, 2, 3, 4])
  const { search, results } = begin(node, { span: 0xffffffff })
  for (const distance of [1, 2, 3, 4]) node.reply(distance)
  t.ok(node.asked.length > 0, 'it searches for the nodes around')
  t.deepEqual(results, [], 'it is not over')
  search.close()
  await new Promise(process.nextTick)
  t.deepEqual(results, ['ECLOSED'])
  t.ok(node.isClean)
})

test('a search tells whom it asks, over whom, who replies and who does not, until it is over', async t => {
  const node = new Node([10, 11])
  const { steps } = begin(node, { relay: namedAt(10) })
  t.deepEqual(steps.splice(0), ['asked 10 over 10', 'asked 11 over 11'])
  node.replyBeyond(10, 2)
  node.fail(11, 'ETIMEDOUT')
  t.deepEqual(steps.splice(0), ['replied 2 over 10', 'failed 11 over 11'])
  node.reply(10)
  t.deepEqual(steps.splice(0), ['replied 10 over 10'])
  t.ok(node.isClean)

  const other = new Node([1, 2, 3])
  const { steps: told } = begin(other, { visit: () => false })
  other.reply(2)
  other.fail(1, 'ETIMEDOUT')
  t.deepEqual(told.slice(-1), ['replied 2 over 2'], 'nothing comes after its end')
})
