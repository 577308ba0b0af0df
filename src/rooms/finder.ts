/** Finds nodes that are in a room: announces this one, and is told of the others. */

import type { WebTorrentDHT } from '../faces/webtorrent-dht.js'
import { Repeating } from '../repeating.js'

const MINUTES = 60_000
/** Between two announcements: others keep one for 45 minutes. */
const ANNOUNCE_INTERVAL = 15 * MINUTES

export interface FinderOptions {
  dht: Pick<WebTorrentDHT, 'announce' | 'watch' | 'destroyed' | 'on' | 'off'>
  infoHash: Buffer
  /** Gets ids in hex, again and again. */
  onFound(id: string): void
  onFailed(error: unknown): void
}

export class Finder {
  readonly #options: FinderOptions
  readonly #end = new AbortController()
  readonly #announcing: Repeating<void>

  constructor(options: FinderOptions) {
    this.#options = options
    const { dht, infoHash } = options
    this.#announcing = new Repeating({
      dht,
      interval: ANNOUNCE_INTERVAL,
      work: () =>
        new Promise<void>((resolve, reject) =>
          dht.announce(infoHash, 0, error => (error ? reject(error) : resolve()))
        )
    })
  }

  start(): void {
    this.#announcing.now().catch(() => {}) // again after a pause
    void this.#watch()
  }

  close(): void {
    this.#end.abort()
    this.#announcing.close()
  }

  async #watch(): Promise<void> {
    const { dht, infoHash, onFound, onFailed } = this.#options
    try {
      for await (const { id } of dht.watch(infoHash, { signal: this.#end.signal })) {
        if (id) onFound(Buffer.from(id).toString('hex'))
      }
    } catch (error) {
      if (!this.#end.signal.aborted) onFailed(error)
    }
  }
}
