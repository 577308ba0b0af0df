/** The peers of a torrent: those that were found and wait, those that are dialled, and those that are connected. */

import { BackOff } from '../connections/back-off.js'
import type { WebTorrentDHT } from '../faces/webtorrent-dht.js'
import { isBytes } from '../is-bytes.js'
import type { IncomingDial } from '../reaching/incoming-dial.js'
import type { SimplePeer } from '../simple-peer.js'
import type { FoundPeer } from '../upstream-events.js'
import type { Client, Torrent, Wire } from './client.js'
import type { DialSlots } from './dial-slots.js'
import type { ResolvedAttachOptions } from './options.js'
import type { StrangersAddresses } from './strangers-addresses.js'

/** The part of a node that is used here. */
export type AttachableDHT = Pick<
  WebTorrentDHT,
  | 'announce'
  | 'lookup'
  | 'dial'
  | 'handle'
  | 'nodeId'
  | 'nodes'
  | 'ready'
  | 'destroyed'
  | 'on'
  | 'removeListener'
> &
  Partial<Pick<WebTorrentDHT, 'socket'>>

/** @internal */
export interface PeersContext {
  client: Client
  dht: AttachableDHT
  options: ResolvedAttachOptions
  slots: DialSlots
  addresses: StrangersAddresses
  /** Called when a peer is gone. */
  onLost(): void
}

const SECONDS = 1000
/** WebTorrent's name for peers that come from a DHT. */
const SOURCE = 'dht'
/** Announced where there is no TCP server: as in SDP, the port of `discard` stands for none. */
const NO_TCP_PORT = 9
/** In the extended handshake (BEP 10): the sender's node id, so that who is connected by other means is not dialled too. */
const NODE_ID_KEY = 'webtorrent_dht_id'
/** Peers that were found, and wait until fewer are being dialled. */
const MAX_WAITING = 200
/** Milliseconds after which a connection was no failure, even if it is closed. */
const LASTING = 60 * SECONDS
/**
 * Short: where Firefox looks up the mDNS name of a Chromium tab twice in a second, only the first query is answered (RFC 6762,
 * section 6), so that a connection may fail and the next one succeed.
 */
const FIRST_PAUSE = 1 * SECONDS
const LONGEST_PAUSE = 600 * SECONDS
/** Peers of which failures are remembered: whoever announces decides how many there are. */
const MAX_REMEMBERED = 1000

/** @internal */
export class Peers {
  readonly #torrent: Torrent
  readonly #context: PeersContext
  readonly #backOff = new BackOff({
    firstPause: FIRST_PAUSE,
    longestPause: LONGEST_PAUSE,
    max: MAX_REMEMBERED
  })
  readonly #waiting = new Set<string>()
  /** By the id of the node that is dialled. */
  readonly #dials = new Map<string, AbortController>()
  /** Open ones, and those that answer a dial. By node id. */
  readonly #connections = new Map<string, SimplePeer>()
  #isClosed = false
  #letAddressesIn: () => unknown = () => {}
  #addPeer = (peer: SimplePeer | string) => this.#torrent.addPeer(peer, SOURCE)
  readonly #onWireClosed = () => this.#lost()

  constructor(torrent: Torrent, context: PeersContext) {
    this.#torrent = torrent
    this.#context = context
    if (context.client.dht === context.dht) this.#keepAddressesOut()
  }

  /** Takes what a lookup has found. */
  found({ host, port, id }: FoundPeer): void {
    if (id) {
      const hex = toHex(id)
      if (hex !== this.#ownId && this.#waiting.size < MAX_WAITING) this.#waiting.add(hex)
      this.dialWaiting()
    } else if (this.port !== NO_TCP_PORT && this.isWanting && this.#context.addresses.take(host, port)) {
      this.#addPeer(`${host}:${port}`)
    }
  }

  /** Dials those who wait, as far as there is room. */
  dialWaiting(): void {
    for (const id of this.#waiting) {
      if (!this.isWanting) return
      if (this.#isKnown(id) || !this.#backOff.isOver(id)) {
        this.#waiting.delete(id) // the next lookup finds it again
        continue
      }
      const giveBack = this.#context.slots.take()
      if (!giveBack) return
      this.#waiting.delete(id)
      void this.#dial(id).finally(giveBack)
    }
  }

  /** Takes a dial by calling `accept`. When two dials cross, that of the node with the smaller id goes on, at both ends. */
  accept({ id, accept }: IncomingDial): void {
    const hex = toHex(id)
    const own = this.#dials.get(hex)
    const goesFirst = own !== undefined && this.#ownId < hex
    if (hex === this.#ownId || goesFirst || this.#isKnown(hex, own) || !this.#mayConnect) return
    own?.abort()
    this.#dials.delete(hex)
    const { Peer, peerOptions } = this.#context.options
    const connection = accept(Peer && new Peer({ ...peerOptions, initiator: false, trickle: false }))
    this.#add(hex, connection)
    connection.once('connect', () => this.#handOver(connection))
  }

  /** Takes a peer that WebTorrent is connected to, by whatever means. */
  addWire(wire: Wire): void {
    wire.extendedHandshake[NODE_ID_KEY] = this.#context.dht.nodeId
    wire.on('close', this.#onWireClosed)
  }

  /** Whether peers are looked for. */
  get isWanting(): boolean {
    const { client, options } = this.#context
    const mayDial = !this.#torrent.done || client.seedOutgoingConnections !== false
    return this.#mayConnect && mayDial && this.count < options.wantedPeers
  }

  /** Peers of the torrent, those included that are being connected. */
  get count(): number {
    const others = this.#torrent.wires.filter(wire => !this.#connections.has(nodeIdOf(wire)))
    return others.length + this.#connections.size + this.#dials.size
  }

  /** The announced port: where WebTorrent listens for TCP, if it does. */
  get port(): number {
    return this.#context.client.address()?.port || NO_TCP_PORT
  }

  /** Dials no more, and closes the connections that were made. */
  close(): void {
    this.#isClosed = true
    this.#waiting.clear()
    for (const dial of this.#dials.values()) dial.abort()
    for (const connection of this.#connections.values()) connection.destroy()
    for (const wire of this.#torrent.wires) wire.removeListener('close', this.#onWireClosed)
    this.#letAddressesIn()
  }

  /**
   * Where the client's DHT is this one, torrent-discovery hands each peer that is found to WebTorrent as an address, too, and most
   * have none that is good for TCP. In a page WebTorrent would keep them for ever.
   */
  #keepAddressesOut(): void {
    const torrent = this.#torrent
    const { addPeer } = torrent
    this.#addPeer = peer => addPeer.call(torrent, peer, SOURCE)
    torrent.addPeer = (peer, source) =>
      typeof peer === 'string' && source === SOURCE ? false : addPeer.call(torrent, peer, source)
    this.#letAddressesIn = () => Reflect.deleteProperty(torrent, 'addPeer')
  }

  async #dial(id: string): Promise<void> {
    const { dht, options } = this.#context
    const { Peer, peerOptions } = options
    const attempt = new AbortController()
    const { signal } = attempt
    this.#dials.set(id, attempt)
    try {
      const peer = Peer && new Peer({ ...peerOptions, initiator: true, trickle: false })
      const connection = await dht.dial(id, protocolOf(this.#torrent), { signal, peer })
      if (signal.aborted) return connection.destroy()
      this.#dials.delete(id)
      this.#add(id, connection)
      this.#backOffWhenClosed(id, connection)
      this.#handOver(connection)
    } catch {
      // Gone, full, behind a strict NAT, or it has dialled this node meanwhile: the next lookup tells whether it is still there.
      if (!signal.aborted) this.#backOff.failed(id)
    } finally {
      if (this.#dials.get(id) === attempt) this.#dials.delete(id)
    }
  }

  #add(id: string, connection: SimplePeer): void {
    connection.id = id // WebTorrent's name for the peer
    this.#connections.set(id, connection)
    connection.once('close', () => {
      this.#connections.delete(id)
      this.#lost()
    })
  }

  /** A peer that was closed had a reason to be. Not where others dialled: they could claim any id. */
  #backOffWhenClosed(id: string, connection: SimplePeer): void {
    const openedAt = performance.now()
    connection.once('close', () => {
      if (performance.now() - openedAt > LASTING) this.#backOff.succeeded(id)
      this.#backOff.failed(id)
    })
  }

  /** From now on it is WebTorrent's, which destroys it. */
  #handOver(connection: SimplePeer): void {
    if (this.#isClosed || this.#torrent.destroyed) connection.destroy()
    else this.#addPeer(connection)
  }

  #lost(): void {
    if (this.#isClosed) return
    this.#context.onLost()
    this.dialWaiting()
  }

  get #mayConnect(): boolean {
    const { destroyed, paused } = this.#torrent
    return !this.#isClosed && !destroyed && !paused && this.count < this.#context.client.maxConns
  }

  /** @param dial one that does not count */
  #isKnown(id: string, dial?: AbortController): boolean {
    if (this.#connections.has(id) || this.#dials.get(id) !== dial) return true
    return this.#torrent.wires.some(wire => nodeIdOf(wire) === id)
  }

  get #ownId(): string {
    return toHex(this.#context.dht.nodeId)
  }
}

/** @internal The name under which peers of a torrent dial each other. */
export function protocolOf({ infoHash }: Torrent): string {
  return `webtorrent:${infoHash}`
}

/** The node at the other end, as it says itself; '' if it does not. */
function nodeIdOf(wire: Wire): string {
  const id = wire.peerExtendedHandshake[NODE_ID_KEY]
  return isBytes(id) ? toHex(id) : ''
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
