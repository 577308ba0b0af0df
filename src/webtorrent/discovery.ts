/** When a torrent is announced and looked up: at once, again after a while, and when the node is back in the network. */

import type { WebTorrentDHT } from '../faces/webtorrent-dht.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** After the first lookup, after all peers are gone, and after an announcement that failed. Then twice as long each time. */
const SHORTEST_PAUSE = 1 * SECONDS
/** While there is no peer: a lookup costs some 16 messages. */
const LONGEST_PAUSE_ALONE = 30 * SECONDS
/** While there are some peers, and more are wanted. */
const LONGEST_PAUSE = 2 * MINUTES
/** Nobody is looked for; the reason may go away. */
const PAUSE_UNWANTED = 15 * MINUTES
const LONGEST_PAUSE_AFTER_FAILURE = 1 * MINUTES
/** Of the interval: announcements of many torrents that began together drift apart. */
const JITTER = 0.2

export interface DiscoveryOptions {
  dht: Pick<WebTorrentDHT, 'announce' | 'lookup' | 'ready' | 'destroyed'>
  /** In hex. */
  infoHash: string
  /** Milliseconds between two announcements. */
  announceInterval: number
  /** The port to announce. */
  port(): number
  /** Whether peers are looked for. */
  isWanting(): boolean
  /** Peers of the torrent, wherever they come from. */
  countPeers(): number
  /** Called after each attempt to announce, whether it succeeded or not. */
  onAnnounced(): void
}

type Timer = ReturnType<typeof setTimeout>

export class Discovery {
  readonly #options: DiscoveryOptions
  #isAnnounced = false
  #isAnnouncing = false
  #isClosed = false
  #announceTimer: Timer | undefined
  #lookupTimer: Timer | undefined
  #lookupAt = 0
  #announcePause = SHORTEST_PAUSE
  #lookupPause = SHORTEST_PAUSE

  constructor(options: DiscoveryOptions) {
    this.#options = options
  }

  /** Looks for peers from now on. */
  search(): void {
    this.#lookUp()
  }

  /** Announces from now on. */
  announce(): void {
    if (this.#isAnnounced) return
    this.#isAnnounced = true
    this.#announce()
  }

  /** Does all again: the node has come into the network, perhaps for the second time. */
  refresh(): void {
    this.#lookupPause = SHORTEST_PAUSE
    this.#announcePause = SHORTEST_PAUSE
    if (this.#isAnnounced) this.#announce()
    this.#lookUp()
  }

  /** A peer is gone: the next lookup may have to come sooner. */
  peerLost(): void {
    if (this.#options.countPeers() === 0) this.#lookupPause = SHORTEST_PAUSE
    if (performance.now() + this.#nextPause < this.#lookupAt) this.#scheduleLookup()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#announceTimer)
    clearTimeout(this.#lookupTimer)
  }

  #lookUp(): void {
    const { dht, infoHash, isWanting } = this.#options
    // An announcement begins with a lookup.
    if (isWanting() && !this.#isAnnouncing && dht.ready && !dht.destroyed) dht.lookup(infoHash)
    this.#scheduleLookup()
    this.#lookupPause = Math.min(2 * this.#lookupPause, LONGEST_PAUSE)
  }

  #scheduleLookup(): void {
    clearTimeout(this.#lookupTimer)
    if (this.#isClosed) return
    const pause = this.#nextPause
    this.#lookupAt = performance.now() + pause
    this.#lookupTimer = setTimeout(() => this.#lookUp(), pause)
  }

  get #nextPause(): number {
    const { isWanting, countPeers } = this.#options
    if (!isWanting()) return PAUSE_UNWANTED
    return Math.min(this.#lookupPause, countPeers() === 0 ? LONGEST_PAUSE_ALONE : LONGEST_PAUSE)
  }

  #announce(): void {
    const { dht, infoHash, port, onAnnounced } = this.#options
    clearTimeout(this.#announceTimer)
    // 'ready' calls `refresh`.
    if (this.#isClosed || this.#isAnnouncing || !dht.ready || dht.destroyed) return
    this.#isAnnouncing = true
    dht.announce(infoHash, port(), error => {
      this.#isAnnouncing = false
      if (this.#isClosed) return
      this.#announceTimer = setTimeout(() => this.#announce(), this.#nextAnnouncePause(error))
      onAnnounced()
    })
  }

  /** @param error of the last announcement, for example that no node is known that could be told */
  #nextAnnouncePause(error: Error | null): number {
    const { announceInterval } = this.#options
    if (!error) {
      this.#announcePause = SHORTEST_PAUSE
      return announceInterval * (1 - JITTER * Math.random())
    }
    const pause = this.#announcePause
    this.#announcePause = Math.min(2 * pause, LONGEST_PAUSE_AFTER_FAILURE)
    return pause
  }
}
