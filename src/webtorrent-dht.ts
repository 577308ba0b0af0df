/**
 * `bittorrent-dht` over WebRTC: the same methods, events and messages. It adds what browsers need: announcements name the
 * announcing node, and a node that is alone joins again.
 */

import { keyOf } from './connections/address-book.js'
import type { DropReason } from './counters.js'
import { WebTorrentDHTError } from './errors.js'
import { decodeFoundPeer, type FoundPeer, identify, withId } from './found-peer.js'
import { Joining } from './joining/joining.js'
import { KRPCWebRTC } from './k-rpc-webrtc.js'
import { type ResolvedOptions, resolveOptions, type WebTorrentDHTOptions } from './options.js'
import type { DialHandler } from './reaching/application-signals.js'
import {
  type ConnectOptions,
  type DialOptions,
  type NodeConnection,
  Reaching,
  type Target
} from './reaching/reaching.js'
import { RememberedSearches } from './searching/remembered-searches.js'
import type { SimplePeer } from './simple-peer.js'
import type { Stats } from './stats.js'
import { Announcements, type Owner } from './storing/announcements.js'
import type { NodeState } from './storing/node-state.js'
import { Renewing } from './storing/renewing.js'
import { StoredValues } from './storing/stored-values.js'
import { StoringAgain } from './storing/storing-again.js'
import {
  BittorrentDHT,
  type KRPCMessage,
  type MutablePut,
  type Peer,
  type Query,
  type StoredValue
} from './upstream.js'
import { encodePeer } from './wire/compact.js'
import { KRPC_ERROR } from './wire/messages.js'

/** Milliseconds that a search of a node with few connections waits for those that are being made. */
const SETTLING_TIME = 500

/** Milliseconds that an announcement is kept: its owner renews it at least every half an hour. */
const ANNOUNCEMENT_AGE = 45 * 60_000

/** Values and announcements of its own that a node renews: as many as bittorrent-dht stores values. */
const MAX_RENEWED = 1000

export class WebTorrentDHT extends BittorrentDHT {
  declare _rpc: KRPCWebRTC
  readonly #options: ResolvedOptions
  readonly #announcements: Announcements
  readonly #storedValues: StoredValues
  readonly #renewing: Renewing
  readonly #joining: Joining
  readonly #reaching: Reaching
  /** The node whose query is being handled. */
  #asker: Owner = { id: '', via: '' }
  #isForged = false

  /**
   * @param options all of `bittorrent-dht`'s, and those of {@link WebTorrentDHTOptions}
   * @throws WebTorrentDHTError `EINVAL` for an option with a wrong value
   */
  constructor(options: WebTorrentDHTOptions = {}) {
    const resolved = resolveOptions(options)
    const { maxAge = ANNOUNCEMENT_AGE } = options
    super({
      ...options,
      maxAge,
      verify: options.verify ?? resolved.platform.verify,
      bootstrap: resolved.bootstrap.length + resolved.state.nodes.length > 0,
      krpc: new KRPCWebRTC(resolved)
    })
    this.#options = resolved
    this._tables = new RememberedSearches({
      max: options.maxTables,
      width: resolved.lookupWidth,
      canReach: address => this._rpc.socket.socket.destinations.canReach(address)
    })
    const { peersPerNode, valuesPerNode } = resolved.limits
    this.#announcements = new Announcements(this._peers, { maxPerNode: peersPerNode, maxAge })
    this.#storedValues = new StoredValues(this._values, {
      hash: this._hash,
      verify: options.verify ?? resolved.platform.verify,
      maxPerNode: valuesPerNode
    })
    this._rpc.on('gone', (id: string) => this.#announcements.forget(id))
    this.#renewing = this.#createRenewing()
    this.#reaching = new Reaching(this._rpc, this._rpc.socket.socket)
    this.#watchVerification()
    const { bootstrap, state } = resolved
    for (const key of this.#storedValues.restore(state.values)) this.#renewing.valueStored(key)
    this.#joining = new Joining({
      node: this._rpc,
      links: this._rpc.socket.socket,
      bootstrap,
      known: state.nodes,
      onTried: () => super._bootstrap(false) // emits 'ready', the first time
    })
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
    const servers = [...this._rpc.socket.socket.known_http_servers(), ...this.#joining.remembered]
    const nodes = [...new Map(servers.map(server => [keyOf(server), server])).values()]
    return { nodeId: this.nodeId.toString('hex'), nodes, values: this.#storedValues.toJSON() }
  }

  /** What this node has done, and how it is. It costs next to nothing: show it, log it, watch it. */
  stats(): Stats & { stored: { peers: number; values: number } } {
    const stored = { peers: this._peers.size, values: this._values.length }
    return { ...this._rpc.socket.socket.stats(), stored }
  }

  /**
   * Says that this node has the torrent. It is said again, while the nodes that were told come and go, for 30 minutes after
   * the last call.
   */
  override announce(
    infoHash: Buffer | string,
    port?: number | ((error: Error | null, nodes?: number) => void),
    callback?: (error: Error | null, nodes?: number) => void
  ): void {
    if (typeof port !== 'function') this.#renewing.announced(toHex(infoHash), port ?? 0)
    super.announce(infoHash, port as number, callback)
  }

  /** Stores a value (BEP 44). This node holds an immutable one, too, and stores it again where other holders are gone. */
  override put(
    value: Buffer | string | { v: Buffer | string } | MutablePut,
    callback?: (error: Error | null, key: Buffer, nodes?: number) => void
  ): Buffer {
    return super.put(value, (error, key, nodes) => {
      if (!error && this._values.peek(toHex(key))) this.#renewing.valueStored(toHex(key))
      callback?.(error, key, nodes)
    })
  }

  /**
   * Opens a connection to a node, or keeps the one that is there.
   *
   * @param target an id, or what a `'peer'` event gave
   * @returns the connection, tagged until its `release` is called
   * @throws WebTorrentDHTError `EINVAL` for what is no id; `ENOTFOUND`; `EREFUSED`; `ETIMEDOUT` or `ECONNFAILED` if the signals
   * or the connection did not get there; `EFULL` if there is no room, here or there; `ECLOSED`
   */
  connect(target: Target, options?: ConnectOptions): Promise<NodeConnection> {
    return this.#reaching.connect(target, options)
  }

  /**
   * Opens a peer connection of the application's own to a node, whose application handles the protocol. The DHT carries offer
   * and answer.
   *
   * @param protocol its name, 1 to 64 bytes
   * @returns the peer, connected. It belongs to the application, and outlives this node.
   * @throws as `connect`; `EREFUSED` if the other side does not handle the protocol, or does not take the call. The peer is
   * destroyed then.
   */
  dial<P extends SimplePeer = SimplePeer>(
    target: Target,
    protocol: string,
    options?: DialOptions<P>
  ): Promise<P> {
    return this.#reaching.dial(target, protocol, options) as Promise<P>
  }

  /**
   * Takes the calls that others `dial` under a protocol. A call is refused if the handler throws; `'warning'` says what.
   *
   * @returns a function that ends it
   * @throws WebTorrentDHTError `EINVAL` if the protocol has a handler already; `ECLOSED`
   */
  handle(protocol: string, handler: DialHandler): () => void {
    return this.#reaching.handle(protocol, handler, error => this.emit('warning', error))
  }

  override destroy(callback?: () => void): void {
    this.#renewing.close()
    this.#joining.close()
    this.#reaching.close()
    super.destroy(callback)
  }

  /** @internal `'peer'` events for peers that this node stores itself come from upstream without the id. */
  override emit(event: string, ...args: unknown[]): boolean {
    if (event === 'peer') {
      const [peer, infoHash] = args as [FoundPeer, Buffer]
      const { idLength } = this.#options
      if (!peer.id) identify(peer, this._peers.get(infoHash.toString('hex')), idLength)
    } else if (event === 'put') this.#renewing.valueStored(toHex(args[0] as Buffer))
    return super.emit(event, ...args)
  }

  /** @internal Joins, and tries again while nobody could be reached. */
  override _bootstrap(populate: boolean): void {
    if (populate) this.#joining.start()
    else super._bootstrap(false)
  }

  /** @internal One node must not fill the store. */
  override _onquery(query: KRPCMessage, peer: Peer): void {
    const id = toHex(query.a?.id as Buffer)
    this.#asker = { id, via: this._rpc.socket.socket.originOf(peer)?.via ?? id }
    if (this.#hasRoomFor(query)) return super._onquery(query, peer)
    this.#refuse(peer, query, 'share of the store used up', KRPC_ERROR.TOO_MANY)
  }

  /** @internal Upstream does not answer where a signature is wrong; BEP 44 says error 206. */
  override _onput(query: KRPCMessage, peer: Peer): void {
    this.#isForged = false
    super._onput(query, peer)
    this.#storedValues.note(this.#asker, query.a as unknown as StoredValue)
    if (this.#isForged) this.#refuse(peer, query, 'forged value', KRPC_ERROR.INVALID_SIGNATURE)
  }

  /** @internal Upstream's token is for a host, which many nodes may share, and which changes; this one is for who asked. */
  override _generateToken(_host: string, secret?: Buffer): Buffer {
    return super._generateToken(this.#asker.id, secret)
  }

  /** @internal Stores an announcement with the id of the node that made it. */
  override _addPeer(peer: Peer, infoHash: Buffer, from?: Peer): void {
    const id = from && this._rpc.socket.socket.addresses.idAt(from)
    const idBytes = id === undefined ? null : Buffer.from(id, 'hex')
    const record = encodePeer({ host: peer.host, port: peer.port, id: idBytes })
    if (id === undefined) this._peers.add(infoHash.toString('hex'), record)
    else {
      this.#announcements.add({ id, via: this.#asker.via }, infoHash.toString('hex'), record)
      this._rpc.announced(id)
    }
    this.emit('announce', withId({ host: peer.host, port: peer.port }, idBytes), infoHash, from)
  }

  /** @internal Takes the values out of replies to `get_peers`, because upstream would lose the ids that they hold. */
  override _closest(
    target: Buffer,
    query: Query,
    onReply: ((reply: KRPCMessage, from: Peer) => boolean | undefined) | null,
    callback: (error: Error | null, nodes?: number) => void
  ): void {
    const { destinations } = this._rpc.socket.socket
    if (this.nodes.count() < this.#options.lookupWidth && destinations.isConnecting) {
      // With so few nodes, those that are about to be connected may be the ones that know.
      destinations.whenSettled(SETTLING_TIME).then(() => this.#search(target, query, onReply, callback))
    } else {
      this.#search(target, query, onReply, callback)
    }
  }

  #createRenewing(): Renewing {
    const storingAgain = new StoringAgain({
      id: this.nodeId,
      width: this.#options.lookupWidth,
      get: key => this.#storedValues.get(key),
      update: (key, found) => this.#storedValues.update(key, found),
      search: (target, query, onReply) =>
        new Promise(resolve =>
          super._closest(
            target,
            query,
            reply => void onReply(reply),
            () => resolve()
          )
        ),
      put: value => new Promise(resolve => this._put(value, () => resolve())),
      announce: (infoHash, port) => new Promise(resolve => super.announce(infoHash, port, () => resolve()))
    })
    return new Renewing(storingAgain, MAX_RENEWED)
  }

  #watchVerification(): void {
    const verify = this._verify
    if (!verify) return
    this._verify = (...args) => {
      const isGood = verify(...args)
      if (!isGood) this.#isForged = true
      return isGood
    }
  }

  #hasRoomFor({ q, a = {} }: KRPCMessage): boolean {
    const method = String(q)
    if (method === 'announce_peer') {
      return this.#announcements.hasRoom(this.#asker, toHex(a.info_hash as Buffer))
    }
    return method !== 'put' || this.#storedValues.hasRoom(this.#asker, a as unknown as StoredValue)
  }

  #refuse(peer: Peer, query: KRPCMessage, reason: DropReason, code: number): void {
    this._rpc.socket.socket.table.counters.drops[reason]++
    this._rpc.error(peer, query, [code, reason])
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
        const peer = decodeFoundPeer(value, this.#options.idLength)
        if (peer) this.emit('peer', peer, target, from)
      }
      return undefined
    }
    super._closest(target, query, onGetPeersReply, forgetIfEmpty)
  }
}

function toHex(id: Buffer | Uint8Array | string): string {
  return typeof id === 'string' ? id.toLowerCase() : Buffer.from(id).toString('hex')
}
