/**
 * The packages that this one extends, with the types that they lack. Nothing else imports them, so the declarations of
 * this package stand alone.
 */

import bittorrentDHT from 'bittorrent-dht'
import kBucket from 'k-bucket'
import kRPC from 'k-rpc'
import kRPCSocket from 'k-rpc-socket'
import lru from 'lru'
import type { Awaitable } from './awaitable.js'
import type { Bytes } from './bytes.js'
import type { WebTorrentDHTError } from './errors.js'
import type { TypedEmitter } from './events.js'
import type {
  Contact,
  DatagramSocketEvents,
  DHTEvents,
  KBucketEvents,
  KRPCEvents,
  KRPCMessage,
  KRPCSocketEvents,
  LRUEvents,
  Peer,
  StoredValue
} from './upstream-events.js'

export type { Contact, KRPCMessage, Peer, StoredValue } from './upstream-events.js'

/** A query before it has a transaction id. */
export interface Query {
  q: string
  a?: Record<string, unknown>
}

export type QueryCallback = (
  error: (Error & { code?: unknown }) | null,
  reply: KRPCMessage | null,
  /** The node that replied; if none did, the one that was asked. */
  peer: Peer | null,
  request?: KRPCMessage
) => void

/** Gets a reply. Returns `false` to end the search. */
export type Visit = (reply: KRPCMessage, from: Peer) => unknown

/** The end of a search. @param nodes how many have replied */
export type SearchCallback = (error: Error | null, nodes?: number) => void

export type SendCallback = (error?: Error | null) => void

/** `k-bucket`: the contacts of a node by distance. */
export interface KBucket extends TypedEmitter<KBucketEvents> {
  localNodeId: Uint8Array
  numberOfNodesPerKBucket: number
  metadata: Record<string, unknown>
  add(contact: Contact<Uint8Array>): this
  get(id: Uint8Array): Contact | null
  remove(id: Uint8Array): this
  closest(id: Uint8Array, n?: number): Contact[]
  count(): number
  distance(first: Uint8Array, second: Uint8Array): number
  toArray(): Contact[]
}

/** The part of `dgram.Socket` that `k-rpc-socket` uses. */
export interface DatagramSocket extends TypedEmitter<DatagramSocketEvents> {
  address(): { address: string; family: string; port: number }
  bind(...args: unknown[]): void
  close(callback?: () => void): void
  send(
    message: Uint8Array,
    offset: number,
    length: number,
    port: number,
    address: string,
    callback?: SendCallback
  ): void
}

/** `k-rpc-socket`: KRPC queries and replies over a datagram socket. */
export interface KRPCSocket extends TypedEmitter<KRPCSocketEvents> {
  timeout: number
  inflight: number
  destroyed: boolean
  socket: DatagramSocket
  /** @internal */
  _timer: ReturnType<typeof setInterval>
  address(): { address: string; family: string; port: number }
  bind(...args: unknown[]): void
  destroy(callback?: (() => void) | null): void
  send(peer: Peer<Uint8Array>, message: KRPCMessage, callback?: SendCallback | null): void
  query(peer: Peer<Uint8Array>, query: Query, callback?: QueryCallback | null): number | undefined
  response(
    peer: Peer<Uint8Array>,
    query: KRPCMessage,
    response: Record<string, unknown>,
    callback?: SendCallback | null
  ): void
  error(peer: Peer<Uint8Array>, query: KRPCMessage, error: unknown, callback?: SendCallback | null): void
  cancel(transaction: number, error?: Error): void
}

/** `k-rpc`: a routing table and searches in it. */
export interface KRPC extends TypedEmitter<KRPCEvents> {
  id: Bytes
  nodes: KBucket
  socket: KRPCSocket
  bootstrap: Peer[]
  concurrency: number
  backgroundConcurrency: number
  /** Queries that wait until fewer are in flight. */
  pending: unknown[]
  k: number
  destroyed: boolean
  clear(): void
  /** @internal */
  _addNode(contact: Contact): void
  /** @internal */
  _closest(
    target: Bytes,
    query: Query,
    isBackground: boolean,
    visit: Visit | null,
    callback?: SearchCallback
  ): void
  address(): { address: string; family: string; port: number }
  bind(...args: unknown[]): void
  destroy(callback?: (() => void) | null): void
  /** Looks for the nodes nearest to a target, in the background. */
  populate(target: Uint8Array | string, query: Query, callback?: SearchCallback | null): void
  /** Looks for the nodes nearest to a target. `visit` gets the reply of each, and may end the search by returning `false`. */
  closest(
    target: Uint8Array | string,
    query: Query,
    visit: Visit | null | undefined,
    callback?: SearchCallback | null
  ): void
  query(peer: Peer<Uint8Array>, query: Query, callback?: QueryCallback | null): void
  /** Sends a query to each of the nodes, with the token that each has given. */
  queryAll(
    nodes: readonly Peer<Uint8Array>[],
    query: Query,
    visit: Visit | null | undefined,
    callback: SearchCallback
  ): void
  response(
    peer: Peer<Uint8Array>,
    query: KRPCMessage,
    response: Record<string, unknown>,
    nodes?: Contact<Uint8Array>[] | SendCallback | null,
    callback?: SendCallback | null
  ): void
  error(
    peer: Peer<Uint8Array>,
    query: KRPCMessage,
    error: [code: number, text: string],
    callback?: SendCallback | null
  ): void
}

/** The container of announced peers in `bittorrent-dht` (`record-cache`). */
export interface RecordCache {
  readonly size: number
  add(name: string, record: Bytes): void
  remove(name: string, record: Bytes): void
  get(name: string, n?: number): Bytes[]
}

/** The records of `record-cache` by name, which it has no method to list. */
export interface NamedRecordCache extends RecordCache {
  /** @internal */
  _fresh: RecordSets
  /** @internal Records that were not added again since the last time that it forgot some. */
  _stale: RecordSets
}

interface RecordSets {
  records: Map<string, { list: { record: Bytes }[] }>
}

/** `lru`: a map that forgets what was not used for longest. */
export interface LRU<Value = unknown> extends TypedEmitter<LRUEvents<Value>> {
  readonly length: number
  readonly keys: string[]
  set(key: string, value: Value): Value
  get(key: string): Value | undefined
  /** `get` that does not count as use. */
  peek(key: string): Value | undefined
  remove(key: string): Value | undefined
  clear(): void
}

/** A value to put, as it is. */
export type BareValue = Uint8Array | string

/** A value to put (BEP 44). Integers are safe ones; a string is its bytes in UTF-8; objects are plain ones of such values. */
export type PutValue =
  | BareValue
  | number
  | readonly PutValue[]
  | { readonly [key: string]: PutValue }
  | object

/** The options of an immutable `put` (BEP 44). */
export interface ImmutablePut {
  /** The value: at most 1000 bytes when bencoded, or 999 bytes as they are. */
  v: PutValue
}

/** The options of a mutable `put` (BEP 44). */
export interface MutablePut {
  /** The value: at most 1000 bytes when bencoded, or 999 bytes as they are. */
  v: PutValue
  /** The ed25519 public key, 32 bytes. */
  k: Uint8Array
  /** The sequence number, from 0 to 2^53 - 1; higher than that of the value it replaces. */
  seq: number
  /** Signs the given bytes with the private key, at once or later; WebCrypto's `ArrayBuffer` is taken, or… */
  sign?: (message: Bytes) => Awaitable<Uint8Array | ArrayBuffer>
  /** … the signature itself, 64 bytes. */
  sig?: Uint8Array
  /** At most 64 bytes: several values under one public key. An empty one is none. */
  salt?: Uint8Array | string
  /** Store only if the value stored now has this sequence number. */
  cas?: number
}

/** How the nodes closest to a key took a value. All zero if there was no node to ask. */
export interface PutTally {
  /** Nodes that stored it. */
  stored: number
  /** Nodes that refused it, by the code of their error: 302 for example if they have a newer version (BEP 44). */
  refused: Record<number, number>
  /** Nodes that did not answer. */
  unanswered: number
}

/** A put that failed. If nodes were asked, it has the fields of the tally; `cause` is the refusal that the code is for. */
export type PutError = WebTorrentDHTError & Partial<PutTally>

/** @param nodes how many nodes stored the value @param tally the same, and how many did not; missing after an error */
export type PutCallback = (error: PutError | null, key: Bytes, nodes: number, tally?: PutTally) => void

/** @param value `null` if nobody has it */
export type GetCallback = (error: WebTorrentDHTError | null, value: StoredValue | null) => void

/** A stored value (BEP 44) in `toJSON()`. Bytes are in hex. */
export interface StateValue {
  v: string
  /** Not in upstream's: `v` is bencoded, since the value is more than bytes. */
  bencoded?: true
  id: string
  k?: string
  sig?: string
  seq?: number
  /** Not in upstream's. */
  salt?: string
}

/** The options of `get`. */
export interface GetOptions {
  verify?: Verify
  /** The salt of a mutable value. An immutable value is not found then. */
  salt?: Uint8Array | string
  /** The public key of a mutable value, 32 bytes. An immutable value is not found then. */
  k?: Uint8Array
  /** `false`: asks the network even if this node stores the value, and it is immutable. */
  cache?: boolean
}

/** `bittorrent-dht`: BEP 5 and BEP 44. */
export interface BittorrentDHT extends TypedEmitter<DHTEvents> {
  /** This node's id. */
  nodeId: Bytes
  /** The routing table. */
  nodes: KBucket
  listening: boolean
  destroyed: boolean
  /** True once the bootstrap is over; `undefined` until then, as upstream has it. */
  ready?: boolean
  _rpc: KRPC
  /** @internal */
  _host: string | null
  /** @internal */
  _onquery(query: KRPCMessage, peer: Peer): void
  /** @internal */
  _generateToken(host: string): Bytes
  /** @internal */
  _validateToken(host: string, token: Bytes): boolean
  /** @internal */
  _verify: Verify | null
  /** @internal */
  _hash(bytes: Uint8Array): Bytes
  _tables: LRU<KBucket>
  _values: LRU<StoredValue>
  _peers: NamedRecordCache
  /** @internal */
  _bootstrap(populate: boolean): void
  /** @internal */
  _addPeer(peer: Peer, infoHash: Bytes, from?: Peer): void
  /** @internal */
  _closest(target: Bytes, query: Query, onReply: Visit | null, callback: SearchCallback): void
  /** Adds a node. Without `id` it is asked for its id first. */
  addNode(node: { host: string; port: number; id?: Uint8Array | string | null }): void
  removeNode(id: Uint8Array | string): void
  address(): { address: string; family: string; port: number }
  /**
   * Says that this node has the torrent (BEP 5 `announce_peer`).
   *
   * @param port where peers reach it; 0 or left out: the port that the other nodes see
   */
  announce(infoHash: Uint8Array | string, callback?: SearchCallback | null): void
  announce(
    infoHash: Uint8Array | string,
    port: number | null | undefined,
    callback?: SearchCallback | null
  ): void
  /** Finds peers (BEP 5 `get_peers`); each is a `'peer'` event. Returns a function that stops the search. */
  lookup(infoHash: Uint8Array | string, callback?: SearchCallback | null): () => void
  /** Stores a value (BEP 44). Calls back with its key, the SHA-1 to get it by. */
  put(value: BareValue | ImmutablePut | MutablePut, callback?: PutCallback | null): Bytes
  /** Finds a value (BEP 44); `null` if nobody has it. */
  get(key: Uint8Array | string, callback: GetCallback): void
  get(key: Uint8Array | string, options: GetOptions | null | undefined, callback: GetCallback): void
  toJSON(): { nodes: { host: string; port: number }[]; values: Record<string, StateValue> }
  listen(...args: unknown[]): void
  destroy(callback?: (() => void) | null): void
}

/** Tells whether an ed25519 signature is right, at once or later. */
export type Verify = (signature: Bytes, message: Bytes, publicKey: Bytes) => Awaitable<boolean>

type Options = Record<string, unknown>

export const LRU: new <Value>(options: { max: number; maxAge?: number }) => LRU<Value> = lru
export const KBucket: {
  new (options: Options): KBucket
  /** The XOR metric: the first 53 bits are exact. */
  distance(first: Uint8Array, second: Uint8Array): number
} = kBucket
export const KRPCSocket: new (options: Options) => KRPCSocket = kRPCSocket
export const KRPC: new (options: Options) => KRPC = kRPC
export const BittorrentDHT: new (options: Options) => BittorrentDHT = bittorrentDHT
