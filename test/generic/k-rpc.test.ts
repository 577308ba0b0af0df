/** k-rpc: searches, and queries to many, with methods of an application's own. */

import { randomBytes } from 'node:crypto'
import type { KRPCMessage, Peer } from '../../src/upstream.js'
import {
  arrived,
  ask,
  closing,
  echoOn,
  idOf,
  nextQuery,
  onBoth,
  placeOf,
  soon
} from '../helpers/implementations.js'
import { createNetwork, createPair, createServers, type Found, queryAll, search } from './k-rpc-nodes.js'

const idsOf = (replies: Found['replies']) => replies.map(([message]) => idOf(message)).sort()

onBoth('closest asks with the application’s query, and visits who responds', async (t, implementation) => {
  const { server, client, place } = await createPair(t, implementation)
  const asked = nextQuery(server)
  server.on('query', (query, peer) => server.response(peer, query, { hello: 42 }))
  const { error, count, replies } = await search(client, 'closest', { q: 'echo', a: { hello: 42 } })
  t.deepEqual([error, count, replies.length], [null, 1, 1])
  const [query] = await asked
  t.deepEqual([String(query.q), query.a], ['echo', { hello: 42, id: client.id }])
  const [[message, from]] = replies as [[KRPCMessage, Peer]]
  t.deepEqual(message.r, { hello: 42, id: server.id })
  t.equal(placeOf(from), placeOf(place))
})

onBoth('closest goes on to the nodes that responses name', async (t, implementation) => {
  const { servers, client } = await createNetwork(t, implementation)
  const { error, count, replies } = await search(client, 'closest', { q: 'walk', a: { hello: 42 } })
  t.deepEqual([error, count], [null, 4])
  t.deepEqual(idsOf(replies), servers.map(({ rpc }) => rpc.id.toString('hex')).sort())
  t.ok(replies.every(([{ r }]) => r?.hello === 42))
})

onBoth('closest stops when the visitor says so', async (t, implementation) => {
  const { client } = await createNetwork(t, implementation)
  const { error, replies } = await search(client, 'closest', { q: 'walk', a: {} }, 1)
  t.deepEqual([error, replies.length], [null, 1])
})

onBoth('closest counts nobody who answers with an error', async (t, implementation) => {
  const { server, client } = await createPair(t, implementation)
  const asked = nextQuery(server)
  server.on('query', (query, peer) => server.error(peer, query, [403, 'no']))
  const { error, count, replies } = await search(client, 'closest', { q: 'walk', a: {} })
  t.deepEqual([error, count, replies], [null, 0, []])
  t.equal(String((await asked)[0].q), 'walk')
})

onBoth('query adds the id, and the node’s token', async (t, implementation) => {
  const { server, client, place } = await createPair(t, implementation)
  echoOn(server)
  const token = Buffer.from('token')
  const plain = await ask(client, place, { q: 'echo' })
  t.deepEqual(plain.message?.r, { echo: { id: client.id }, id: server.id })
  const { error, message, request } = await ask(client, { ...place, token }, { q: 'echo', a: { n: 1 } })
  t.equal(error, null)
  t.deepEqual(message?.r, { echo: { n: 1, id: client.id, token }, id: server.id })
  t.equal(request?.q, 'echo')
})

onBoth(
  'an id of the application’s own meaning is left alone, in query and response',
  async (t, implementation) => {
    const { server, client, place } = await createPair(t, implementation)
    let id: unknown
    server.on('query', (query, peer) => server.response(peer, query, { id, echo: query.a }))
    for (id of [7, 'text', [1], { n: 1 }]) {
      const { message } = await ask(client, place, { q: 'own', a: { id } })
      t.deepEqual(message?.r, arrived({ id, echo: { id } }))
    }
  }
)

onBoth('queryAll gives each node its own token, and visits each response', async (t, implementation) => {
  const servers = await createServers(t, implementation, 3)
  for (const { rpc } of servers) echoOn(rpc)
  const client = closing(t, implementation.createRPC())
  const nodes = servers.map(({ place, rpc }, i) => ({
    ...place,
    id: rpc.id,
    token: Buffer.from(`token ${i}`)
  }))
  const { error, count, replies } = await queryAll(client, nodes, { q: 'store', a: { n: 1 } })
  t.deepEqual([error, count, replies.length], [null, 3, 3])
  for (const [{ r }, from] of replies) {
    const i = servers.findIndex(({ place }) => placeOf(place) === placeOf(from))
    t.deepEqual(r?.echo, { n: 1, id: client.id, token: Buffer.from(`token ${i}`) })
  }
  const stopped = await queryAll(client, nodes, { q: 'store' }, 1)
  t.deepEqual(
    [stopped.error, stopped.count, stopped.replies.length],
    [null, 3, 1],
    'all are asked all the same'
  )
})

onBoth(
  'queryAll fails if nobody responds, and says why if the code is 300 to 399',
  async (t, implementation) => {
    const { server, client, place } = await createPair(t, implementation)
    const codes: Record<string, number> = { stale: 302, other: 203 }
    server.on('query', (query, peer) => server.error(peer, query, [codes[String(query.q)] ?? 0, 'no']))
    const none = await queryAll(client, [], { q: 'any' })
    t.deepEqual([none.error?.message, none.count], ['No nodes to query', 0])
    const stale = await queryAll(client, [place, place], { q: 'stale' })
    t.deepEqual(
      [stale.error?.message, (stale.error as { code?: unknown }).code, stale.count],
      ['302 no', 302, 0]
    )
    const other = await queryAll(client, [place], { q: 'other' })
    t.deepEqual([other.error?.message, other.count, other.replies], ['All queries failed', 0, []])
  }
)

onBoth('queries beyond the concurrency wait for their turn', async (t, implementation) => {
  const { server, client, place } = await createPair(t, implementation, { concurrency: 2 })
  echoOn(server)
  t.equal(client.concurrency, 2)
  const outcomes = Array.from({ length: 6 }, (_, i) => ask(client, place, { q: 'echo', a: { i } }))
  t.deepEqual([client.socket.inflight, client.pending.length], [2, 4])
  const replies = await Promise.all(outcomes)
  t.deepEqual(
    replies.map(({ message }) => (message?.r?.echo as { i: number } | undefined)?.i),
    [0, 1, 2, 3, 4, 5]
  )
  t.deepEqual([client.socket.inflight, client.pending.length], [0, 0])
})

onBoth(
  'response packs nodes and adds the id; all of its arguments but three may be left out',
  async (t, implementation) => {
    const { server, client, place } = await createPair(t, implementation)
    const node = { id: randomBytes(20), host: '127.0.0.1', port: 6881 }
    const isSent = new Promise<unknown>(resolve => {
      server.once('query', (query, peer) => server.response(peer, query, { n: 1 }, [node], resolve))
    })
    const { message } = await ask(client, place, { q: 'who' })
    t.deepEqual(message?.r?.id, server.id)
    t.equal(message?.r?.n, 1)
    t.deepEqual((message?.r?.nodes as Buffer | undefined)?.subarray(0, 20), node.id)
    t.equal((message?.r?.nodes as Buffer | undefined)?.length, 26)
    t.notOk(await soon('the end of response', isSent))
    const isSentToo = new Promise<unknown>(resolve => {
      server.once('query', (query, peer) => server.response(peer, query, { n: 2 }, resolve as never))
    })
    t.deepEqual((await ask(client, place, { q: 'who' })).message?.r, { id: server.id, n: 2 })
    t.notOk(await soon('the end of response', isSentToo))
  }
)
