/** Searches among nodes that are made up: who is asked, and when it is over. */

import { EventEmitter } from 'node:events'
import test, { type Test } from 'tape'
import { Id } from '../../src/id.js'
import { Search, type SearchRPC } from '../../src/searching/search.js'
import { type Contact, KBucket, type KRPCMessage, type Peer, type QueryCallback } from '../../src/upstream.js'
import { encodeNodes } from '../../src/wire/compact.js'
import { HandClock } from '../helpers/hand-clock.js'
import { within } from '../helpers/nodes.js'

const WIDTH = 4
const TARGET = Buffer.alloc(20)

/** Milliseconds, as src/searching/search.ts has them. */
const HEAD_START = 8
const PATIENCE = 500

/** A node that does not speak `route`. */
const OLD = 9

/** The node at this distance from the target, which is also its port. */
function contactAt(distance: number): Contact {
  const id = Buffer.alloc(20)
  id.writeUInt32BE(distance, 16)
  return { id, host: '240.0.0.1', port: distance }
}

/** The same, as others name it. */
function namedAt(distance: number) {
  return { ...contactAt(distance), id: Id.of(contactAt(distance).id) }
}

interface Network {
  /** Whom a node names, by their distances; `undefined`: it does not answer. */
  namedBy(distance: number): number[] | undefined
  known: number[]
  concurrency?: number
}

/** The part of k-rpc that a search uses. A query is answered in its own time. */
function createRpc({ namedBy, known, concurrency = 16 }: Network) {
  const asked: number[] = []
  const nodes = new KBucket({ localNodeId: Buffer.alloc(20, 0xff), numberOfNodesPerKBucket: 100 })
  for (const distance of known) nodes.add(contactAt(distance))
  const socket = Object.assign(new EventEmitter(), {
    inflight: 0,
    query(peer: Peer, _: unknown, callback: QueryCallback) {
      asked.push(peer.port)
      socket.inflight++
      setImmediate(() => {
        socket.inflight--
        const named = namedBy(peer.port)
        const r = { id: contactAt(peer.port).id, nodes: encodeNodes((named ?? []).map(namedAt), 20) }
        const error = Object.assign(new Error('no reply'), { code: 'ETIMEDOUT' })
        if (named) callback(null, { t: Buffer.alloc(2), y: 'r', r }, peer)
        else callback(error, null, peer)
        socket.emit('update')
      })
    }
  })
  const rpc = { id: nodes.localNodeId, nodes, socket, bootstrap: [], pending: [], concurrency, k: WIDTH }
  return { rpc: rpc as unknown as SearchRPC, asked, nodes }
}

function search(
  rpc: SearchRPC,
  visit: ((port: number) => unknown) | null = null,
  { strangers = [], relay }: { strangers?: number[]; relay?: number | undefined } = {}
): Promise<number> {
  return new Promise(resolve => {
    new Search(rpc, {
      strangers: strangers.map(namedAt),
      relay: relay === undefined ? undefined : contactAt(relay),
      onMet: () => {},
      speaksRoute: ({ port }) => port !== OLD,
      target: TARGET,
      query: { q: 'find_node' },
      idLength: 20,
      isBackground: false,
      visit: visit && ((_, from) => visit(from.port)),
      callback: (_, visited) => resolve(visited)
    }).start()
  })
}

test('a search goes from node to node until it has asked the nearest ones', async t => {
  const { rpc, asked } = createRpc({
    known: [100],
    namedBy: distance => [distance >> 1, (distance >> 1) + 1, 1, 2].filter(d => d > 0)
  })
  t.ok((await search(rpc)) >= WIDTH)
  for (const nearest of [1, 2, 3, 4]) t.ok(asked.includes(nearest), `${nearest} was asked`)
  t.equal(new Set(asked).size, asked.length, 'each once')
})

test('a neighbour among the nearest nodes is asked first, and the others with its reply', async t => {
  const { rpc, asked } = createRpc({ known: [3, 4, 5], namedBy: () => [] })
  const askedAt = new Map<number, number[]>()
  const over = search(rpc, port => void askedAt.set(port, [...asked]), { strangers: [1, 2] })
  t.deepEqual(asked, [3])
  await over
  t.deepEqual([askedAt.get(3), askedAt.get(4)], [[3], [3, 4, 5, 1, 2]])
})

test('where none of the nearest nodes is a neighbour, the nearest one is asked first', t => {
  const { rpc, asked } = createRpc({ known: [5], namedBy: () => [] })
  void search(rpc, null, { strangers: [1, 2, 3, 4] })
  t.deepEqual(asked, [1])
  t.end()
})

test('a stranger is asked first where the only neighbour passes the query on', t => {
  const { rpc, asked } = createRpc({ known: [1], namedBy: () => [] })
  void search(rpc, null, { strangers: [2], relay: 1 })
  t.deepEqual(asked, [2])
  t.end()
})

test('the others are asked, too, while no reply comes', async t => {
  const { rpc, asked } = createRpc({ known: [1, 2, 3, 4], namedBy: () => [] })
  const { query } = rpc.socket
  const isHeld = new Promise<void>(resolve => {
    rpc.socket.query = (peer, ...rest) => {
      if (peer.port === 4) resolve()
      return peer.port === 4 ? query(peer, ...rest) : asked.push(peer.port)
    }
  })
  void search(rpc)
  await within('the fourth query', isHeld)
  t.deepEqual(asked, [1, 2, 3, 4])
})

test('nodes that do not answer give their place to the next ones', async t => {
  const dead = [1, 2, 3, 4, 5, 6]
  const { rpc, asked } = createRpc({
    known: [50],
    namedBy: distance => (dead.includes(distance) ? undefined : [...dead, 7, 8, 9, 10])
  })
  t.equal(await search(rpc), 5, 'the first one, and the four nearest that live')
  for (const nearest of [7, 8, 9, 10]) t.ok(asked.includes(nearest))
})

test('invented nodes do not keep a search going for ever', async t => {
  let next = 1
  const { rpc, asked } = createRpc({
    known: [1_000_000],
    namedBy: distance => (distance === 1_000_000 ? Array.from({ length: 64 }, () => next++) : undefined)
  })
  t.equal(await search(rpc), 1)
  t.equal(asked.length, 8 * WIDTH)
})

test('a search that has found what it wanted is over at once', async t => {
  const { rpc, asked } = createRpc({ known: [10, 11, 12], namedBy: () => [1, 2, 3, 4], concurrency: 1 })
  t.equal(await search(rpc, () => false), 1)
  const count = asked.length
  await new Promise(resolve => setImmediate(resolve))
  t.equal(asked.length, count, 'nobody else is asked')
})

test('three neighbours are asked, however many strangers are nearer', async t => {
  const { rpc, asked } = createRpc({ known: [10, 11, 12, 13], namedBy: () => [] })
  await search(rpc, null, { strangers: [1, 2, 3, 4, 5, 10] })
  t.deepEqual(asked, [1, 10, 11, 12, 2, 3, 4, 5])
})

test('without neighbours a search begins with strangers, where they are known', async t => {
  const { rpc, asked } = createRpc({ known: [], namedBy: () => [] })
  t.equal(await search(rpc, null, { strangers: [9, 11] }), 2)
  t.deepEqual(asked, [9, 11])
})

test('a node that does not answer leaves the routing table', async t => {
  const { rpc, nodes } = createRpc({
    known: [10, 11],
    namedBy: distance => (distance === 10 ? [] : undefined)
  })
  await search(rpc)
  t.deepEqual(
    nodes.toArray().map(({ port }) => port),
    [10]
  )
})

/** Distances, as ids that stand one after the other. */
const idsOf = (...distances: number[]) => Buffer.concat(distances.map(distance => contactAt(distance).id))

/** Searches with queries that a test answers, and time that it moves. */
function createByHand(t: Test, known: number[], relay = known[0]) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const { rpc } = createRpc({ known, namedBy: () => [] })
  const waiting = new Map<number, QueryCallback>()
  const recursive: number[] = []
  let passOn: ((reply: KRPCMessage, from: Peer) => void) | undefined
  rpc.socket.query = (peer, _, callback, { onPassedOn }) => {
    waiting.set(peer.port, callback)
    if (onPassedOn) recursive.push(peer.port)
    passOn ??= onPassedOn
    return 1
  }
  const replyOf = (distance: number, fields: Record<string, unknown>) => {
    return { t: Buffer.alloc(2), y: 'r', r: { id: contactAt(distance).id, ...fields } }
  }
  const visited: number[] = []
  let isOver = false
  void search(rpc, port => void visited.push(port), { relay }).then(() => {
    isOver = true
  })
  return {
    clock,
    visited,
    recursive,
    /** Those whose queries are under way. */
    asked: () => [...waiting.keys()],
    /** A node replies to its query. */
    reply(distance: number, fields: Record<string, unknown> = {}) {
      waiting.get(distance)?.(null, replyOf(distance, fields), contactAt(distance))
      waiting.delete(distance)
    },
    /** A node replies that the query was passed on to. */
    replyBeyond: (distance: number, fields: Record<string, unknown> = {}) =>
      passOn?.(replyOf(distance, fields), contactAt(distance)),
    isOver: async () => {
      await new Promise(resolve => setImmediate(resolve))
      return isOver
    }
  }
}

const named = (...distances: number[]) => ({ nodes: encodeNodes(distances.map(namedAt), 20) })

test('one of the three neighbours passes the query on, and the nearest of those that are asked after the first', t => {
  const { clock, asked, recursive } = createByHand(t, [10, 11, 12, 13, 14], 14)
  clock.move(HEAD_START - 1)
  t.deepEqual([asked(), recursive], [[10], []])
  clock.move(1)
  t.deepEqual(asked(), [10, 14, 11, 12, 13])
  t.deepEqual(recursive, [14, 11])
  t.end()
})

test('the one that passes the query on is not asked first where others are known', t => {
  const { clock, asked, recursive } = createByHand(t, [10, 11], 10)
  t.deepEqual([asked(), recursive], [[11], []])
  clock.move(HEAD_START)
  t.deepEqual([asked(), recursive], [[11, 10], [10]])
  t.end()
})

test('who gets the query from another node is not asked again', async t => {
  const { asked, recursive, visited, reply, replyBeyond, isOver } = createByHand(t, [10])
  t.deepEqual(recursive, [10])
  reply(10, { ...named(4, 6), next: idsOf(4) })
  t.deepEqual(asked(), [6], '4 has the query already')
  replyBeyond(4, { ...named(1, 2, 3), next: idsOf(1, 2) })
  t.deepEqual(asked(), [6, 3])
  for (const distance of [3, 2]) distance === 3 ? reply(3) : replyBeyond(2)
  t.notOk(await isOver(), 'the nearest is waited for')
  replyBeyond(1)
  t.ok(await isOver(), 'the nearest four have replied; the others need not')
  t.deepEqual(visited, [10, 4, 3, 2, 1])
})

test('a node that has had a query from others, and does not reply soon, is asked itself', async t => {
  const { clock, asked, visited, reply, replyBeyond, isOver } = createByHand(t, [10])
  reply(10, { ...named(1), next: idsOf(1) })
  clock.move(PATIENCE - 1)
  t.deepEqual(asked(), [])
  t.notOk(await isOver())
  clock.move(1)
  t.deepEqual(asked(), [1])
  replyBeyond(1)
  t.deepEqual(visited, [10, 1], 'if the first reply comes meanwhile, it counts')
  reply(1)
  t.deepEqual(visited, [10, 1], 'once')
  t.ok(await isOver())
})

test('a node that has replied to a query that was passed on is not asked later, either', t => {
  const { clock, asked, replyBeyond, reply } = createByHand(t, [10])
  reply(10, { ...named(1, 2), next: idsOf(1) })
  replyBeyond(1)
  clock.move(PATIENCE)
  t.deepEqual(asked(), [2])
  t.end()
})

test('where a node has replied that does not speak `route`, all queries are waited for', async t => {
  const { clock, asked, reply, isOver } = createByHand(t, [OLD, 10, 11])
  clock.move(HEAD_START)
  reply(OLD, named(1, 2, 3, 4))
  t.deepEqual(asked(), [10, 11, 1, 2, 3, 4])
  for (const distance of [2, 3, 4]) reply(distance, named(5))
  t.deepEqual(asked(), [10, 11, 1], 'and nobody is spare')
  reply(1)
  reply(10)
  t.notOk(await isOver())
  reply(11, named(6))
  t.ok(await isOver())
})

test('what a node replies that a query was passed on to counts once, and until the search is over', async t => {
  const { asked, visited, reply, replyBeyond, isOver } = createByHand(t, [10])
  reply(10, { ...named(1, 2), next: idsOf(1) })
  t.deepEqual(asked(), [2])
  reply(2)
  replyBeyond(2)
  t.notOk(await isOver())
  replyBeyond(1)
  t.ok(await isOver(), 'nobody else is waited for')
  replyBeyond(3, named(4))
  t.deepEqual(visited, [10, 2, 1])
  t.deepEqual(asked(), [])
})

test('who does not have to pass the query on is not believed to', t => {
  const { clock, asked, recursive, reply } = createByHand(t, [10, 11, 12], 11)
  clock.move(HEAD_START)
  t.deepEqual(recursive, [11])
  reply(12, { ...named(1), next: idsOf(1) })
  t.deepEqual(asked(), [10, 11, 1])
  reply(11, { ...named(2, 3), next: idsOf(2, 3) })
  t.deepEqual(asked(), [10, 1])
  t.end()
})

test('once one of the nearest has replied, one more is asked than must: the slowest is not waited for', async t => {
  const { clock, asked, visited, reply, isOver } = createByHand(t, [1, 2, 3, 4], 20)
  clock.move(HEAD_START)
  reply(20, named(5, 6))
  t.deepEqual(asked(), [1, 2, 3, 4])
  reply(2)
  t.deepEqual(asked(), [1, 3, 4, 5])
  for (const distance of [5, 4]) reply(distance)
  t.notOk(await isOver())
  reply(3)
  t.ok(await isOver())
  reply(1)
  t.deepEqual(visited, [20, 2, 5, 4, 3])
})
