/** Finds peers for the torrents of a WebTorrent client through a node of this DHT. */

import { invalid } from '../arguments.js'
import { asClient, type Client, type Torrent, type WebTorrentClient } from './client.js'
import { DialSlots } from './dial-slots.js'
import { Listeners } from './listeners.js'
import { type AttachOptions, type ResolvedAttachOptions, resolveAttachOptions } from './options.js'
import type { AttachableDHT } from './peers.js'
import { StrangersAddresses } from './strangers-addresses.js'
import { Swarm } from './swarm.js'

/**
 * Announces and watches the torrents of a client that are not private, those that it has and those that come, and connects it to
 * the peers that are found: by WebRTC connections of their own, for which the DHT carries the signals. Both ends need it.
 *
 * @param client of WebTorrent 2.8 or later, as it is, in a page or in Node.js
 * @param dht a node of this package. It stays the caller's, who may use it for other things, and destroys it.
 * @returns a function that ends all of it, and closes the connections that came of it. When the client or the node is destroyed,
 * that happens by itself.
 * @throws WebTorrentDHTError `EINVAL` for an option with a wrong value, or what is no client or no node
 */
export function attach(
  client: WebTorrentClient,
  dht: AttachableDHT,
  options: AttachOptions = {}
): () => void {
  const attachment = new Attachment(asClient(client), checkNode(dht), resolveAttachOptions(options))
  return () => attachment.detach()
}

class Attachment {
  readonly #client: Client
  readonly #dht: AttachableDHT
  readonly #options: ResolvedAttachOptions
  readonly #swarms = new Map<Torrent, { swarm: Swarm; listeners: Listeners }>()
  readonly #clientListeners = new Listeners()
  /** On the node, while there are torrents: nothing says when a client without torrents is destroyed. */
  readonly #dhtListeners = new Listeners()
  readonly #slots: DialSlots
  readonly #addresses: StrangersAddresses

  constructor(client: Client, dht: AttachableDHT, options: ResolvedAttachOptions) {
    this.#client = client
    this.#dht = dht
    this.#options = options
    this.#slots = new DialSlots(options.maxDials, () => {
      for (const { swarm } of this.#swarms.values()) swarm.dialWaiting()
    })
    this.#addresses = new StrangersAddresses(() => dht.socket?.node.connector.surroundings.isLocal ?? false)
    for (const torrent of client.torrents) this.#follow(torrent)
    this.#clientListeners.add(client, 'add', torrent => this.#follow(torrent))
  }

  detach(): void {
    this.#clientListeners.removeAll()
    for (const torrent of [...this.#swarms.keys()]) this.#leave(torrent)
  }

  #follow(torrent: Torrent): void {
    if (this.#dht.destroyed) return this.detach()
    if (this.#swarms.size === 0) this.#dhtListeners.add(this.#dht, 'close', () => this.detach())
    const listeners = new Listeners()
    listeners.add(torrent, 'close', () => this.#leave(torrent))
    const context = {
      client: this.#client,
      dht: this.#dht,
      options: this.#options,
      slots: this.#slots,
      addresses: this.#addresses
    }
    this.#swarms.set(torrent, { swarm: new Swarm(torrent, context), listeners })
  }

  #leave(torrent: Torrent): void {
    const followed = this.#swarms.get(torrent)
    if (!followed) return
    this.#swarms.delete(torrent)
    followed.listeners.removeAll()
    followed.swarm.close()
    if (this.#swarms.size === 0) this.#dhtListeners.removeAll()
    if (this.#client.destroyed) this.detach()
  }
}

/** `client.dht` is `false` in a bundle without the alias, and a node of UDP in Node.js. */
function checkNode(dht: AttachableDHT): AttachableDHT {
  if (typeof dht?.dial === 'function' && typeof dht.handle === 'function') return dht
  throw invalid('dht', dht, 'a node of webtorrent-dht')
}
