/** The events of the packages that this one extends, as tuples of arguments, with the types of these. */

import type { Bytes } from './bytes.js'
import type { ErrorCode, WebTorrentDHTError } from './errors.js'
import type { Status } from './joining/status.js'
import type { NetworkKind } from './network-kind.js'
import type { SearchStep } from './search-step.js'
import type { Value } from './wire/value.js'

/** A place that a datagram is sent to, as `k-rpc` and `k-rpc-socket` pass it about. Any bytes may be given. */
export interface Peer<B extends Uint8Array = Bytes> {
  host: string
  port: number
  address?: string
  id?: B
  token?: B | null
}

/** Where a datagram came from, as `dgram` says it. */
export interface RemoteInfo {
  address: string
  host: string
  port: number
  family: 'IPv4'
  size: number
}

/** A node in a routing table. Any bytes may be given. */
export interface Contact<B extends Uint8Array = Bytes> {
  id: B
  host: string
  port: number
  /** When it was last heard of, in milliseconds since the epoch. */
  seen?: number
  token?: B | null
  distance?: number
}

/** A decoded KRPC message (BEP 5). */
export interface KRPCMessage {
  t: Bytes
  y: string | Bytes
  q?: string | Bytes
  /** A dictionary in the queries of a DHT; an application's own may have anything. */
  a?: Record<string, unknown>
  r?: Record<string, unknown>
  e?: unknown
}

/** A peer of a torrent, as `'peer'` gives it. */
export interface FoundPeer {
  /** Its IPv4 address, where that is known, else a name from 240.0.0.0/4. */
  host: string
  /** The port that it announced. */
  port: number
  /**
   * The id of the node that announced it. Not enumerable, so that the peer looks as upstream's does; missing where the
   * announcement came from a node that does not give it.
   */
  readonly id?: Bytes
  /** Whether that id is bound to a key: then `connect` and `dial` reach nobody else. Not enumerable either. */
  readonly isBound?: boolean
}

/** A stored value (BEP 44): what `get` finds. A store of the application's may give any bytes. */
export interface StoredValue<B extends Uint8Array = Bytes> {
  /** Bytes, an integer, or an array or plain object of these. A string that was put comes back as its bytes in UTF-8. */
  v: Value<B>
  /** Of the node that it came from. */
  id: B
  k?: B
  sig?: B
  seq?: number
  salt?: B
}

/** An error that has a code, unless a listener or a handler of the application has thrown it. */
export interface CodedError extends Error {
  readonly code?: ErrorCode
}

/** The events of `bittorrent-dht`. */
export type DHTEvents = {
  /** The node has joined, or has tried to: once. */
  ready: []
  /** The HTTP server listens. */
  listening: []
  /** The node was destroyed, and everything is closed. */
  close: []
  /**
   * The HTTP server cannot listen, for example. Without a listener it ends the process; except where there is no WebRTC: then
   * `ENOWEBRTC` is a warning.
   */
  error: [error: CodedError]
  /**
   * Something failed, and the node goes on: a listener or a handler has thrown, or a place in `bootstrap` or an entrance does not
   * let the node in, which is said once for each code. It is printed where nobody listens.
   */
  warning: [error: CodedError]
  /** The node has got into the network or out of it, or there is another reason why it is not in. Not in upstream's. */
  status: [status: Status, reason: WebTorrentDHTError | null]
  /** The kind of network has been found out, or is another one now. Not in upstream's. */
  network: [kind: NetworkKind]
  /** A search goes on by a step: whom it asks, over whom, and who replies. Not in upstream's. */
  search: [step: SearchStep]
  /** A node has come into the routing table. */
  node: [node: Contact]
  /** A lookup has found a peer. `from` is the node that named it; `null`: it is in this node's own store. */
  peer: [peer: FoundPeer, infoHash: Bytes, from: Peer | null]
  /** A node has announced a torrent here. `from` is that node. */
  announce: [peer: FoundPeer, infoHash: Bytes, from?: { host: string; port: number } | undefined]
  /** Another node has asked for the nodes around an id. */
  find_node: [target: Bytes]
  /** Another node has asked for the peers of a torrent. */
  get_peers: [infoHash: Bytes]
  /** Another node wants to announce a torrent; `announce` follows if it is stored. */
  announce_peer: [infoHash: Bytes, from: { host: string; port: number }]
  /** Another node has asked for a value. */
  get: [key: Bytes, value: StoredValue | null | undefined]
  /** Another node wants to store a value, which is not checked yet. */
  put: [key: Bytes, v: Value<Bytes>]
}

/** The events of `k-rpc`. */
export type KRPCEvents = {
  listening: []
  error: [error: CodedError]
  warning: [error: CodedError]
  /** A query has come. Those of the DHT are answered already. */
  query: [query: KRPCMessage, from: RemoteInfo]
  /** A search goes on by a step. Not in upstream's. */
  search: [step: SearchStep]
  /** A node has come into the routing table. */
  node: [node: Contact]
  /** A bucket is full. `swap(dead)` puts the new node in the place of one that does not answer. */
  ping: [older: Contact[], swap: (dead?: Contact | null) => void]
}

/** The events of `k-rpc-socket`. */
export type KRPCSocketEvents = {
  listening: []
  error: [error: CodedError]
  warning: [error: CodedError]
  query: [query: KRPCMessage, from: RemoteInfo]
  response: [response: KRPCMessage, from: RemoteInfo | null]
  /** Fewer queries are in flight than before. */
  update: []
  /** The same, after all listeners to `update`. */
  postupdate: []
}

/** The events of the part of `dgram.Socket` that `k-rpc-socket` uses. */
export type DatagramSocketEvents = {
  message: [bytes: Bytes, from: RemoteInfo]
  listening: []
  close: []
  error: [error: Error]
}

/** The events of `k-bucket`. */
export type KBucketEvents = {
  added: [contact: Contact]
  removed: [contact: Contact]
  updated: [before: Contact, after: Contact]
  /** A bucket is full: these have been in it for longest. Not emitted here, where a connection says whether a node lives. */
  ping: [older: Contact[], newcomer: Contact]
}

/** The events of `lru`. */
export type LRUEvents<Value> = {
  evict: [evicted: { key: string; value: Value }]
}
