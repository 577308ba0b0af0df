/** The peers of a torrent: those that were found, those that are dialled, and those that are connected. */

import { BackOff } from '../connections/back-off.js'
import type { WebTorrentDHT } from '../faces/webtorrent-dht.js'
import { toHex } from '../hex.js'
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
  'announce' | 'watch' | 'dial' | 'handle' | 'nodeId' | 'destroyed' | 'on' | 'off' | 'removeListener'
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
/** Peers that are remembered: whoever announces decides how many there are. */
const MAX_FOUND = 1000
/** Milliseconds after which a connection was no failure, even if it is closed. */
const LASTING = 60 * SECONDS
/**
 * Short: where Firefox looks up the mDNS name of a Chromium tab twice in a second, only the first query is answered (RFC 6762,
 * section 6), so that a connection may fail and the next one succeed.
 */
const FIRST_PAUSE = 1 * SECONDS
const LONGEST_PAUSE = 600 * SECONDS
/** Failures in a row, in some nine minutes, after which a peer is not dialled again until it is found again. */
const MAX_FAILURES = 10

/** @internal */
export class Peers {
  readonly #torrent: Torrent
  readonly #context: PeersContext
  readonly #backOff = new BackOff({
    firstPause: FIRST_PAUSE,
    longestPause: LONGEST_PAUSE,
    max: MAX_FOUND
  })
  /** Node ids of peers, connected or not: one that is lost is dialled again without being found again. */
  readonly #found = new Set<string>()
  /** For the next pause after a failure that is over. */
  #retryTimer: ReturnType<typeof setTimeout> | undefined
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

  /** Takes what a watch has found. */
  found({ host, port, id }: FoundPeer): void {
    if (id) {
      const hex = toHex(id)
      if (hex !== this.#ownId) this.#remember(hex)
      this.dialWaiting()
    } else if (this.port !== NO_TCP_PORT && this.isWanting && this.#context.addresses.take(host, port)) {
      this.#addPeer(`${host}:${port}`)
    }
  }

  /** Dials those who wait, as far as there is room. */
  dialWaiting(): void {
    clearTimeout(this.#retryTimer)
    let pause = Number.POSITIVE_INFINITY
    for (const id of this.#found) {
      const remaining = this.#backOff.remaining(id)
      if (remaining > 0) pause = Math.min(pause, remaining)
      if (remaining > 0 || this.#isKnown(id)) continue
      const giveBack = this.isWanting && this.#context.slots.take()
      if (!giveBack) return // called again when a peer is lost, or a slot is free
      void this.#dial(id).finally(giveBack)
    }
    if (this.isWanting && pause < Number.POSITIVE_INFINITY) {
      this.#retryTimer = setTimeout(() => this.dialWaiting(), pause)
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
    connection.once('close', () => this.#backOff.rest(hex)) // whoever dialled may try again
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
    clearTimeout(this.#retryTimer)
    this.#found.clear()
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
      this.#backOffWhenClosed(id, connection) // before others hear that it is closed, and dial
      this.#add(id, connection)
      this.#handOver(connection)
    } catch {
      // Gone, full, behind a strict NAT, or it has dialled this node meanwhile.
      if (!signal.aborted) this.#failed(id)
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
      this.#failed(id)
    })
  }

  /** Where there is no room, one that cannot be dialled now gives way. */
  #remember(id: string): void {
    if (this.#found.size >= MAX_FOUND && !this.#found.has(id)) {
      const failed = [...this.#found].find(other => !this.#backOff.isOver(other))
      if (failed === undefined) return
      this.#found.delete(failed)
    }
    this.#found.add(id)
  }

  /** From now on others come first. */
  #failed(id: string): void {
    const failures = this.#backOff.failed(id)
    if (this.#found.delete(id) && failures < MAX_FAILURES) this.#found.add(id)
  }

  /** From now on it is WebTorrent's, which destroys it. */
  #handOver(connection: SimplePeer): void {
    if (this.#isClosed || this.#torrent.destroyed) connection.destroy()
    else this.#addPeer(connection)
  }

  #lost(): void {
    if (!this.#isClosed) this.#context.onLost()
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
