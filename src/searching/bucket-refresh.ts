/**
 * Refreshes the buckets of the routing table that have room (Kademlia, section 2.3: a node that has joined refreshes all buckets
 * further away than its nearest neighbours). Joining searches only for the node's own id, so it meets only its own side of the
 * network. Without the refresh, a search for an id on the other side could end on this one.
 *
 * Each node in the table costs a connection. So the connected nodes are asked for candidates, which costs messages only, and no more
 * connections are made than the buckets have places.
 */

import { commonBits, Id } from '../id.js'
import type { Contact, Query, QueryCallback } from '../upstream.js'
import { decodeNodes } from '../wire/compact.js'

/** Connected nodes asked per bucket: the nearest to it. */
const ASKED = 4

/** The part of the node that refreshing buckets needs. */
export interface BucketOwner {
  readonly id: Buffer
  readonly destroyed: boolean
  /** The routing table. */
  readonly nodes: {
    closest(target: Buffer, count: number): Contact[]
    toArray(): Contact[]
  }
  query(contact: Contact, query: Query, callback: QueryCallback): unknown
  /** Tries to connect to a node that others have named. Never rejects. */
  connectTo(id: Id): Promise<void>
}

export interface BucketSettings {
  readonly idLength: number
  readonly bucketSize: number
  readonly lookupWidth: number
}

/** A random id that shares exactly `index` leading bits with `id`. */
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

/** Refreshes the buckets of a node's table, the furthest first. Settles when all were tried. */
export async function refreshBuckets(
  node: BucketOwner,
  { idLength, bucketSize, lookupWidth }: BucketSettings
): Promise<void> {
  const own = Id.of(node.id)
  // All nodes nearer than this one are known.
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

/** Asks connected nodes for nodes near a target. @returns each node once */
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
