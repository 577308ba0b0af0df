/** The parts of the node that the methods of BEP 5 and BEP 44 need. The classes in storing/ implement the stores. */

import type { Awaitable } from '../../awaitable.js'
import type { TypedEmitter } from '../../events.js'
import type { Id } from '../../id.js'
import type { Leading, StoredPeer } from '../../signal-exchange/leading.js'
import type { StoredValue } from '../../upstream.js'
import type { DHTEvents } from '../../upstream-events.js'
import type { Address } from '../../wire/compact.js'
import type { TopicValue } from '../../wire/topic-value.js'
import type { Asker } from '../method.js'

/** Tokens (BEP 5) prove that a node has queried this one before it stores something here. */
export interface Tokens {
  create(asker: Id): Uint8Array
  isValid(asker: Id, token: Buffer): boolean
}

/** The announcements that are stored here. */
export interface StoredAnnouncements {
  get(infoHash: Id): Awaitable<readonly StoredPeer[]>
  /** @throws KRPCError if the asker has used up its share */
  add(asker: Asker, infoHash: Id, peer: Address): Awaitable<void>
}

/** The nodes that are told of announcements. */
export interface WatcherList {
  /** @throws KRPCError if there is no room */
  add(asker: Asker, infoHash: Id): void
  remove(asker: Asker, infoHash: Id): void
}

/** The torrents that this node watches. */
export interface OwnWatches {
  /** @returns whether this node watches the torrent at the node that tells */
  told(from: Asker, infoHash: Id, records: readonly Buffer[]): boolean
}

/** The values (BEP 44) that are stored here. */
export interface StoredValues {
  keyOf(value: Pick<StoredValue, 'v' | 'k' | 'salt'>): Id
  get(key: Id): Awaitable<StoredValue | undefined>
  /** @throws KRPCError if the value is not taken */
  put(asker: Asker, value: StoredValue, cas: number | undefined): Awaitable<void>
}

/** The values under topics that are stored here. */
export interface StoredTopics {
  /** The values that have not expired, by key. @param after only those with greater keys */
  get(infoHash: Id, after?: Buffer): TopicValue[]
  /** @throws KRPCError if the value is not taken */
  put(asker: Asker, infoHash: Id, value: TopicValue): Awaitable<void>
}

export interface DhtParts {
  idLength: number
  isOfDht: true
  table: { hasFingerprint(fingerprint: string): boolean; readonly isFull: boolean }
  leading: Leading
  announcements: StoredAnnouncements
  watchers: WatcherList
  watches: OwnWatches
  storedValues: StoredValues
  topics: StoredTopics
  tokens: Tokens
  /** Emits the queries as `bittorrent-dht` does: `'find_node'`, `'get_peers'`, `'announce_peer'`, `'get'`, `'put'`. */
  events: Pick<TypedEmitter<DHTEvents>, 'emit'>
}
