/**
 * Where a node keeps what it stores for the network: values (BEP 44) and announcements (BEP 5). The memory of the process by
 * default; a directory with `webtorrent-dht/directory-store`; or an object of the application's with these methods.
 *
 * Each method may return its result or a promise of it. A promise that is rejected means that the store does not work at
 * the moment: the node answers the query with an error, and goes on. A store may give any bytes.
 */

import type { Awaitable } from '../awaitable.js'
import type { Bytes } from '../bytes.js'
import type { StoredValue } from '../upstream.js'

/** A store of values and announcements: the option `store`. */
export interface Store<B extends Uint8Array = Uint8Array> {
  readonly values: ValueStore<B>
  readonly peers: PeerStore<B>
  /**
   * Called once, when the node is destroyed and uses the store no more; `destroy` calls back afterwards. Leave it out if the
   * store outlives the node.
   */
  close?(): Awaitable<void>
}

/**
 * Values by key. A key is in hex: the hash of the value, or of its public key and salt (BEP 44).
 *
 * The node checks a value before it puts it, and has only one read, comparison and write of a key at a time. A value that is put
 * must be found by every `get` that begins after `put` is done. A full store evicts the least recently used value.
 */
export interface ValueStore<B extends Uint8Array = Uint8Array> {
  /** How many values there are, those included that have expired but are not swept yet. For statistics. */
  readonly size: number
  /** The value under a key, unless it has expired. Counts as use. */
  get(key: string): Awaitable<StoredValue<B> | undefined>
  /**
   * Stores a value, in the place of one with the same key.
   *
   * @param until when it expires, in milliseconds since the epoch. Default: never, while there is room
   */
  put(key: string, value: StoredValue, until?: number): Awaitable<void>
  /** Removes the value under a key, if there is one. */
  remove(key: string): Awaitable<void>
  /** All values that have not expired, in any order. Does not count as use. `for await` reads either kind. */
  entries(): Iterable<ValueEntry<B>> | AsyncIterable<ValueEntry<B>>
}

/** A stored value, as `entries()` gives it. */
export interface ValueEntry<B extends Uint8Array = Uint8Array> {
  /** In hex. */
  readonly key: string
  readonly value: StoredValue<B>
  /** When it expires, in milliseconds since the epoch; `undefined`: never. */
  readonly until: number | undefined
}

/**
 * Announcements by info hash (in hex). Each is a record of compact peer info: 6 bytes, or 6 bytes and the id of the node that
 * announced. Equal records of one info hash are one announcement. A full store evicts old announcements.
 */
export interface PeerStore<B extends Uint8Array = Uint8Array> {
  /** How many records there are, those included that have expired but are not swept yet. For statistics. */
  readonly size: number
  /**
   * Records of an info hash that have not expired. If there are more than `max`, a random choice, another one each time.
   *
   * @param max default: all
   */
  get(infoHash: string, max?: number): Awaitable<B[]>
  /**
   * Stores a record, or gives one that is stored a new time to expire. The memory store may forget it earlier, as
   * `bittorrent-dht` does (option `maxAge`).
   *
   * @param until when it expires, in milliseconds since the epoch
   */
  put(infoHash: string, record: Bytes, until: number): Awaitable<void>
  /** Removes a record, if it is there. */
  remove(infoHash: string, record: Bytes): Awaitable<void>
  /** All records that have not expired, in any order. `for await` reads either kind. */
  entries(): Iterable<PeerEntry<B>> | AsyncIterable<PeerEntry<B>>
}

/** A stored announcement, as `entries()` gives it. */
export interface PeerEntry<B extends Uint8Array = Uint8Array> {
  /** In hex. */
  readonly infoHash: string
  readonly record: B
  /** When it expires, in milliseconds since the epoch; `undefined`: when the store says. */
  readonly until: number | undefined
}
