/**
 * Nodes that want to be told who announces a torrent from now on (docs/beps/watching.md). This node stores announcements of the torrent, and
 * tells them of each new one. What it tells comes late rather than often: one message to a watcher in each {@link TELL_AFTER}.
 */

import type { Id } from '../id.js'
import { KRPC_ERROR, KRPCError, shareUsedUp } from '../krpc/errors.js'
import { MAX_VALUES } from '../krpc/fields.js'
import type { Asker } from '../krpc/method.js'
import type { WatcherList } from '../krpc/methods/dht-parts.js'
import { neighbourOf, ownerOf } from './owner.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** Milliseconds that a watcher is told without asking again. */
export const WATCH_LIFETIME = 10 * MINUTES
/** Watchers of one torrent. */
export const MAX_WATCHERS = 128
/** Watchers of all torrents. */
const MAX_ALL = 4096
/** Torrents that a node may watch here. */
export const MAX_PER_NODE = 64
/** Shares for all nodes behind one neighbour: it could have invented them. */
const SHARES_OF_NEIGHBOUR = 4
/** Milliseconds between an announcement and the telling, in which others may come. */
const TELL_AFTER = 100
/** Tellings in a row that a watcher may leave unanswered. */
const MAX_MISSED = 2

export interface WatchersOptions {
  /**
   * Tells a node of announcements.
   *
   * @returns whether it goes on watching; `undefined` if nothing came back
   */
  tell(id: Id, infoHash: Id, records: readonly Buffer[]): Promise<boolean | undefined>
}

interface Watcher {
  readonly id: Id
  readonly owner: string
  readonly neighbour: string | null
  until: number
  missed: number
}

interface Watched {
  readonly infoHash: Id
  readonly watchers: Map<string, Watcher>
  /** Announcements that nobody was told of yet, with their announcers. */
  news: { record: Buffer; announcer: Id }[]
  timer: ReturnType<typeof setTimeout> | undefined
}

export class Watchers implements WatcherList {
  readonly #options: WatchersOptions
  readonly #watched = new Map<string, Watched>()
  /** How many torrents an owner watches, and all owners behind a neighbour. */
  readonly #shares = new Map<string, number>()
  #count = 0

  constructor(options: WatchersOptions) {
    this.#options = options
  }

  /** Watchers of all torrents. */
  get size(): number {
    return this.#count
  }

  /** Tells the asker of announcements from now on. @throws KRPCError if there is no room */
  add(asker: Asker, infoHash: Id): void {
    const owner = ownerOf(asker)
    const until = performance.now() + WATCH_LIFETIME
    this.#forgetOld()
    const known = this.#watched.get(infoHash.hex)?.watchers.get(owner)
    if (known) {
      known.until = until
      known.missed = 0
      return
    }
    const neighbour = neighbourOf(asker)
    const ofNeighbour = neighbour === null ? 0 : this.#shareOf(`over ${neighbour}`)
    if (this.#shareOf(owner) >= MAX_PER_NODE || ofNeighbour >= SHARES_OF_NEIGHBOUR * MAX_PER_NODE) {
      throw shareUsedUp()
    }
    const isFull = (this.#watched.get(infoHash.hex)?.watchers.size ?? 0) >= MAX_WATCHERS
    if (isFull || this.#count >= MAX_ALL) throw new KRPCError(KRPC_ERROR.FULL, 'too many watch here')
    this.#watch(infoHash).watchers.set(owner, { id: asker.id, owner, neighbour, until, missed: 0 })
    this.#charge(owner, neighbour, 1)
  }

  /** Stops telling the asker. */
  remove(asker: Asker, infoHash: Id): void {
    const watched = this.#watched.get(infoHash.hex)
    const watcher = watched?.watchers.get(ownerOf(asker))
    if (watched && watcher) this.#drop(watched, watcher)
  }

  /** Tells those who watch a torrent of a new announcement. Of very many at once the first ones are told. */
  announced(infoHash: Id, record: Buffer, announcer: Id): void {
    const watched = this.#watched.get(infoHash.hex)
    if (!watched || watched.news.length >= MAX_VALUES) return
    watched.news.push({ record, announcer })
    watched.timer ??= setTimeout(() => this.#tellAll(watched), TELL_AFTER)
  }

  close(): void {
    for (const { timer } of this.#watched.values()) clearTimeout(timer)
    this.#watched.clear()
    this.#shares.clear()
    this.#count = 0
  }

  #tellAll(watched: Watched): void {
    const { news } = watched
    watched.timer = undefined
    watched.news = []
    const now = performance.now()
    for (const watcher of [...watched.watchers.values()]) {
      if (watcher.until <= now) this.#drop(watched, watcher)
      else void this.#tell(watched, watcher, news)
    }
  }

  async #tell(watched: Watched, watcher: Watcher, news: Watched['news']): Promise<void> {
    const records = news.flatMap(({ record, announcer }) => (announcer.equals(watcher.id) ? [] : [record]))
    if (records.length === 0) return
    const goesOn = await this.#options.tell(watcher.id, watched.infoHash, records)
    if (goesOn) watcher.missed = 0
    else watcher.missed += goesOn === false ? MAX_MISSED : 1
    if (watcher.missed >= MAX_MISSED) this.#drop(watched, watcher)
  }

  #watch(infoHash: Id): Watched {
    const known = this.#watched.get(infoHash.hex)
    if (known) return known
    const watched: Watched = { infoHash, watchers: new Map(), news: [], timer: undefined }
    this.#watched.set(infoHash.hex, watched)
    return watched
  }

  #drop(watched: Watched, { owner, neighbour }: Watcher): void {
    if (!watched.watchers.delete(owner)) return
    this.#charge(owner, neighbour, -1)
    if (watched.watchers.size > 0) return
    clearTimeout(watched.timer)
    this.#watched.delete(watched.infoHash.hex)
  }

  /** Makes room, where there is little: expired watchers are dropped when they would be told. */
  #forgetOld(): void {
    if (this.#count < MAX_ALL / 2) return
    const now = performance.now()
    for (const watched of [...this.#watched.values()]) {
      for (const watcher of [...watched.watchers.values()]) {
        if (watcher.until <= now) this.#drop(watched, watcher)
      }
    }
  }

  #shareOf(name: string): number {
    return this.#shares.get(name) ?? 0
  }

  #charge(owner: string, neighbour: string | null, amount: 1 | -1): void {
    this.#count += amount
    for (const name of [owner, ...(neighbour === null ? [] : [`over ${neighbour}`])]) {
      const share = this.#shareOf(name) + amount
      if (share === 0) this.#shares.delete(name)
      else this.#shares.set(name, share)
    }
  }
}
