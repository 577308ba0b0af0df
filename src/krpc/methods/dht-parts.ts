/** What the methods of BEP 5 and BEP 44 work with. What stores is below in a store, and above in storing/. */

import type { Awaitable } from '../../awaitable.js'
import type { TypedEmitter } from '../../events.js'
import type { Id } from '../../id.js'
import type { Leading, StoredPeer } from '../../signal-exchange/leading.js'
import type { StoredValue } from '../../upstream.js'
import type { DHTEvents } from '../../upstream-events.js'
import type { Address } from '../../wire/compact.js'
import type { Asker } from '../method.js'

/** Tokens (BEP 5) show that a node that stores something has asked here before. */
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

/** The values (BEP 44) that are stored here. */
export interface StoredValues {
  keyOf(value: Pick<StoredValue, 'v' | 'k' | 'salt'>): Id
  get(key: Id): Awaitable<StoredValue | undefined>
  /** @throws KRPCError if the value is not taken */
  put(asker: Asker, value: StoredValue, cas: number | undefined): Awaitable<void>
}

export interface DhtParts {
  idLength: number
  isOfDht: true
  leading: Leading
  announcements: StoredAnnouncements
  storedValues: StoredValues
  tokens: Tokens
  /** Where `bittorrent-dht` emits what it was asked: `'find_node'`, `'get_peers'`, `'announce_peer'`, `'get'`, `'put'`. */
  events: Pick<TypedEmitter<DHTEvents>, 'emit'>
}
