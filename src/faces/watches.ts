/** The torrents that this node watches: it is told of peers that announce them (docs/beps/watching.md). */

import type { Id } from '../id.js'
import type { Asker } from '../krpc/method.js'
import type { OwnWatches } from '../krpc/methods/dht-parts.js'
import type { FoundPeer } from '../upstream-events.js'
import { Watch, type WatchOptions } from './watch.js'

export class Watches implements OwnWatches {
  readonly #options: WatchOptions
  /** By info hash. */
  readonly #watches = new Map<string, Set<Watch>>()
  #isClosed = false

  constructor(options: WatchOptions) {
    this.#options = options
  }

  told(from: Asker, infoHash: Id, records: readonly Buffer[]): boolean {
    const watches = [...this.#of(infoHash)].filter(watch => watch.isAt(from.id))
    for (const watch of watches) watch.told(records)
    return watches.length > 0
  }

  /** A peer has announced a torrent to this node itself. */
  announcedHere(infoHash: Id, record: Buffer): void {
    for (const watch of this.#of(infoHash)) watch.told([record])
  }

  /** The node has come into the network: others may have forgotten that it watches. */
  refresh(): void {
    for (const watches of this.#watches.values()) for (const watch of watches) watch.refresh()
  }

  /** A node is not connected any more. */
  lost(id: Id): void {
    for (const watches of this.#watches.values()) for (const watch of watches) watch.lost(id)
  }

  /** Watches a torrent. @returns a function that ends it */
  start(infoHash: Id, onPeer: (peer: FoundPeer) => void): () => void {
    if (this.#isClosed) return () => {} // all calls are about to end
    const watch = new Watch(infoHash, this.#options, onPeer)
    const watches = this.#watches.get(infoHash.hex) ?? new Set()
    this.#watches.set(infoHash.hex, watches.add(watch))
    watch.start()
    return () => {
      watch.close()
      watches.delete(watch)
      if (watches.size === 0) this.#watches.delete(infoHash.hex)
    }
  }

  close(): void {
    this.#isClosed = true
    for (const watches of this.#watches.values()) for (const watch of watches) watch.close()
    this.#watches.clear()
  }

  #of(infoHash: Id): Iterable<Watch> {
    return this.#watches.get(infoHash.hex) ?? []
  }
}
