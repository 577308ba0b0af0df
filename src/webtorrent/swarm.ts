/** One torrent in the DHT: when it may be there, and what begins and ends then. */

import type { Torrent } from './client.js'
import { Discovery } from './discovery.js'
import { Listeners } from './listeners.js'
import { Peers, type PeersContext, protocolOf } from './peers.js'

const SECONDS = 1000
/** Milliseconds between two looks at whether peers are wanted: nothing says that a torrent is paused, goes on, or has enough. */
const LOOK_INTERVAL = 15 * SECONDS

export type SwarmContext = Omit<PeersContext, 'onLost'>

/**
 * - `pending`: it is not known yet whether the torrent is private, or its data is being verified
 * - `open`: it is watched, announced if its metadata is known, and peers may connect
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
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(torrent: Torrent, context: SwarmContext) {
    this.#torrent = torrent
    this.#context = context
    for (const event of ['infoHash', 'metadata', 'ready']) {
      this.#listeners.add(torrent, event, () => this.#update())
    }
    this.#listeners.add(torrent, 'wire', wire => this.#peers?.addWire(wire))
    this.#update()
  }

  /** Dials those who wait, as far as there is room. */
  dialWaiting(): void {
    this.#peers?.dialWaiting()
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
   * metadata, and where there is no tracker only this DHT leads to one: so it is watched, but announced no sooner than the
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
    const peers = new Peers(this.#torrent, { ...this.#context, onLost: () => this.#look() })
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
      onFound: peer => peers.found(peer),
      onAnnounced: () => this.#torrent.emit('dhtAnnounce'), // WebTorrent's `seed` waits for it
      onFailed: error => this.#torrent.emit('warning', error)
    })
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL)
    this.#look()
  }

  #look(): void {
    this.dialWaiting()
    this.#discovery?.watch(this.#peers?.isWanting ?? false)
  }

  #leave(): void {
    clearInterval(this.#timer)
    this.#discovery?.close()
    this.#discovery = undefined
    this.#stopHandling()
    this.#stopHandling = () => {}
    this.#peers?.close()
    this.#peers = undefined
  }
}
