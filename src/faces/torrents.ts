/** `announce` and `lookup` (BEP 5): from what the caller passes to what it is called back with. */

import { readAnnouncedPort, readCallback, readId } from '../arguments.js'
import { andThen, orElse } from '../awaitable.js'
import type { Bytes } from '../bytes.js'
import type { Id } from '../id.js'
import type { PeerStore } from '../storing/store.js'
import type { BittorrentDHT, KRPCMessage, Peer, SearchCallback } from '../upstream.js'
import type { FoundPeer } from '../upstream-events.js'
import type { Calls } from './calls.js'
import { decodeFoundPeer, nameOfPeer } from './found-peer.js'

/** Peers from the node's own store that a lookup emits: as upstream's does. */
const MAX_OWN_PEERS = 100

/** Gets a peer, and the node that named it; `null`: this node's own store. */
export type OnPeer = (peer: FoundPeer, from: Peer | null) => void

/** Starts a search. @returns a function that stops it */
export type PeerSearch = (onPeer: OnPeer, callback: SearchCallback) => () => void

/** The part of the DHT that announcing and looking up need. */
type DHT = Pick<BittorrentDHT, 'destroyed' | 'emit' | 'nodeId' | '_closest' | '_tables'>

export interface TorrentsOptions {
  idLength: number
  peers: PeerStore<Bytes>
  calls: Calls
  /** Whether an id counts only with a proof. */
  isBound(id: Id): boolean
  /** Forgets what a search for a torrent has found if too much of it cannot be reached. */
  refresh(infoHash: Id): void
  onAnnounced(infoHash: Id, port: number): void
  /** Announces at the nodes that the last search has found. */
  announceAtFound(infoHash: Bytes, port: number, callback: SearchCallback): void
}

export class Torrents {
  readonly #dht: DHT
  readonly #options: TorrentsOptions

  constructor(dht: DHT, options: TorrentsOptions) {
    this.#dht = dht
    this.#options = options
  }

  /** @throws WebTorrentDHTError `EINVAL` */
  announce(
    given: unknown,
    port: number | SearchCallback | null | undefined,
    callback?: SearchCallback | null
  ): void {
    if (typeof port === 'function') return this.announce(given, 0, port)
    const infoHash = this.#readInfoHash(given)
    const done = readCallback('callback', callback)
    try {
      readAnnouncedPort('port', port)
    } catch (error) {
      if (!callback) throw error
      return this.#options.calls.begin('announce', done)(error) // as bittorrent-dht does
    }
    const end = this.#options.calls.begin('announce', done)
    if (this.#dht.destroyed) return
    this.#options.onAnnounced(infoHash, port ?? 0)
    this.#options.refresh(infoHash)
    this.#announce(infoHash, port ?? 0, end)
  }

  /** Announces a torrent again. Never rejects: it will be done again. */
  republish(infoHash: Id, port: number): Promise<void> {
    return new Promise(resolve => this.#announce(infoHash, port, () => resolve()))
  }

  /** @throws WebTorrentDHTError `EINVAL` */
  lookup(given: unknown, callback: SearchCallback | null | undefined): () => void {
    const infoHash = this.#readInfoHash(given)
    const end = this.#options.calls.begin('lookup', readCallback('callback', callback))
    return this.#dht.destroyed ? () => {} : this.#lookUp(infoHash, end)
  }

  /** A lookup without events. @throws WebTorrentDHTError `EINVAL` */
  searchFor(given: unknown): PeerSearch {
    const infoHash = this.#readInfoHash(given)
    return (onPeer, callback) => this.#lookUp(infoHash, callback, onPeer)
  }

  #readInfoHash(given: unknown): Id {
    return readId('infoHash', given, this.#options.idLength)
  }

  /** Upstream's looks up with the public `lookup`, which calls back later: what that has found may be forgotten by then. */
  #announce(infoHash: Id, port: number, callback: SearchCallback): void {
    const announce = () => this.#options.announceAtFound(infoHash.bytes, port, callback)
    if (this.#dht._tables.get(infoHash.hex)) announce()
    else this.#lookUp(infoHash, error => (error ? callback(error) : announce()))
  }

  #lookUp(
    { bytes, hex }: Id,
    callback: SearchCallback,
    onPeer: OnPeer = (peer, from) => this.#dht.emit('peer', peer, bytes, from)
  ): () => void {
    let isAborted = false
    const found = new Set<string>()
    const takePeers = (values: unknown, from: Peer | null) => {
      for (const value of Array.isArray(values) ? values : []) {
        const peer = decodeFoundPeer(value, this.#options.idLength, this.#options.isBound)
        if (!peer || isAborted || this.#dht.destroyed || found.has(nameOfPeer(peer))) continue
        found.add(nameOfPeer(peer))
        onPeer(peer, from)
      }
    }
    const own = this.#options.peers.get(hex, MAX_OWN_PEERS)
    process.nextTick(() => andThen(orElse(own, []), values => takePeers(values, null)))
    const query = { q: 'get_peers', a: { id: this.#dht.nodeId, info_hash: bytes } }
    const onReply = ({ r }: KRPCMessage, from: Peer) => {
      takePeers(r?.values, from)
      return !isAborted
    }
    this.#dht._closest(bytes, query, onReply, callback)
    return () => {
      isAborted = true
    }
  }
}
