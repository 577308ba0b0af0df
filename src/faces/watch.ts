/**
 * One torrent that this node watches. It is looked up, and some of the nodes that store its announcements are asked to tell of new ones:
 * again and again, as such nodes come and go. Where none of them can, as in networks of older nodes, the lookups alone find peers.
 */

import type { Id } from '../id.js'
import { LRU } from '../upstream.js'
import type { Contact, FoundPeer } from '../upstream-events.js'
import { nameOfPeer } from './found-peer.js'
import type { PeerSearch } from './torrents.js'

const SECONDS = 1000
/** Nodes that tell. An announcement goes to at least 8; the nearest ones are among them, wherever the announcer is. */
const TELLERS = 4
/** Milliseconds until the nearest nodes are looked for again, after each time. Nodes tell for ten minutes without being asked. */
const PAUSES = [10, 20, 40, 80, 160, 240].map(seconds => seconds * SECONDS)
/** The same while nobody tells. */
const PAUSES_UNTOLD = [1, 2, 4, 8, 15, 30].map(seconds => seconds * SECONDS)
/** Of a pause: watches that began together drift apart. */
const JITTER = 0.2
/** Milliseconds after a node that tells is lost. Others may be lost with it. */
const PAUSE_AFTER_LOSS = 1 * SECONDS
/** Milliseconds in which several nodes may tell of the same announcement. */
const REPEATED_WITHIN = 10 * SECONDS
/** Peers that are remembered, so that lookups do not find them again. */
const MAX_SEEN = 2000

export interface WatchOptions {
  /** Looks the torrent up, and calls back when that is over. */
  search(infoHash: Id): PeerSearch
  /** The nodes nearest to the torrent, as the last search has found them, with their tokens. */
  nearest(infoHash: Id): Contact[]
  /** Reads compact peer info. */
  decode(record: Buffer): FoundPeer | undefined
  /**
   * Asks a node to tell, or to stop.
   *
   * @returns the announcements that it has; `undefined` if it does not tell
   */
  ask(node: Contact, infoHash: Id, stop: boolean): Promise<readonly Buffer[] | undefined>
}

export class Watch {
  readonly #infoHash: Id
  readonly #options: WatchOptions
  readonly #onPeer: (peer: FoundPeer) => void
  /** The nodes that tell, by id. */
  readonly #tellers = new Map<string, Contact>()
  /** When each peer was told of last. */
  readonly #seen = new LRU<number>({ max: MAX_SEEN })
  #rounds = 0
  #stopSearch = () => {}
  #isSearching = false
  #isClosed = false
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param onPeer gets each peer that is found, and each that announces again after it was gone */
  constructor(infoHash: Id, options: WatchOptions, onPeer: (peer: FoundPeer) => void) {
    this.#infoHash = infoHash
    this.#options = options
    this.#onPeer = onPeer
  }

  start(): void {
    this.#search()
  }

  isAt(id: Id): boolean {
    return this.#tellers.has(id.hex)
  }

  /** Takes announcements that are new to whoever tells of them. */
  told(records: readonly Buffer[]): void {
    const now = performance.now()
    for (const record of records) {
      const peer = this.#options.decode(record)
      if (peer && now - (this.#seen.get(nameOfPeer(peer)) ?? Number.NEGATIVE_INFINITY) > REPEATED_WITHIN) {
        this.#found(peer)
      }
    }
  }

  /** Looks for the nearest nodes at once. */
  refresh(): void {
    this.#rounds = 0
    this.#search()
  }

  lost(id: Id): void {
    if (this.#tellers.delete(id.hex)) this.#searchIn(PAUSE_AFTER_LOSS)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#stopSearch()
    for (const node of this.#tellers.values()) void this.#options.ask(node, this.#infoHash, true)
    this.#tellers.clear()
  }

  #search(): void {
    if (this.#isClosed || this.#isSearching) return
    clearTimeout(this.#timer)
    this.#isSearching = true
    this.#stopSearch = this.#options.search(this.#infoHash)(
      peer => this.#note(peer),
      () => void this.#askNearest()
    )
  }

  async #askNearest(): Promise<void> {
    const tellers = new Map<string, Contact>()
    for (const node of this.#options.nearest(this.#infoHash)) {
      if (this.#isClosed || tellers.size >= TELLERS) break
      const name = Buffer.from(node.id).toString('hex')
      this.#tellers.set(name, node) // it may tell before its reply is here
      const records = await this.#options.ask(node, this.#infoHash, false)
      if (records) tellers.set(name, node)
      else this.#tellers.delete(name)
      for (const record of records ?? []) this.#note(this.#options.decode(record))
    }
    this.#isSearching = false
    if (this.#isClosed) return
    // Nodes that told before, and are not among the nearest any more, do so until they forget it.
    const pauses = tellers.size > 0 ? PAUSES : PAUSES_UNTOLD
    this.#searchIn(pauses[Math.min(this.#rounds++, pauses.length - 1)] as number)
  }

  #searchIn(pause: number): void {
    clearTimeout(this.#timer)
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#search(), pause * (1 - JITTER * Math.random()))
  }

  /** A peer that a lookup has found is new only once. */
  #note(peer: FoundPeer | undefined): void {
    if (peer && this.#seen.get(nameOfPeer(peer)) === undefined) this.#found(peer)
  }

  #found(peer: FoundPeer): void {
    if (this.#isClosed) return
    this.#seen.set(nameOfPeer(peer), performance.now())
    this.#onPeer(peer)
  }
}
