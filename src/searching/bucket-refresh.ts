/**
 * Fills buckets of the routing table that have room (Kademlia, section 2.3: a node that has joined refreshes all buckets that
 * are further away than its nearest neighbours). Joining searches for the node's own id only, so it meets its own side of
 * the network: without this, nodes whose ids differ in the first bit may not know of each other at all, and a search for
 * something over there ends on this side.
 *
 * A node becomes part of the table by a connection, so no more are made than a bucket has places: the nodes that are
 * connected are asked who is there, which costs messages only.
 */

import { commonBits, Id } from '../id.js'
import type { Contact, Query, QueryCallback } from '../upstream.js'
import { decodeNodes } from '../wire/compact.js'

/** Connected nodes that are asked for each bucket: the nearest to it. */
const ASKED = 4

/** What filling buckets needs of the node. */
export interface BucketOwner {
  readonly id: Buffer
  readonly destroyed: boolean
  /** The routing table. */
  readonly nodes: {
    closest(target: Buffer, count: number): Contact[]
    toArray(): Contact[]
  }
  query(contact: Contact, query: Query, callback: QueryCallback): unknown
  /** Connects to a node that others have named; that it cannot be done is no error. */
  connectTo(id: Id): Promise<void>
}

export interface BucketSettings {
  readonly idLength: number
  readonly bucketSize: number
  readonly lookupWidth: number
}

/** A random id that has exactly this many leading bits in common with `id`. */
export function createIdInBucket({ bytes }: Id, index: number): Id {
  const result = Buffer.from(bytes)
  const random = crypto.getRandomValues(new Uint8Array(bytes.length))
  for (let bit = index; bit < 8 * bytes.length; bit++) {
    const mask = 0x80 >> (bit % 8)
    const isFlipped = bit === index || ((random[bit >> 3] ?? 0) & mask) !== 0
    if (isFlipped) result[bit >> 3] = (result[bit >> 3] ?? 0) ^ mask
  }
  return Id.of(result)
}

/** Fills the buckets of a node's table, the furthest first. Settles when that has been tried. */
export async function refreshBuckets(
  node: BucketOwner,
  { idLength, bucketSize, lookupWidth }: BucketSettings
): Promise<void> {
  const own = Id.of(node.id)
  // All nodes that are nearer than these are known.
  const furthest = node.nodes.closest(node.id, lookupWidth).at(-1)
  if (!furthest) return
  const last = commonBits(own, Id.of(furthest.id))
  for (let index = 0; index < last && !node.destroyed; index++) {
    const isHere = (id: Id) => commonBits(own, id) === index
    const missing = bucketSize - node.nodes.toArray().filter(({ id }) => isHere(Id.of(id))).length
    if (missing <= 0) continue
    const found = (await findNodes(node, createIdInBucket(own, index), idLength)).filter(isHere)
    await Promise.all(found.slice(0, missing).map(id => node.connectTo(id)))
  }
}

/** What the connected nodes know near a target, each node once. */
async function findNodes(node: BucketOwner, target: Id, idLength: number): Promise<Id[]> {
  const query = { q: 'find_node', a: { id: node.id, target: target.bytes } }
  const asked = node.nodes.closest(target.bytes, ASKED)
  const replies = await Promise.all(
    asked.map(
      contact =>
        new Promise<Id[]>(resolve => {
          node.query(contact, query, (_, reply) => {
            const nodes = reply?.r?.nodes
            resolve(Buffer.isBuffer(nodes) ? decodeNodes(nodes, idLength).map(({ id }) => id) : [])
          })
        })
    )
  )
  return [...new Map(replies.flat().map(id => [id.hex, id])).values()]
}
