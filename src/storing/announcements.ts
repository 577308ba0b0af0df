/**
 * What each node has announced here: a node has a share of the store, and what it announced is forgotten when it is gone. Nodes
 * that come over routes through the same neighbour share some shares: the neighbour could have made them all up.
 */

import { LRU, type RecordCache } from '../upstream.js'

/** Nodes of which announcements are forgotten when they go; those of the others expire as in bittorrent-dht. */
const MAX_NODES = 1000
/** Shares for all nodes that come through one neighbour. */
const SHARES_OF_NEIGHBOUR = 4

/** A node that stores something here. */
export interface Owner {
  /** In hex, as it claims. */
  id: string
  /** The neighbour that its query came through, in hex: the node itself, where it is connected. */
  via: string
}

interface Announcement {
  infoHash: string
  record: Buffer
  /** When the store forgets it, as `performance.now()` says. */
  until: number
}

export class Announcements {
  readonly #store: RecordCache
  readonly #maxPerNode: number
  readonly #maxAge: number
  readonly #byNode = new LRU<Announcement[]>({ max: MAX_NODES })
  /** Those that came over routes, by neighbour. */
  readonly #byNeighbour = new LRU<Announcement[]>({ max: MAX_NODES })

  /**
   * @param store where the announcements are, by info hash in hex
   * @param limits.maxPerNode how many of one node are kept
   * @param limits.maxAge milliseconds that the store keeps one; 0: for ever
   */
  constructor(store: RecordCache, { maxPerNode, maxAge }: { maxPerNode: number; maxAge: number }) {
    this.#store = store
    this.#maxPerNode = maxPerNode
    this.#maxAge = maxAge || Number.POSITIVE_INFINITY
  }

  /** Whether a node may announce this torrent: one that has used up its share may renew what it has announced. */
  hasRoom({ id, via }: Owner, infoHash: string): boolean {
    const own = kept(this.#byNode.peek(id))
    if (own.some(other => other.infoHash === infoHash)) return true
    const ofNeighbour = kept(this.#byNeighbour.peek(via))
    return own.length < this.#maxPerNode && ofNeighbour.length < SHARES_OF_NEIGHBOUR * this.#maxPerNode
  }

  /** Stores what a node announced. Beyond its share it takes the place of an earlier announcement of the same torrent. */
  add({ id, via }: Owner, infoHash: string, record: Buffer): void {
    const own = kept(this.#byNode.get(id))
    this.#store.add(infoHash, record)
    const until = performance.now() + this.#maxAge
    const same = own.find(other => other.infoHash === infoHash && other.record.equals(record))
    if (same) {
      same.until = until
      return
    }
    if (own.length >= this.#maxPerNode) {
      const index = own.findIndex(other => other.infoHash === infoHash)
      for (const replaced of own.splice(index, 1)) this.#remove(replaced)
    }
    const announcement = { infoHash, record, until }
    this.#byNode.set(id, [...own, announcement])
    if (via !== id) this.#byNeighbour.set(via, [...kept(this.#byNeighbour.get(via)), announcement])
  }

  /** A node that is gone cannot be a peer any more. */
  forget(id: string): void {
    for (const announcement of this.#byNode.peek(id) ?? []) this.#remove(announcement)
    this.#byNode.remove(id)
  }

  #remove(announcement: Announcement): void {
    this.#store.remove(announcement.infoHash, announcement.record)
    announcement.until = 0
  }
}

function kept(announcements: Announcement[] = []): Announcement[] {
  const now = performance.now()
  return announcements.filter(({ until }) => until > now)
}
