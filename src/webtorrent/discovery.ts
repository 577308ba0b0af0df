/** One torrent in the DHT: it is announced, and watched while peers are wanted. */

import type { WebTorrentDHT } from '../faces/webtorrent-dht.js'
import { Repeating } from '../repeating.js'
import type { FoundPeer } from '../upstream-events.js'

const MINUTES = 60_000
/** A watch gives each peer once: a new one gives those again that the limits of `Peers` have dropped. */
const LONGEST_WATCH = 15 * MINUTES

export interface DiscoveryOptions {
  dht: Pick<WebTorrentDHT, 'announce' | 'watch' | 'destroyed' | 'on' | 'off'>
  /** In hex. */
  infoHash: string
  /** Milliseconds between two announcements. */
  announceInterval: number
  /** The port to announce. */
  port(): number
  onFound(peer: FoundPeer): void
  /** Called after each attempt to announce, whether it succeeded or not. */
  onAnnounced(): void
  /** A watch has failed; the next call of `watch` begins another. */
  onFailed(error: unknown): void
}

export class Discovery {
  readonly #options: DiscoveryOptions
  #announcing: Repeating<void> | undefined
  #isClosed = false
  #watch: { readonly end: AbortController; readonly startedAt: number } | undefined

  constructor(options: DiscoveryOptions) {
    this.#options = options
  }

  /** Announces from now on. */
  announce(): void {
    if (this.#announcing) return
    const { dht, announceInterval } = this.#options
    this.#announcing = new Repeating({ dht, interval: announceInterval, work: () => this.#announce() })
    this.#announcing.now().catch(() => {}) // again after a pause
  }

  /** Watches while peers are wanted: called again and again. */
  watch(isWanted: boolean): void {
    const isOld = this.#watch && performance.now() - this.#watch.startedAt > LONGEST_WATCH
    if (!isWanted || isOld) this.#stopWatching()
    if (isWanted && !this.#watch) void this.#startWatching()
  }

  close(): void {
    this.#isClosed = true
    this.#announcing?.close()
    this.#stopWatching()
  }

  #stopWatching(): void {
    this.#watch?.end.abort()
    this.#watch = undefined
  }

  async #startWatching(): Promise<void> {
    const { dht, infoHash, onFound, onFailed } = this.#options
    const watch = { end: new AbortController(), startedAt: performance.now() }
    this.#watch = watch
    try {
      for await (const peer of dht.watch(infoHash, { signal: watch.end.signal })) onFound(peer)
    } catch (error) {
      if (this.#watch !== watch) return // it was stopped
      this.#watch = undefined
      if (!dht.destroyed) onFailed(error)
    }
  }

  #announce(): Promise<void> {
    const { dht, infoHash, port, onAnnounced } = this.#options
    return new Promise((resolve, reject) => {
      dht.announce(infoHash, port(), error => {
        if (!this.#isClosed) onAnnounced()
        if (error) reject(error)
        else resolve()
      })
    })
  }
}
