/**
 * Stores announcements (BEP 5). Each node has a share of the store, and its announcements are removed when it is gone. All nodes
 * behind one neighbour have a few shares together: the neighbour could have invented them.
 */

import { type Awaitable, andThen, orElse } from '../awaitable.js'
import type { Bytes } from '../bytes.js'
import type { Id } from '../id.js'
import { shareUsedUp } from '../krpc/errors.js'
import type { Asker } from '../krpc/method.js'
import type { StoredAnnouncements } from '../krpc/methods/dht-parts.js'
import type { StoredPeer } from '../signal-exchange/leading.js'
import { LRU } from '../upstream.js'
import { type Address, decodePeer, encodePeer } from '../wire/compact.js'
import type { AnnouncerChecks } from './announcer-checks.js'
import { isOwner, neighbourOf, ownerOf } from './owner.js'
import type { PeerStore } from './store.js'

/** Nodes whose announcements are removed when they are gone. Beyond that, announcements expire as in bittorrent-dht. */
const MAX_NODES = 1000
/** Shares for all nodes behind one neighbour. */
const SHARES_OF_NEIGHBOUR = 4

interface Announcement {
  infoHash: string
  record: Buffer
  /** When it expires, in milliseconds since the epoch. */
  until: number
}

export interface AnnouncementsOptions {
  idLength: number
  /** Announcements kept per node. */
  maxPerNode: number
  /** Milliseconds that an announcement is kept; 0: for ever. */
  maxAge: number
  /** Checks the announcers that are named to others. */
  checks: AnnouncerChecks
  /** Called for each stored announcement. */
  onAdded(asker: Asker, infoHash: Id, peer: Address): void
  /** Called for one that was not stored here before: it is no repetition. */
  onNew(announcer: Id, infoHash: Id, record: Buffer): void
}

export class Announcements implements StoredAnnouncements {
  readonly #store: PeerStore<Bytes>
  readonly #options: AnnouncementsOptions
  /** By owner. */
  readonly #byNode = new LRU<Announcement[]>({ max: MAX_NODES })
  /** Announcements that came over routes, by neighbour. */
  readonly #byNeighbour = new LRU<Announcement[]>({ max: MAX_NODES })

  constructor(store: PeerStore<Bytes>, options: AnnouncementsOptions) {
    this.#store = store
    this.#options = options
  }

  /** The peers of a torrent, as compact peer info. Checks the announcers among them that are not connected. */
  get(infoHash: Id): Awaitable<readonly StoredPeer[]> {
    return andThen(this.#store.get(infoHash.hex), records => this.#named(records))
  }

  /**
   * Stores an announcement. Once a node's share is full, it replaces the node's earlier one of the same torrent.
   *
   * @throws KRPCError if the share is used up
   */
  add(asker: Asker, infoHash: Id, peer: Address): Awaitable<void> {
    const { id } = asker
    if (!this.#hasRoom(asker, infoHash.hex)) throw shareUsedUp()
    const record = encodePeer({ ...peer, id })
    const until = Date.now() + (this.#options.maxAge || Number.POSITIVE_INFINITY)
    const isNew = this.#note(asker, { infoHash: infoHash.hex, record, until })
    this.#options.checks.heard(id)
    return andThen(this.#store.put(infoHash.hex, record, until), () => {
      if (isNew) this.#options.onNew(id, infoHash, record)
      this.#options.onAdded(asker, infoHash, peer)
    })
  }

  /** Removes all announcements of a node that is gone. */
  forget(id: Id): void {
    for (const owner of this.#byNode.keys.filter(name => isOwner(name, id))) {
      for (const announcement of this.#byNode.remove(owner) ?? []) this.#remove(announcement)
    }
  }

  /** Keeps the announcements of a node that may be back in a moment, for a while. */
  spare(id: Id): void {
    if (this.#byNode.keys.some(name => isOwner(name, id))) this.#options.checks.spare(id)
  }

  #named(records: readonly Buffer[]): StoredPeer[] {
    return records.map(record => {
      const id = decodePeer(record, this.#options.idLength)?.id ?? null
      if (id) this.#options.checks.consider(id)
      return { record, id }
    })
  }

  /** Whether a node may announce this torrent. A node with a full share may announce the same torrents again. */
  #hasRoom(asker: Asker, infoHash: string): boolean {
    const own = kept(this.#byNode.peek(ownerOf(asker)))
    if (own.some(other => other.infoHash === infoHash)) return true
    const neighbour = neighbourOf(asker)
    const ofNeighbour = neighbour === null ? [] : kept(this.#byNeighbour.peek(neighbour))
    const { maxPerNode } = this.#options
    return own.length < maxPerNode && ofNeighbour.length < SHARES_OF_NEIGHBOUR * maxPerNode
  }

  /** @returns whether it is no repetition */
  #note(asker: Asker, announcement: Announcement): boolean {
    const { infoHash, record, until } = announcement
    const owner = ownerOf(asker)
    const neighbour = neighbourOf(asker)
    const own = kept(this.#byNode.get(owner))
    const same = own.find(other => other.infoHash === infoHash && other.record.equals(record))
    if (same) {
      same.until = until
      return false
    }
    if (own.length >= this.#options.maxPerNode) {
      const index = own.findIndex(other => other.infoHash === infoHash)
      for (const replaced of own.splice(index, 1)) this.#remove(replaced)
    }
    this.#byNode.set(owner, [...own, announcement])
    if (neighbour === null) return true
    this.#byNeighbour.set(neighbour, [...kept(this.#byNeighbour.get(neighbour)), announcement])
    return true
  }

  #remove(announcement: Announcement): void {
    void orElse(this.#store.remove(announcement.infoHash, announcement.record), undefined) // it expires
    announcement.until = 0
  }
}

function kept(announcements: Announcement[] = []): Announcement[] {
  const now = Date.now()
  return announcements.filter(({ until }) => until > now)
}
