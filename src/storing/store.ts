/**
 * The interface of a store, in which a node keeps values (BEP 44) and announcements (BEP 5) for the network. By default they are in
 * memory; `webtorrent-dht/directory-store` keeps them on disk; an application can give its own.
 *
 * Each method returns its result or a promise of it. A rejected promise means that the store does not work at the moment: the node
 * answers the query with an error, and goes on. A promise that has not settled after 5 seconds counts as rejected. A store may
 * return any kind of bytes.
 */

import type { Awaitable } from '../awaitable.js'
import type { Bytes } from '../bytes.js'
import type { StoredValue } from '../upstream.js'

/** A store of values and announcements: the option `store`. */
export interface Store<B extends Uint8Array = Uint8Array> {
  readonly values: ValueStore<B>
  readonly peers: PeerStore<B>
  /**
   * Called once, after the last use, when the node is destroyed; `destroy` calls back afterwards. Leave it out if the store outlives
   * the node.
   */
  close?(): Awaitable<void>
}

/**
 * Values by key. A key is in hex: the hash of the value, or of its public key and salt (BEP 44).
 *
 * The `v` of a value is what bencode has: bytes, an integer, or an array or plain object of these. An empty one is a value, too. The
 * copy that `get` gives must be equal: the key is the hash of `v`, and the signature is over it.
 *
 * The node checks values before it puts them, and never has two puts of one key at a time. After a `put` is done, every `get` must
 * find its value. A full store evicts the least recently used value.
 */
export interface ValueStore<B extends Uint8Array = Uint8Array> {
  /** How many values there are, for statistics. Expired values that are not swept yet may be included. */
  readonly size: number
  /** The value under a key, unless it has expired. Counts as use. */
  get(key: string): Awaitable<StoredValue<B> | undefined>
  /**
   * Stores a value. It replaces a value with the same key.
   *
   * @param until when it expires, in milliseconds since the epoch. Default: never, while there is room
   */
  put(key: string, value: StoredValue, until?: number): Awaitable<void>
  /** Removes the value under a key, if there is one. */
  remove(key: string): Awaitable<void>
  /** All values that have not expired, in any order. Does not count as use. Read it with `for await`. */
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
  /** How many records there are, for statistics. Expired records that are not swept yet may be included. */
  readonly size: number
  /**
   * The records of an info hash that have not expired. If there are more than `max`, each call makes a new random choice.
   *
   * @param max default: all
   */
  get(infoHash: string, max?: number): Awaitable<B[]>
  /**
   * Stores a record, or extends the time of a stored one. The memory store may evict it earlier, as `bittorrent-dht` does (option
   * `maxAge`).
   *
   * @param until when it expires, in milliseconds since the epoch
   */
  put(infoHash: string, record: Bytes, until: number): Awaitable<void>
  /** Removes a record, if it is there. */
  remove(infoHash: string, record: Bytes): Awaitable<void>
  /** All records that have not expired, in any order. Read it with `for await`. */
  entries(): Iterable<PeerEntry<B>> | AsyncIterable<PeerEntry<B>>
}

/** A stored announcement, as `entries()` gives it. */
export interface PeerEntry<B extends Uint8Array = Uint8Array> {
  /** In hex. */
  readonly infoHash: string
  readonly record: B
  /** When it expires, in milliseconds since the epoch; `undefined`: the store decides. */
  readonly until: number | undefined
}
