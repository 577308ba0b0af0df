/** What each node has announced here: a node has a share of the store, and what it announced is forgotten when it is gone. */

import { LRU, type RecordCache } from './upstream.js'

/** Nodes of which announcements are forgotten when they go; those of the others expire as in bittorrent-dht. */
const MAX_NODES = 1000

export class Announcements {
  readonly #store: RecordCache
  readonly #maxPerNode: number
  readonly #byNode = new LRU<{ infoHash: string; record: Buffer }[]>({ max: MAX_NODES })

  /**
   * @param store where the announcements are, by info hash in hex
   * @param maxPerNode how many of one node are kept
   */
  constructor(store: RecordCache, maxPerNode: number) {
    this.#store = store
    this.#maxPerNode = maxPerNode
  }

  /** Whether a node may announce this torrent: one that has used up its share may renew what it has announced. */
  hasRoom(id: string, infoHash: string): boolean {
    const own = this.#byNode.peek(id) ?? []
    return own.length < this.#maxPerNode || own.some(other => other.infoHash === infoHash)
  }

  /** Stores what a node announced. Beyond its share it takes the place of an earlier announcement of the same torrent. */
  add(id: string, infoHash: string, record: Buffer): void {
    const own = this.#byNode.get(id) ?? []
    this.#store.add(infoHash, record)
    if (own.some(other => other.infoHash === infoHash && other.record.equals(record))) return
    if (own.length >= this.#maxPerNode) {
      const index = own.findIndex(other => other.infoHash === infoHash)
      for (const replaced of own.splice(index, 1)) this.#store.remove(infoHash, replaced.record)
    }
    this.#byNode.set(id, [...own, { infoHash, record }])
  }

  /** A node that is gone cannot be a peer any more. */
  forget(id: string): void {
    for (const { infoHash, record } of this.#byNode.peek(id) ?? []) this.#store.remove(infoHash, record)
    this.#byNode.remove(id)
  }
}
