/** WebTorrent as the demo uses it, in terminals and in pages alike. Its types lag behind: this is where they are made up for. */

import type { Listener } from '../src/events.js'
import type { WebTorrentClient } from '../src/webtorrent/index.js'
import type { Emitter } from '../src/webtorrent/listeners.js'

interface TorrentEmitter extends Emitter {
  once(event: string, listener: Listener): unknown
}

/** Peers come from this DHT alone: no tracker, and none of what would look for them elsewhere. */
export const CLIENT_OPTIONS = {
  tracker: false,
  dht: false,
  lsd: false,
  utp: false,
  natUpnp: false,
  natPmp: false,
  webSeeds: false
}

export type TorrentClientClass = new (options: object) => TorrentClient

export interface TorrentClient extends WebTorrentClient, TorrentEmitter {
  readonly destroyed: boolean
  add(magnet: string, options: object): Torrent
  /** @param onSeed gets the torrent, another one if the client has that content already */
  seed(input: unknown, options: object, onSeed: (torrent: Torrent) => void): Torrent
  destroy(callback?: () => void): void
}

export interface Torrent extends TorrentEmitter {
  /** In hex; there once the link is parsed. */
  readonly infoHash?: string
  readonly name: string
  /** Of all files, in bytes. */
  readonly length: number
  readonly files: readonly TorrentFile[]
  readonly pieces: readonly unknown[]
  /** Its metadata is there. */
  readonly ready: boolean
  readonly done: boolean
  readonly destroyed: boolean
  /** Of what has arrived and been verified, from 0 to 1. */
  readonly progress: number
  /** Bytes. */
  readonly downloaded: number
  destroy(): void
}

export interface TorrentFile {
  readonly name: string
  readonly length: number
  /** The media type that the name stands for. */
  readonly type: string
  /** @param options `end` is the last byte, 0 the first one */
  arrayBuffer(options?: { start?: number; end?: number }): Promise<ArrayBuffer>
}

export interface TorrentWire extends TorrentEmitter {
  readonly peerPieces: { get(index: number): boolean }
  /** Bytes a second. */
  downloadSpeed(): number
  uploadSpeed(): number
}

/** A peer that is connected. Its wire emits `'upload'` with the bytes of each block. */
export interface TorrentPeer {
  /** Of the node, in hex, if it comes from this DHT; else its address. */
  id: string
  /** How WebTorrent got it. */
  source: string
  wire: TorrentWire
}

/** WebTorrent's words for where a peer comes from. */
const SOURCES: Record<string, string> = {
  dht: 'found through the DHT',
  ut_pex: 'named by another peer',
  tracker: 'found through a tracker',
  lsd: 'found in the local network'
}

/** The peers that a torrent is connected to. WebTorrent keeps where they come from to itself. */
export function peersOf(torrent: Torrent): TorrentPeer[] {
  const { _peers: peers } = torrent as unknown as { _peers: Map<string, Partial<TorrentPeer>> | null }
  return [...(peers?.values() ?? [])].flatMap(({ id, source, wire }) =>
    wire ? [{ id: String(id), source: source ?? '', wire }] : []
  )
}

/** How a peer was found, in words. Who connects by itself over TCP has none. */
export function describeSource(source: string): string {
  return SOURCES[source] ?? 'has connected by itself'
}

/** How much of a torrent a peer has, from 0 to 1. */
export function shareOf(wire: TorrentWire, { pieces }: Torrent): number {
  if (pieces.length === 0) return 0
  return pieces.filter((_, index) => wire.peerPieces.get(index)).length / pieces.length
}

/** A link without a tracker, by what a torrent is called and by its hash alone. */
export function magnetOf({ infoHash, name }: { infoHash: string; name: string }): string {
  return `magnet:?xt=urn:btih:${infoHash}${name ? `&dn=${encodeURIComponent(name)}` : ''}`
}
