/** Nodes of k-rpc for tests, and what they find. */

import type { Test } from 'tape'
import type { KRPC, KRPCMessage, Peer, Query } from '../../src/upstream.js'
import { ask, bind, closing, type Implementation, placeOf, soon } from '../helpers/implementations.js'

export const TARGET = Buffer.from('aaaabbbbccccddddeeeeaaaabbbbccccddddeeee', 'hex')

/** What came of a search. */
export interface Found {
  error: Error | null
  count: number
  replies: [message: KRPCMessage, from: Peer][]
}

/** A search with a query of the application's own, which ends after `limit` responses. */
export function search(
  rpc: KRPC,
  method: 'closest' | 'populate',
  query: Query,
  limit = Number.POSITIVE_INFINITY
) {
  const replies: Found['replies'] = []
  const visit = (message: KRPCMessage, from: Peer) => replies.push([message, from]) < limit
  const target = Buffer.alloc(rpc.id.length, TARGET)
  const found = new Promise<Found>(resolve => {
    const done = (error: Error | null, count = 0) => resolve({ error, count, replies })
    if (method === 'populate') rpc.populate(target, query, done)
    else rpc.closest(target, query, visit, done)
  })
  return soon(method, found)
}

/** The same query to several nodes; only `limit` responses are visited. */
export function queryAll(rpc: KRPC, nodes: Peer[], query: Query, limit = Number.POSITIVE_INFINITY) {
  const replies: Found['replies'] = []
  const visit = (message: KRPCMessage, from: Peer) => replies.push([message, from]) < limit
  const found = new Promise<Found>(resolve =>
    rpc.queryAll(nodes, query, visit, (error, count = 0) => resolve({ error, count, replies }))
  )
  return soon('queryAll', found)
}

/** Nodes that listen, and their places. */
export async function createServers(t: Test, { createRPC }: Implementation, count: number, options = {}) {
  const servers: { rpc: KRPC; place: Peer }[] = []
  for (let i = 0; i < count; i++) {
    const rpc = closing(t, createRPC(options))
    servers.push({ rpc, place: await bind(rpc) })
  }
  return servers
}

/** One that listens, and one that knows where. */
export async function createPair(t: Test, implementation: Implementation, options = {}) {
  const [server] = await createServers(t, implementation, 1, options)
  const { rpc, place } = server as { rpc: KRPC; place: Peer }
  const client = closing(t, implementation.createRPC({ nodes: [placeOf(place)], ...options }))
  return { server: rpc, client, place }
}

/**
 * A network in which every node answers with the nodes that it knows, and with `hello`. The first one knows all others,
 * since they have asked it.
 */
export async function createNetwork(t: Test, implementation: Implementation) {
  const servers = await createServers(t, implementation, 4)
  for (const { rpc } of servers) {
    rpc.on('query', (query: KRPCMessage, peer: Peer) =>
      rpc.response(peer, query, { hello: 42 }, rpc.nodes.closest(TARGET))
    )
  }
  const [first, ...others] = servers as [{ rpc: KRPC; place: Peer }, ...typeof servers]
  for (const { rpc } of others) t.equal((await ask(rpc, first.place, { q: 'meet' })).error, null)
  const client = closing(t, implementation.createRPC({ nodes: [placeOf(first.place)] }))
  return { first, servers, client }
}
