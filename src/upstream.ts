/**
 * The packages that this one extends, with the types that they lack. Nothing else imports them, so the declarations of
 * this package stand alone.
 */

import bittorrentDHT from 'bittorrent-dht'
import kBucket from 'k-bucket'
import kRPC from 'k-rpc'
import kRPCSocket from 'k-rpc-socket'
import lru from 'lru'
import type { EventEmitter } from './events.js'

/** A place that a datagram is sent to, as `k-rpc` and `k-rpc-socket` pass it about. */
export interface Peer {
  host: string
  port: number
  address?: string
  id?: Buffer
  token?: Buffer | null
}

/** A node in a routing table. */
export interface Contact {
  id: Buffer
  host: string
  port: number
  /** When it was last heard of, in milliseconds since the epoch. */
  seen?: number
  token?: Buffer | null
  distance?: number
}

/** A decoded KRPC message (BEP 5). Byte strings are `Buffer`s. */
export interface KRPCMessage {
  t: Buffer
  y: string | Buffer
  q?: string | Buffer
  a?: Record<string, unknown>
  r?: Record<string, unknown>
  e?: unknown[]
}

/** What a query is made of before it has a transaction id. */
export interface Query {
  q: string
  a?: Record<string, unknown>
}

export type QueryCallback = (
  error: (Error & { code?: unknown }) | null,
  reply: KRPCMessage | null,
  peer: Peer | null,
  request?: KRPCMessage
) => void

export type SendCallback = (error?: Error | null) => void

/** `k-bucket`: the contacts of a node by distance. */
export interface KBucket extends EventEmitter {
  localNodeId: Uint8Array
  numberOfNodesPerKBucket: number
  metadata: Record<string, unknown>
  add(contact: Contact): this
  get(id: Uint8Array): Contact | null
  remove(id: Uint8Array): this
  closest(id: Uint8Array, n?: number): Contact[]
  count(): number
  distance(first: Uint8Array, second: Uint8Array): number
  toArray(): Contact[]
}

/** The part of `dgram.Socket` that `k-rpc-socket` uses. */
export interface DatagramSocket extends EventEmitter {
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
export interface KRPCSocket extends EventEmitter {
  timeout: number
  inflight: number
  destroyed: boolean
  socket: DatagramSocket
  address(): { address: string; family: string; port: number }
  bind(...args: unknown[]): void
  destroy(callback?: () => void): void
  send(peer: Peer, message: KRPCMessage, callback?: SendCallback): void
  query(peer: Peer, query: Query, callback?: QueryCallback): number | undefined
  response(peer: Peer, query: KRPCMessage, response: Record<string, unknown>, callback?: SendCallback): void
  error(peer: Peer, query: KRPCMessage, error: unknown, callback?: SendCallback): void
  cancel(transaction: number, error?: Error): void
}

/** `k-rpc`: a routing table and searches in it. */
export interface KRPC extends EventEmitter {
  id: Buffer
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
    target: Buffer,
    query: Query,
    isBackground: boolean,
    visit: ((reply: KRPCMessage, from: Peer) => unknown) | null,
    callback?: (error: null, visited: number) => void
  ): void
  address(): { address: string; family: string; port: number }
  bind(...args: unknown[]): void
  destroy(callback?: () => void): void
  populate(target: Buffer, query: Query, callback?: (error: Error | null, nodes: number) => void): void
  query(peer: Peer, query: Query, callback?: QueryCallback): void
  response(
    peer: Peer,
    query: KRPCMessage,
    response: Record<string, unknown>,
    nodes?: Contact[],
    callback?: SendCallback
  ): void
  error(peer: Peer, query: KRPCMessage, error: [code: number, text: string]): void
}

/** What `bittorrent-dht` keeps the announced peers in (`record-cache`). */
export interface RecordCache {
  readonly size: number
  add(name: string, record: Buffer): void
  remove(name: string, record: Buffer): void
  get(name: string, n?: number): Buffer[]
}

/** The records of `record-cache` by name, which it has no method to list. */
export interface NamedRecordCache extends RecordCache {
  /** @internal */
  _fresh: RecordSets
  /** @internal Records that were not added again since the last time that it forgot some. */
  _stale: RecordSets
}

interface RecordSets {
  records: Map<string, { list: { record: Buffer }[] }>
}

/** `lru`: a map that forgets what was not used for longest. Emits `'evict'` with `{ key, value }`. */
export interface LRU<Value = unknown> extends EventEmitter {
  readonly length: number
  readonly keys: string[]
  set(key: string, value: Value): Value
  get(key: string): Value | undefined
  /** `get` that does not count as use. */
  peek(key: string): Value | undefined
  remove(key: string): Value | undefined
  clear(): void
}

/** The options of a mutable `put` (BEP 44). */
export interface MutablePut {
  /** The value, at most 999 bytes. */
  v: Buffer | string
  /** The ed25519 public key, 32 bytes. */
  k: Buffer
  /** The sequence number; higher than that of the value it replaces. */
  seq: number
  /** Signs the given bytes with the private key, or… */
  sign?: (message: Buffer) => Buffer
  /** … the signature itself, 64 bytes. */
  sig?: Buffer
  /** At most 64 bytes: several values under one key. */
  salt?: Buffer
  /** Store only if the value stored now has this sequence number. */
  cas?: number
}

/** What `get` finds (BEP 44). */
export interface StoredValue {
  v: Buffer
  id: Buffer
  k?: Buffer
  sig?: Buffer
  seq?: number
  salt?: Buffer
}

/** A stored value (BEP 44) in `toJSON()`. Bytes are in hex. */
export interface StateValue {
  v: string
  id: string
  k?: string
  sig?: string
  seq?: number
  /** Not in upstream's. */
  salt?: string
}

/** `bittorrent-dht`: BEP 5 and BEP 44. */
export interface BittorrentDHT extends EventEmitter {
  /** This node's id. */
  nodeId: Buffer
  /** The routing table. */
  nodes: KBucket
  listening: boolean
  destroyed: boolean
  /** True once the bootstrap is over; `undefined` until then, as upstream has it. */
  ready?: boolean
  /** @internal */
  _rpc: KRPC
  /** @internal */
  _put(value: StoredValue | MutablePut, callback: (error: Error | null) => void): Buffer
  /** @internal */
  _onquery(query: KRPCMessage, peer: Peer): void
  /** @internal */
  _onput(query: KRPCMessage, peer: Peer): void
  /** @internal */
  _generateToken(host: string, secret?: Buffer): Buffer
  /** @internal */
  _verify: Verify | null
  /** @internal */
  _hash(bytes: Uint8Array): Buffer
  /** @internal */
  _tables: LRU<KBucket>
  /** @internal */
  _values: LRU<StoredValue>
  /** @internal */
  _peers: NamedRecordCache
  /** @internal */
  _bootstrap(populate: boolean): void
  /** @internal */
  _addPeer(peer: Peer, infoHash: Buffer, from?: Peer): void
  /** @internal */
  _closest(
    target: Buffer,
    query: Query,
    onReply: ((reply: KRPCMessage, from: Peer) => boolean | undefined) | null,
    callback: (error: Error | null, nodes?: number) => void
  ): void
  /** Adds a node. Without `id` it is asked for its id first. */
  addNode(node: { host: string; port: number; id?: Buffer | string }): void
  removeNode(id: Buffer | string): void
  address(): { address: string; family: string; port: number }
  /**
   * Says that this node has the torrent (BEP 5 `announce_peer`).
   *
   * @param port where peers reach it; 0 or left out: the port that the other nodes see
   */
  announce(infoHash: Buffer | string, callback?: (error: Error | null, nodes?: number) => void): void
  announce(
    infoHash: Buffer | string,
    port: number,
    callback?: (error: Error | null, nodes?: number) => void
  ): void
  /** Finds peers (BEP 5 `get_peers`); each is a `'peer'` event. Returns a function that stops the search. */
  lookup(infoHash: Buffer | string, callback?: (error: Error | null, nodes?: number) => void): () => void
  /** Stores a value (BEP 44). Calls back with its key, the SHA-1 to get it by. */
  put(
    value: Buffer | string | { v: Buffer | string } | MutablePut,
    callback?: (error: Error | null, key: Buffer, nodes?: number) => void
  ): Buffer
  /** Finds a value (BEP 44); `null` if nobody has it. */
  get(key: Buffer | string, callback: (error: Error | null, value: StoredValue | null) => void): void
  get(
    key: Buffer | string,
    options: { verify?: Verify; salt?: Buffer | string; cache?: boolean } | null,
    callback: (error: Error | null, value: StoredValue | null) => void
  ): void
  toJSON(): { nodes: { host: string; port: number }[]; values: Record<string, StateValue> }
  listen(...args: unknown[]): void
  destroy(callback?: () => void): void
}

/** Tells whether an ed25519 signature is right. */
export type Verify = (signature: Buffer, message: Buffer, publicKey: Buffer) => boolean

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
