/** Finds nodes that are in a room: announces this one, and is told of the others. */

import type { WebTorrentDHT } from '../faces/webtorrent-dht.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** Between two announcements: others keep one for 45 minutes. */
const ANNOUNCE_INTERVAL = 15 * MINUTES
/** After an announcement that failed. Then twice as long each time. */
const FIRST_PAUSE = 1 * SECONDS
const LAST_PAUSE = 30 * SECONDS
/** Of a pause: members that announced together drift apart. */
const JITTER = 0.3

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
  #timer: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #isAnnouncing = false
  readonly #onStatus = (status: string): void => {
    if (status === 'connected') this.#announce()
  }

  constructor(options: FinderOptions) {
    this.#options = options
  }

  start(): void {
    this.#options.dht.on('status', this.#onStatus)
    this.#announce()
    void this.#watch()
  }

  close(): void {
    this.#options.dht.off('status', this.#onStatus)
    this.#end.abort()
    clearTimeout(this.#timer)
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

  #announce(): void {
    const { dht, infoHash } = this.#options
    clearTimeout(this.#timer)
    if (this.#end.signal.aborted || this.#isAnnouncing || dht.destroyed) return
    this.#isAnnouncing = true
    dht.announce(infoHash, 0, error => {
      this.#isAnnouncing = false
      if (this.#end.signal.aborted) return
      this.#failures = error ? this.#failures + 1 : 0
      const pause = error ? Math.min(FIRST_PAUSE * 2 ** (this.#failures - 1), LAST_PAUSE) : ANNOUNCE_INTERVAL
      this.#timer = setTimeout(() => this.#announce(), pause * (1 - JITTER * Math.random()))
    })
  }
}
