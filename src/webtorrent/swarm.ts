/** One torrent in the DHT: when it may be there, and what begins and ends then. */

import type { FoundPeer } from '../upstream-events.js'
import type { Torrent } from './client.js'
import { Discovery } from './discovery.js'
import { Listeners } from './listeners.js'
import { Peers, type PeersContext, protocolOf } from './peers.js'

export type SwarmContext = Omit<PeersContext, 'onLost'>

/**
 * - `pending`: it is not known yet whether the torrent is private, or its data is being verified
 * - `open`: it is looked up, announced if its metadata is known, and peers may connect
 * - `closed`: for good
 */
type State = 'pending' | 'open' | 'closed'

export class Swarm {
  readonly #torrent: Torrent
  readonly #context: SwarmContext
  readonly #listeners = new Listeners()
  #state: State = 'pending'
  #discovery: Discovery | undefined
  #stopHandling = () => {}
  #peers: Peers | undefined

  constructor(torrent: Torrent, context: SwarmContext) {
    this.#torrent = torrent
    this.#context = context
    for (const event of ['infoHash', 'metadata', 'ready']) {
      this.#listeners.add(torrent, event, () => this.#update())
    }
    this.#listeners.add(torrent, 'wire', wire => this.#peers?.addWire(wire))
    this.#update()
  }

  /** In hex. */
  get infoHash(): string | undefined {
    return this.#torrent.infoHash
  }

  /** Takes what a lookup has found. */
  found(peer: FoundPeer): void {
    this.#peers?.found(peer)
  }

  /** Dials those who wait, as far as there is room. */
  dialWaiting(): void {
    this.#peers?.dialWaiting()
  }

  /** The node has come into the network, perhaps for the second time. */
  refresh(): void {
    this.#discovery?.refresh()
  }

  /** Ends all that was begun, and closes the connections that were made. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#listeners.removeAll()
    this.#leave()
  }

  /**
   * A private torrent stays out (BEP 27). Of a magnet link nobody knows whether its torrent is private before a peer has sent the
   * metadata, and where there is no tracker only this DHT leads to one: so it is looked up, but announced no sooner than the
   * metadata says that it may be.
   */
  #update(): void {
    const { private: isPrivate, ready, info, magnetURI } = this.#torrent
    if (this.#state === 'closed' || magnetURI === undefined) return
    if (isPrivate) {
      this.#state = 'pending'
      this.#leave()
      // WebTorrent's `seed` waits for it where the client has a DHT, for private torrents in vain.
      if (ready && this.#context.client.dht === this.#context.dht) this.#torrent.emit('dhtAnnounce')
    } else if (ready || !info) {
      this.#open()
      if (ready) this.#discovery?.announce()
    }
  }

  #open(): void {
    const { infoHash } = this.#torrent
    if (this.#state !== 'pending' || infoHash === undefined) return
    const { dht, options } = this.#context
    this.#state = 'open'
    const peers = new Peers(this.#torrent, { ...this.#context, onLost: () => this.#discovery?.peerLost() })
    this.#peers = peers
    try {
      this.#stopHandling = dht.handle(protocolOf(this.#torrent), dial => peers.accept(dial), {
        hasTurn: options.hasTurn
      })
    } catch (error) {
      this.#torrent.emit('warning', error) // another client of this node has the torrent
    }
    this.#discovery = new Discovery({
      dht,
      infoHash,
      announceInterval: options.announceInterval,
      port: () => peers.port,
      isWanting: () => peers.isWanting,
      countPeers: () => peers.count,
      onAnnounced: () => this.#torrent.emit('dhtAnnounce') // WebTorrent's `seed` waits for it
    })
    this.#discovery.search()
  }

  #leave(): void {
    this.#discovery?.close()
    this.#discovery = undefined
    this.#stopHandling()
    this.#stopHandling = () => {}
    this.#peers?.close()
    this.#peers = undefined
  }
}
