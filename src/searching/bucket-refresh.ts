/**
 * Fills buckets of the routing table that have room (Kademlia, section 2.3: a node that has joined refreshes all buckets that
 * are further away than its nearest neighbours). Joining searches for the node's own id only, so it meets its own side of
 * the network: without this, nodes whose ids differ in the first bit may not know of each other at all, and a search for
 * something over there ends on this side.
 *
 * A node becomes part of the table by a connection, so no more are made than a bucket has places: the nodes that are
 * connected are asked who is there, which costs messages only.
 */

import type { Contact, Query, QueryCallback } from '../upstream.js'
import { decodeNodes } from '../wire/compact.js'
import { countCommonBits } from './common-bits.js'

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
  connectTo(id: Buffer): Promise<void>
}

export interface BucketSettings {
  readonly idLength: number
  readonly bucketSize: number
  readonly lookupWidth: number
}

/** A random id that has exactly this many leading bits in common with `id`. */
export function createIdInBucket(id: Uint8Array, index: number): Buffer {
  const result = Buffer.from(id)
  const random = crypto.getRandomValues(new Uint8Array(id.length))
  for (let bit = index; bit < 8 * id.length; bit++) {
    const mask = 0x80 >> (bit % 8)
    const isFlipped = bit === index || ((random[bit >> 3] ?? 0) & mask) !== 0
    if (isFlipped) result[bit >> 3] = (result[bit >> 3] ?? 0) ^ mask
  }
  return result
}

/** Fills the buckets of a node's table, the furthest first. Settles when that has been tried. */
export async function refreshBuckets(
  node: BucketOwner,
  { idLength, bucketSize, lookupWidth }: BucketSettings
): Promise<void> {
  // All nodes that are nearer than these are known.
  const furthest = node.nodes.closest(node.id, lookupWidth).at(-1)
  if (!furthest) return
  const last = countCommonBits(node.id, furthest.id)
  for (let index = 0; index < last && !node.destroyed; index++) {
    const isHere = (contact: Contact) => countCommonBits(node.id, contact.id) === index
    const missing = bucketSize - node.nodes.toArray().filter(isHere).length
    if (missing <= 0) continue
    const target = createIdInBucket(node.id, index)
    const found = (await findNodes(node, target, idLength)).filter(isHere)
    await Promise.all(found.slice(0, missing).map(contact => node.connectTo(contact.id)))
  }
}

/** What the connected nodes know near a target, each node once. */
async function findNodes(node: BucketOwner, target: Buffer, idLength: number): Promise<Contact[]> {
  const query = { q: 'find_node', a: { id: node.id, target } }
  const asked = node.nodes.closest(target, ASKED)
  const replies = await Promise.all(
    asked.map(
      contact =>
        new Promise<Contact[]>(resolve => {
          node.query(contact, query, (_, reply) => {
            const nodes = reply?.r?.nodes
            resolve(Buffer.isBuffer(nodes) ? decodeNodes(nodes, idLength) : [])
          })
        })
    )
  )
  return [...new Map(replies.flat().map(contact => [contact.id.toString('hex'), contact])).values()]
}
