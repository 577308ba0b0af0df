/** k-rpc: searches, and queries to many, with methods of an application's own. */

import { randomBytes } from 'node:crypto'
import type { Test } from 'tape'
import type { Contact, KRPCMessage, Peer, Query } from '../../src/upstream.js'
import {
  arrived,
  ask,
  bind,
  closing,
  echoOn,
  type FullKRPC,
  type Implementation,
  idOf,
  nextEvent,
  nextQuery,
  onBoth,
  placeOf,
  soon
} from '../helpers/implementations.js'

const target = Buffer.from('aaaabbbbccccddddeeeeaaaabbbbccccddddeeee', 'hex')

interface Found {
  error: Error | null
  count: number
  replies: [message: KRPCMessage, from: Peer][]
}

function search(
  rpc: FullKRPC,
  method: 'closest' | 'populate',
  query: Query,
  limit = Number.POSITIVE_INFINITY
) {
  const replies: Found['replies'] = []
  const visit = (message: KRPCMessage, from: Peer) => replies.push([message, from]) < limit
  const found = new Promise<Found>(resolve => {
    const done = (error: Error | null, count: number) => resolve({ error, count, replies })
    if (method === 'populate') rpc.populate(target, query, done)
    else rpc.closest(target, query, visit, done)
  })
  return soon(method, found)
}

function queryAll(rpc: FullKRPC, nodes: Peer[], query: Query, limit = Number.POSITIVE_INFINITY) {
  const replies: Found['replies'] = []
  const visit = (message: KRPCMessage, from: Peer) => replies.push([message, from]) < limit
  const found = new Promise<Found>(resolve =>
    rpc.queryAll(nodes, query, visit, (error, count) => resolve({ error, count, replies }))
  )
  return soon('queryAll', found)
}

/** Nodes that listen, and their places. */
async function createServers(t: Test, { createRPC }: Implementation, count: number) {
  const servers: { rpc: FullKRPC; place: Peer }[] = []
  for (let i = 0; i < count; i++) {
    const rpc = closing(t, createRPC())
    servers.push({ rpc, place: await bind(rpc) })
  }
  return servers
}

async function createPair(t: Test, implementation: Implementation, options = {}) {
  const [server] = await createServers(t, implementation, 1)
  const { rpc, place } = server as { rpc: FullKRPC; place: Peer }
  const client = closing(t, implementation.createRPC({ nodes: [placeOf(place)], ...options }))
  return { server: rpc, client, place }
}

/**
 * A network in which every node answers with the nodes that it knows, and with `hello`. The first one knows all others,
 * since they have asked it.
 */
async function createNetwork(t: Test, implementation: Implementation) {
  const servers = await createServers(t, implementation, 4)
  for (const { rpc } of servers) {
    rpc.on('query', (query: KRPCMessage, peer: Peer) =>
      rpc.response(peer, query, { hello: 42 }, rpc.nodes.closest(target))
    )
  }
  const [first, ...others] = servers as [{ rpc: FullKRPC; place: Peer }, ...typeof servers]
  for (const { rpc } of others) t.equal((await ask(rpc, first.place, { q: 'meet' })).error, null)
  const client = closing(t, implementation.createRPC({ nodes: [placeOf(first.place)] }))
  return { first, servers, client }
}

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
  server.on('query', (query, peer) => server.error(peer, query, [403, 'no'] as never))
  const { error, count, replies } = await search(client, 'closest', { q: 'walk', a: {} })
  t.deepEqual([error, count, replies], [null, 0, []])
})

onBoth('populate fills the table by a query of the application’s own', async (t, implementation) => {
  const { first, client } = await createNetwork(t, implementation)
  const nodes: Contact[] = []
  client.on('node', node => nodes.push(node))
  const { error, count } = await search(client, 'populate', { q: 'meet', a: { n: 1 } })
  t.deepEqual([error, count], [null, 4])
  t.ok(client.nodes.get(first.rpc.id), 'who was asked directly is in the table')
  const node = nodes.find(({ id }) => id.equals(first.rpc.id))
  t.equal(node && placeOf(node), placeOf(first.place))
  t.equal(typeof node?.seen, 'number')
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

onBoth('a node is in the table, and an event, once it has asked or responded', async (t, implementation) => {
  const { server, client, place } = await createPair(t, implementation)
  echoOn(server)
  const [there, back] = [nextEvent(server, 'node'), nextEvent(client, 'node')]
  await ask(client, place, { q: 'echo' })
  const [asker] = (await there) as [Contact]
  const [responder] = (await back) as [Contact]
  t.deepEqual([asker.id, responder.id], [client.id, server.id])
  t.equal(placeOf(responder), placeOf(place))
  t.ok(server.nodes.get(client.id) && client.nodes.get(server.id))
  t.equal(client.nodes.count(), 1)
})

onBoth('fields, bind, address, errors and clear are as they were', async (t, implementation) => {
  const { server, client, place } = await createPair(t, implementation)
  const id = Buffer.alloc(20, 5)
  t.deepEqual(closing(t, implementation.createRPC({ id })).id, id)
  t.deepEqual([client.id.length, client.concurrency, client.destroyed, client.pending], [20, 16, false, []])
  t.deepEqual(client.bootstrap.map(placeOf), [placeOf(place)])
  t.equal(server.address().port, place.port)
  const error = nextEvent(client, 'error')
  client.bind(place.port, '127.0.0.1')
  t.equal(((await error)[0] as { code?: string }).code, 'EADDRINUSE')
  echoOn(server)
  await ask(client, place, { q: 'echo' })
  client.clear()
  t.equal(client.nodes.count(), 0)
  t.equal((await ask(client, place, { q: 'echo' })).error, null)
})

onBoth('a k-rpc-socket that the application has made can be handed in', async (t, implementation) => {
  const { server, place } = await createPair(t, implementation)
  echoOn(server)
  const krpcSocket = implementation.createSocket()
  const rpc = closing(t, implementation.createRPC({ krpcSocket }))
  closing(t, krpcSocket)
  t.ok(rpc.socket === krpcSocket)
  t.deepEqual((await ask(rpc, place, { q: 'echo' })).message?.r?.id, server.id)
})
