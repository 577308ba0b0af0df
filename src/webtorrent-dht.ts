/**
 * `bittorrent-dht` over WebRTC: the same methods, events and messages. It adds what browsers need: announcements name the
 * announcing node, and a node that is alone joins again.
 */

import { keyOf } from './connections/address-book.js'
import { WebTorrentDHTError } from './errors.js'
import { Joining } from './joining.js'
import { KRPCWebRTC } from './k-rpc-webrtc.js'
import { decodeValue, encodeValue, type NodeState } from './node-state.js'
import { type ResolvedOptions, resolveOptions, type WebTorrentDHTOptions } from './options.js'
import type { Stats } from './stats.js'
import { BittorrentDHT, type KRPCMessage, LRU, type Peer, type Query } from './upstream.js'
import { decodePeer, encodePeer } from './wire/compact.js'

/** Milliseconds that a search of a node with few connections waits for those that are being made. */
const SETTLING_TIME = 500

/** Nodes of which announcements are forgotten when they go; those of the others expire as in bittorrent-dht. */
const MAX_ANNOUNCING_NODES = 1000
const MAX_ANNOUNCEMENTS_PER_NODE = 100

interface Announcement {
  infoHash: string
  record: Buffer
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
  readonly id?: Buffer
}

export class WebTorrentDHT extends BittorrentDHT {
  declare _rpc: KRPCWebRTC
  readonly #options: ResolvedOptions
  /** What each node announced here, to be forgotten with it. */
  readonly #announcements = new LRU<Announcement[]>({ max: MAX_ANNOUNCING_NODES })
  readonly #joining: Joining

  /**
   * @param options all of `bittorrent-dht`'s, and those of {@link WebTorrentDHTOptions}
   * @throws WebTorrentDHTError `EINVAL` for an option with a wrong value
   */
  constructor(options: WebTorrentDHTOptions = {}) {
    const resolved = resolveOptions(options)
    super({
      ...options,
      verify: options.verify ?? resolved.platform.verify,
      bootstrap: resolved.bootstrap.length + resolved.state.nodes.length > 0,
      krpc: new KRPCWebRTC(resolved)
    })
    this.#options = resolved
    this._rpc.on('gone', (id: string) => this.#gone(id))
    const { bootstrap, state } = resolved
    this.#restoreValues(state.values)
    this.#joining = new Joining(this._rpc, bootstrap, state.nodes, () => super._bootstrap(false)) // emits 'ready', the first time
  }

  /** `listen([port = 16881], [address = '127.0.0.1'], [callback])`: starts the HTTP server that others join through. */
  override listen(...args: unknown[]): void {
    this._rpc.bind(...args)
  }

  /**
   * This node's id, the HTTP servers of nodes that it has met, which can be joined at later, and the values that it stores,
   * as plain JSON. The option `state` takes it back.
   */
  override toJSON(): NodeState {
    const values = this._values.keys.flatMap(key => {
      const value = this._values.peek(key)
      return value ? [[key, encodeValue(value)]] : []
    })
    const servers = [...this._rpc.socket.socket.known_http_servers(), ...this.#joining.remembered]
    const nodes = [...new Map(servers.map(server => [keyOf(server), server])).values()]
    return { nodeId: this.nodeId.toString('hex'), nodes, values: Object.fromEntries(values) }
  }

  /** What this node has done, and how it is. It costs next to nothing: show it, log it, watch it. */
  stats(): Stats {
    return this._rpc.socket.socket.stats()
  }

  override destroy(callback?: () => void): void {
    this.#joining.close()
    super.destroy(callback)
  }

  /** @internal `'peer'` events for peers that this node stores itself come from upstream without the id. */
  override emit(event: string, ...args: unknown[]): boolean {
    if (event === 'peer') {
      const [peer, infoHash] = args as [FoundPeer, Buffer]
      if (!peer.id) this.#identify(peer, infoHash)
    }
    return super.emit(event, ...args)
  }

  /** @internal Joins, and tries again while nobody could be reached. */
  override _bootstrap(populate: boolean): void {
    if (populate) this.#joining.start()
    else super._bootstrap(false)
  }

  /** @internal Stores an announcement with the id of the node that made it. */
  override _addPeer(peer: Peer, infoHash: Buffer, from?: Peer): void {
    const id = from && this._rpc.socket.socket.addresses.idAt(from)
    const idBytes = id === undefined ? null : Buffer.from(id, 'hex')
    const record = encodePeer({ host: peer.host, port: peer.port, id: idBytes })
    this._peers.add(infoHash.toString('hex'), record)
    if (id !== undefined) this.#remember(id, { infoHash: infoHash.toString('hex'), record })
    this.emit('announce', withId({ host: peer.host, port: peer.port }, idBytes), infoHash, from)
  }

  /** @internal Takes the values out of replies to `get_peers`, because upstream would lose the ids that they hold. */
  override _closest(
    target: Buffer,
    query: Query,
    onReply: ((reply: KRPCMessage, from: Peer) => boolean | undefined) | null,
    callback: (error: Error | null, nodes?: number) => void
  ): void {
    const { socket } = this._rpc.socket
    if (this.nodes.count() < this.#options.lookupWidth && socket.isConnecting) {
      // With so few nodes, those that are about to be connected may be the ones that know.
      socket.whenSettled(SETTLING_TIME).then(() => this.#search(target, query, onReply, callback))
    } else {
      this.#search(target, query, onReply, callback)
    }
  }

  #restoreValues(values: NodeState['values']): void {
    const checks = { hash: this._hash, verify: this.#options.given.verify ?? this.#options.platform.verify }
    for (const [key, value] of Object.entries(values)) {
      const stored = decodeValue(key, value, checks)
      if (stored) this._values.set(key, stored)
    }
  }

  #search(
    target: Buffer,
    query: Query,
    onReply: ((reply: KRPCMessage, from: Peer) => boolean | undefined) | null,
    callback: (error: Error | null, nodes?: number) => void
  ): void {
    const forgetIfEmpty = (error: Error | null, visited?: number) => {
      callback(error, visited)
      // Upstream announces and puts for five minutes to the nodes that it found, even if these are none.
      if (visited === 0) this._tables.remove(target.toString('hex'))
    }
    if (this.destroyed) return callback(new WebTorrentDHTError('ECLOSED', 'the node was destroyed'))
    if (query.q !== 'get_peers' || !onReply) return super._closest(target, query, onReply, forgetIfEmpty)
    const onGetPeersReply = (reply: KRPCMessage, from: Peer): boolean | undefined => {
      const { values, ...r } = reply.r ?? {}
      if (onReply({ ...reply, r }, from) === false) return false
      for (const value of Array.isArray(values) ? values : []) {
        const peer = decodePeer(value, this.#options.idLength)
        if (peer?.port) this.emit('peer', withId({ host: peer.host, port: peer.port }, peer.id), target, from)
      }
      return undefined
    }
    super._closest(target, query, onGetPeersReply, forgetIfEmpty)
  }

  #identify(peer: FoundPeer, infoHash: Buffer): void {
    for (const record of this._peers.get(infoHash.toString('hex'))) {
      const stored = decodePeer(record, this.#options.idLength)
      if (stored?.id && stored.host === peer.host && stored.port === peer.port) withId(peer, stored.id)
    }
  }

  #remember(id: string, announcement: Announcement): void {
    const known = this.#announcements.get(id) ?? []
    const others = known.filter(({ infoHash, record }) => !isSame({ infoHash, record }, announcement))
    this.#announcements.set(id, [...others, announcement].slice(-MAX_ANNOUNCEMENTS_PER_NODE))
  }

  /** A node that is gone cannot be a peer any more: what it announced is forgotten. */
  #gone(id: string): void {
    for (const { infoHash, record } of this.#announcements.get(id) ?? []) this._peers.remove(infoHash, record)
    this.#announcements.remove(id)
  }
}

function isSame(a: Announcement, b: Announcement): boolean {
  return a.infoHash === b.infoHash && a.record.equals(b.record)
}

function withId(peer: FoundPeer, id: Buffer | null): FoundPeer {
  return id ? Object.defineProperty(peer, 'id', { value: id, configurable: true }) : peer
}
