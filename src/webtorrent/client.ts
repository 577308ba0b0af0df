/** The part of WebTorrent that is used here, as 2.8 and 3.0 have it. Its types lag behind: this is where they are made up for. */

import { invalid } from '../arguments.js'
import type { SimplePeer } from '../simple-peer.js'
import type { Emitter } from './listeners.js'

/** A client of WebTorrent 2.8 or later. */
export interface WebTorrentClient extends Emitter {
  readonly torrents: readonly object[]
}

/** @internal The same, with what it has besides. */
export interface Client extends WebTorrentClient {
  readonly torrents: readonly Torrent[]
  readonly destroyed: boolean
  /** Connections of one torrent. */
  readonly maxConns: number
  /** Whether a torrent that is complete connects to others. */
  readonly seedOutgoingConnections?: boolean
  dht?: unknown
  /** Where it listens for TCP; port 0 in pages. */
  address(): { port: number } | null
}

/** @internal */
export interface Torrent extends Emitter {
  /** In hex; there once the torrent id is parsed. */
  readonly infoHash?: string
  /** There once all that the torrent id says is in the torrent. */
  readonly magnetURI?: string
  /** The metadata's `info` dictionary: missing while a magnet link is all that is known. */
  readonly info?: unknown
  readonly private?: boolean | number
  /** Its data is verified. */
  readonly ready: boolean
  readonly done: boolean
  readonly paused: boolean
  readonly destroyed: boolean
  /** Connections after BitTorrent's handshake. */
  readonly wires: readonly Wire[]
  addPeer(peer: SimplePeer | string, source: string): boolean
  emit(event: string, ...args: unknown[]): boolean
}

/** @internal A connection of `bittorrent-protocol`. */
export interface Wire extends Emitter {
  /** Sent in the extended handshake (BEP 10). */
  extendedHandshake: Record<string, unknown>
  /** The other side's extended handshake: anything. */
  readonly peerExtendedHandshake: Record<string, unknown>
}

/** @internal @throws WebTorrentDHTError `EINVAL` if that is no client */
export function asClient(client: WebTorrentClient): Client {
  const { torrents, maxConns } = (client ?? {}) as Client
  if (Array.isArray(torrents) && typeof maxConns === 'number') return client as Client
  throw invalid('client', client, 'a client of WebTorrent')
}
