/** What each node has announced here: a node has a share of the store, and what it announced is forgotten when it is gone. */

import { LRU, type RecordCache } from './upstream.js'

/** Nodes of which announcements are forgotten when they go; those of the others expire as in bittorrent-dht. */
const MAX_NODES = 1000

export class Announcements {
  readonly #store: RecordCache
  readonly #maxPerNode: number
  readonly #keysByNode = new LRU<Map<string, { infoHash: string; record: Buffer }>>({ max: MAX_NODES })

  /**
   * @param store where the announcements are, by info hash in hex
   * @param maxPerNode how many of one node are kept
   */
  constructor(store: RecordCache, maxPerNode: number) {
    this.#store = store
    this.#maxPerNode = maxPerNode
  }

  /** Whether a node may announce this torrent: it may renew what it has announced. */
  hasRoom(id: string, infoHash: string): boolean {
    const own = this.#keysByNode.peek(id)
    return !own || own.size < this.#maxPerNode || own.has(infoHash)
  }

  /** Stores what a node announced. It takes the place of the node's earlier announcement of the same torrent. */
  add(id: string, infoHash: string, record: Buffer): void {
    const own = this.#keysByNode.get(id) ?? new Map()
    const earlier = own.get(infoHash)
    if (earlier && !earlier.record.equals(record)) this.#store.remove(infoHash, earlier.record)
    this.#store.add(infoHash, record)
    own.set(infoHash, { infoHash, record })
    this.#keysByNode.set(id, own)
  }

  /** A node that is gone cannot be a peer any more. */
  forget(id: string): void {
    for (const { infoHash, record } of this.#keysByNode.peek(id)?.values() ?? [])
      this.#store.remove(infoHash, record)
    this.#keysByNode.remove(id)
  }
}
