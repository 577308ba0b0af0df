/**
 * `bittorrent-dht` over WebRTC: the same methods, events and messages. It adds what browsers need: announcements name the announcing
 * node, and a node that has lost all connections joins again.
 */

import {
  invalid,
  isBytes,
  readAnnouncedPort,
  readCallback,
  readContact,
  readId,
  readOptions
} from '../arguments.js'
import { asBuffer } from '../as-buffer.js'
import { andThen, orElse } from '../awaitable.js'
import type { Bytes } from '../bytes.js'
import { keyOf } from '../connections/address-book.js'
import { closedError, toError, WebTorrentDHTError } from '../errors.js'
import { Id } from '../id.js'
import { Joining } from '../joining/joining.js'
import type { Status } from '../joining/status.js'
import { type KeyPair, readSeed } from '../key-pair.js'
import { warnOfUnknownOptions } from '../known-options.js'
import { DHT_METHODS } from '../krpc/methods.js'
import type { ResolvedOptions, WebTorrentDHTOptions } from '../options.js'
import { getDefaultPlatform } from '../platform.js'
import type { DialHandler } from '../reaching/application-signals.js'
import {
  type ConnectOptions,
  type DialOptions,
  type NodeConnection,
  Reaching,
  type Target
} from '../reaching/reaching.js'
import { RememberedSearches } from '../searching/remembered-searches.js'
import type { SimplePeer } from '../simple-peer.js'
import type { Stats } from '../stats.js'
import { Announcements } from '../storing/announcements.js'
import { AnnouncerChecks } from '../storing/announcer-checks.js'
import { withBuffers as storeWithBuffers } from '../storing/given-store.js'
import { MemoryStore } from '../storing/memory-store.js'
import type { NodeState } from '../storing/node-state.js'
import { Republisher } from '../storing/republisher.js'
import { Republishing } from '../storing/republishing.js'
import type { Store } from '../storing/store.js'
import { StoredValues } from '../storing/stored-values.js'
import {
  type BareValue,
  BittorrentDHT,
  type GetCallback,
  type GetOptions,
  type ImmutablePut,
  type KRPCMessage,
  type MutablePut,
  type Peer,
  type PutCallback,
  type Query,
  type SearchCallback
} from '../upstream.js'
import type { DHTEvents } from '../upstream-events.js'
import { ASYNC_DISPOSE } from './async-dispose.js'
import { Calls } from './calls.js'
import { decodeFoundPeer, nameOfPeer, withId } from './found-peer.js'
import { KRPCWebRTC } from './k-rpc-webrtc.js'
import { DHTPromises, type OnPeer } from './promises.js'
import { withBuffers } from './value-arguments.js'
import { Values } from './values.js'
import type { WebRTCSocket } from './webrtc-socket.js'

/** Milliseconds that the search of a young node waits for connections that are being made. */
const SETTLING_TIME = 500

/** Milliseconds that an announcement is kept: its owner republishes it at least every half an hour. */
const ANNOUNCEMENT_AGE = 45 * 60_000

/** Values and announcements that a node republishes: as many as bittorrent-dht stores values. */
const MAX_REPUBLISHED = 1000

/** Peers from the node's own store that a lookup emits: as upstream's does. */
const MAX_OWN_PEERS = 100

export class WebTorrentDHT extends BittorrentDHT {
  declare _rpc: KRPCWebRTC
  readonly #options: ResolvedOptions
  readonly #store: Store<Bytes>
  readonly #searches: RememberedSearches
  readonly #announcements: Announcements
  readonly #storedValues: StoredValues
  readonly #republishing: Republishing
  readonly #values: Values
  readonly #joining: Joining
  readonly #reaching: Reaching
  readonly #calls = new Calls()
  #promises: DHTPromises | undefined
  /** Settles once everything is closed; `undefined` before `destroy`. */
  #closed: Promise<void> | undefined

  /**
   * @param given `bittorrent-dht`'s options, and those of {@link WebTorrentDHTOptions}
   * @throws WebTorrentDHTError `EINVAL` for an option with a wrong value
   */
  constructor(given?: WebTorrentDHTOptions | null) {
    const options: WebTorrentDHTOptions = readOptions('options', given)
    const krpc = krpcOf(options)
    const resolved = krpc.options
    const { maxAge = ANNOUNCEMENT_AGE, hash } = options
    const verify = options.verify ? withBuffers(options.verify) : resolved.platform.verify
    super({
      ...options,
      maxAge,
      verify,
      ...(hash && { hash: (bytes: Uint8Array) => asBuffer(hash(bytes)) }),
      bootstrap: resolved.bootstrap.length + resolved.state.nodes.length > 0,
      krpc
    })
    this.#options = resolved
    // A k-rpc that is given has warned of its own options.
    if (options.krpc) warnOfUnknownOptions(options, warning => this.emit('warning', warning))
    const { node } = this._rpc
    const { lookupWidth: width, idLength, limits, bootstrap, state } = resolved
    this.#store = resolved.store
      ? storeWithBuffers(resolved.store)
      : new MemoryStore({ values: this._values, peers: this._peers })
    this.#searches = new RememberedSearches(this._tables, {
      width,
      canReach: address => node.destinations.canReach(address)
    })
    this.#republishing = this.#createRepublishing()
    this.#announcements = new Announcements(this.#store.peers, {
      idLength,
      maxPerNode: limits.peersPerNode,
      maxAge,
      checks: new AnnouncerChecks({
        isConnected: id => node.table.get(id) !== undefined,
        find: id => this._rpc.find(id),
        onGone: id => node.emit('gone', id)
      }),
      onAdded: ({ id, address: { host, port } }, infoHash, peer) =>
        this.emit('announce', withId(peer, id.bytes), infoHash.bytes, { host, port })
    })
    this.#storedValues = new StoredValues(this.#store.values, {
      hash: this._hash,
      verify,
      maxPerNode: limits.valuesPerNode,
      onStored: key => this.#republishing.valueStored(key)
    })
    this.#values = new Values(this, {
      id: resolved.id,
      idLength,
      verify,
      stored: this.#storedValues,
      calls: this.#calls,
      refresh: key => this.#searches.refresh(key)
    })
    node.on('gone', id => {
      if (!this.destroyed) this.#announcements.forget(id)
    })
    this.#addMethods()
    this.#reaching = new Reaching(node, id => this._rpc.find(id))
    this.#restore(state)
    this.#joining = new Joining({
      node: this._rpc,
      links: node,
      bootstrap,
      known: state.nodes,
      onTried: () => super._bootstrap(false), // emits 'ready', the first time
      onChange: (status, reason) => this.emit('status', status, reason),
      onWarning: warning => this.emit('warning', warning)
    })
  }

  /**
   * A new ed25519 key pair, or that of a seed: what `promises.record` takes, and the `k` and `sign` of `put`. It works on pages that came
   * over plain HTTP, too.
   *
   * @param seed 32 bytes or 64 hex digits. Default: random
   * @throws WebTorrentDHTError `EINVAL`
   */
  static async keyPair(seed?: Uint8Array | string): Promise<KeyPair> {
    const platform = getDefaultPlatform()
    if (!platform) throw invalid('platform', platform, 'there; import the package by its name')
    return platform.createKeyPair(readSeed(seed))
  }

  /** The methods with promises and async iterables, as `fs.promises` has them. */
  get promises(): DHTPromises {
    this.#promises ??= new DHTPromises(this, this.#calls, given => {
      const id = this.#readId('infoHash', given)
      return (onPeer, callback) => this.#lookUp(id, callback, onPeer)
    })
    return this.#promises
  }

  /** The WebRTC socket below: connections by node, tags, places to join at. */
  get socket(): WebRTCSocket {
    return this._rpc.socket.socket
  }

  /** Whether this node is in the network. `'status'` tells of each change. */
  get status(): Status {
    return this.#joining.status.current
  }

  /** Why no node is connected: what the last attempt failed with; `null` while one is, or where nothing has failed. */
  get statusReason(): WebTorrentDHTError | null {
    return this.#joining.status.reason
  }

  /** A missing WebRTC is an error only where somebody listens: it must not end a process. */
  override emit<Name extends keyof DHTEvents>(event: Name, ...args: DHTEvents[Name]): boolean {
    const [error] = args
    const isMissing = error instanceof WebTorrentDHTError && error.code === 'ENOWEBRTC'
    const isError = event === 'warning' && isMissing && this.listenerCount('error') > 0
    return isError ? super.emit('error', error) : super.emit(event, ...args)
  }

  /**
   * `listen([port = 16881], [address = '127.0.0.1'], [callback])`: starts the HTTP server through which others join. If it cannot,
   * that is an `'error'`: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL` or `ELISTEN`.
   *
   * @throws WebTorrentDHTError `EINVAL` for a wrong argument, and for a node that listens already; `ECLOSED`
   */
  override listen(...args: unknown[]): void {
    this._rpc.bind(...args)
  }

  /**
   * This node's state as plain JSON: its id, the HTTP servers that it has met, and the values that it stores in memory. The option
   * `state` restores it.
   */
  override toJSON(): NodeState {
    const servers = [...this.socket.known_http_servers(), ...this.#joining.remembered]
    const nodes = [...new Map(servers.map(server => [keyOf(server), server])).values()]
    return { nodeId: this.#options.id.hex, nodes, values: this.#storedValues.toState() }
  }

  /** What this node has done, and how it is. It costs next to nothing: show it, log it, watch it. */
  stats(): Stats & { stored: { peers: number; values: number } } {
    const stored = { peers: this.#store.peers.size, values: this.#store.values.size }
    return { ...this.socket.stats(), stored }
  }

  /**
   * Announces that this node has the torrent. The announcement is republished for 30 minutes after the last call.
   *
   * @param port where peers reach it; 0 or left out: the port that the other nodes see. A wrong one is an error of the callback
   * @throws WebTorrentDHTError `EINVAL`
   */
  override announce(
    infoHash: Uint8Array | string,
    port?: number | SearchCallback | null,
    callback?: SearchCallback | null
  ): void {
    if (typeof port === 'function') return this.announce(infoHash, 0, port)
    const id = this.#readId('infoHash', infoHash)
    const done = readCallback('callback', callback)
    try {
      readAnnouncedPort('port', port)
    } catch (error) {
      if (!callback) throw error
      return this.#calls.begin(done)(error) // as bittorrent-dht does
    }
    const end = this.#calls.begin(done)
    if (this.destroyed) return
    this.#republishing.announced(id, port ?? 0)
    this.#searches.refresh(id)
    this.#announce(id, port ?? 0, end)
  }

  /**
   * Finds peers of a torrent; each is a `'peer'` event, once in each lookup, however many nodes name it.
   *
   * @returns a function that stops the search
   * @throws WebTorrentDHTError `EINVAL`
   */
  override lookup(infoHash: Uint8Array | string, callback?: SearchCallback | null): () => void {
    const id = this.#readId('infoHash', infoHash)
    const end = this.#calls.begin(readCallback('callback', callback))
    return this.destroyed ? () => {} : this.#lookUp(id, end)
  }

  /**
   * Stores a value (BEP 44): an immutable one under its hash, a mutable one under its public key and salt. This node holds an immutable
   * value, too, once others do or there are none. Holders publish it again by themselves.
   *
   * @param value bytes or a string; anything else that bencode has in `v`: 1000 bytes when bencoded, or 999 bytes as they are
   * @param callback gets how many nodes stored it, and a {@link PutTally} of all; an error has the same fields. The error's code is
   * `301` or `302` if another version is stored, `EREFUSED`, `ETIMEDOUT`, `ENONODES` if there is no node to ask, `EAPPLICATION` if
   * `sign` failed, `ECLOSED`
   * @returns the key
   * @throws WebTorrentDHTError `EINVAL`
   */
  override put(value: BareValue | ImmutablePut | MutablePut, callback?: PutCallback | null): Bytes {
    return this.#values.put(value, callback)
  }

  /**
   * Finds a value (BEP 44); `null` if no node has it. The newest version of a mutable value counts, wherever it is.
   *
   * @throws WebTorrentDHTError `EINVAL`
   */
  override get(
    key: Uint8Array | string,
    options: GetOptions | null | undefined | GetCallback,
    callback?: GetCallback | null
  ): void {
    this.#values.get(key, options, callback)
  }

  /**
   * Opens a connection to a node, or keeps the existing one.
   *
   * @param target an id, or what a `'peer'` event gave
   * @returns the connection, tagged until its `release` is called
   * @throws WebTorrentDHTError `EINVAL` for what is no id; `ENOTFOUND`; `EREFUSED`; `ETIMEDOUT` or `ECONNFAILED` if the signals
   * or the connection did not get there; `EFULL` if there is no room, here or there; `ECLOSED`
   */
  connect(target: Target, options?: ConnectOptions | null): Promise<NodeConnection> {
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
    options?: DialOptions<P> | null
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
    return this.#reaching.handle(protocol, handler, error => this.emit('warning', toError(error)))
  }

  /**
   * Adds a node to the routing table if it is connected or answers. Without `id` it is asked for its id first. A place where no node
   * can be is no error: it may come from other peers.
   *
   * @throws WebTorrentDHTError `EINVAL`
   */
  override addNode(node: { host: string; port: number; id?: Uint8Array | string | null }): void {
    const { id, ...place } = readContact('node', node)
    const isNamed = id !== undefined && id !== null
    const bytes = isNamed && this.#readId('node.id', id).bytes
    if (this.destroyed) return
    if (!bytes) return super.addNode(place)
    super.addNode({ ...place, id: isBytes(id) ? asBuffer(id) : bytes }) // upstream keeps the very bytes
  }

  /** Removes a node from the routing table. @throws WebTorrentDHTError `EINVAL` */
  override removeNode(id: Uint8Array | string): void {
    super.removeNode(this.#readId('id', id).bytes)
  }

  /** Calls back once everything is closed, the store too. May be called again. */
  override destroy(callback?: (() => void) | null): void {
    const done = readCallback('callback', callback)
    this.#closed ??= this.#close()
    void this.#closed.then(() => process.nextTick(done))
  }

  /** Destroys this node when `await using` leaves its block; resolves once everything is closed. */
  [ASYNC_DISPOSE](): Promise<void> {
    return new Promise(resolve => this.destroy(resolve))
  }

  #close(): Promise<void> {
    this.#calls.close()
    this.#republishing.close()
    this.#joining.close()
    this.#reaching.close()
    return new Promise(resolve =>
      super.destroy(() => void andThen(orElse(this.#store.close?.(), undefined), resolve))
    )
  }

  /** @internal Joins, and tries again until a node is reached. */
  override _bootstrap(): void {
    this.#joining.start()
  }

  /** @internal Does nothing: the methods in krpc/methods/ respond. */
  override _onquery(): void {}

  #readId(name: string, value: unknown): Id {
    return readId(name, value, this.#options.idLength)
  }

  /** Upstream's looks up with the public `lookup`, which calls back later: what that has found may be forgotten by then. */
  #announce(infoHash: Id, port: number, callback: SearchCallback): void {
    if (this._tables.get(infoHash.hex)) return super.announce(infoHash.bytes, port, callback)
    this.#lookUp(infoHash, error =>
      error ? callback(error) : super.announce(infoHash.bytes, port, callback)
    )
  }

  #lookUp(
    infoHash: Id,
    callback: SearchCallback,
    onPeer: OnPeer = (peer, from) => this.emit('peer', peer, infoHash.bytes, from)
  ): () => void {
    let isAborted = false
    const found = new Set<string>()
    const takePeers = (values: unknown, from: Peer | null) => {
      for (const value of Array.isArray(values) ? values : []) {
        const peer = decodeFoundPeer(value, this.#options.idLength)
        if (!peer || isAborted || this.destroyed || found.has(nameOfPeer(peer))) continue
        found.add(nameOfPeer(peer))
        onPeer(peer, from)
      }
    }
    const own = this.#store.peers.get(infoHash.hex, MAX_OWN_PEERS)
    process.nextTick(() => andThen(orElse(own, []), values => takePeers(values, null)))
    const { bytes } = infoHash
    const query = { q: 'get_peers', a: { id: this.nodeId, info_hash: bytes } }
    const onReply = ({ r }: KRPCMessage, from: Peer) => {
      takePeers(r?.values, from)
      return isAborted ? false : undefined
    }
    this._closest(bytes, query, onReply, callback)
    return () => {
      isAborted = true
    }
  }

  /** @internal */
  override _closest(
    target: Buffer,
    query: Query,
    onReply: ((reply: KRPCMessage, from: Peer) => boolean | undefined) | null,
    callback: SearchCallback
  ): void {
    const { destinations } = this._rpc.node
    const search = () => this.#search(target, query, onReply, callback)
    const isYoung = this.nodes.count() < this.#options.lookupWidth && destinations.isConnecting
    // A connection that is about to open may lead to the only node that knows the answer.
    if (isYoung) destinations.whenSettled(SETTLING_TIME).then(search)
    else search()
  }

  #search(
    target: Buffer,
    query: Query,
    onReply: ((reply: KRPCMessage, from: Peer) => boolean | undefined) | null,
    callback: SearchCallback
  ): void {
    if (this.destroyed) return process.nextTick(callback, closedError())
    super._closest(target, query, onReply, (error, visited) => {
      if (error) return callback(error)
      this.#searches.found(Id.of(target))
      callback(visited === 0 ? this._rpc.node.missingWebRTC : error, visited)
      // Upstream would announce and put to this empty result for five minutes.
      if (visited === 0) this.#searches.forget(Id.of(target))
    })
  }

  /** Responds to the queries of BEP 5 and BEP 44. */
  #addMethods(): void {
    const { inbound, leading } = this._rpc.node
    const parts = {
      idLength: this.#options.idLength,
      isOfDht: true as const,
      leading,
      announcements: this.#announcements,
      storedValues: this.#storedValues,
      // Upstream's token is for a host, which nodes may share and change; this one is for the node.
      tokens: {
        create: (asker: Id) => this._generateToken(asker.hex),
        isValid: (asker: Id, token: Buffer) => this._validateToken(asker.hex, token)
      },
      events: this
    }
    for (const create of DHT_METHODS) inbound.addMethod(create(parts))
    const ownListeners = [this._rpc, this._rpc.socket].map(emitter => emitter.listenerCount('query'))
    inbound.isListenedTo = () =>
      [this._rpc, this._rpc.socket].some(
        (emitter, i) => emitter.listenerCount('query') > (ownListeners[i] ?? 0)
      ) || this.socket.listenerCount('message') > 0
  }

  /** Stores the values of an earlier node again. Warnings wait for listeners. */
  #restore({ values, warnings }: ResolvedOptions['state']): void {
    const count = Object.keys(values).length
    process.nextTick(() => {
      for (const warning of warnings) this.emit('warning', warning)
    })
    void this.#storedValues.restore(values).then(leftOut => {
      if (leftOut === 0) return
      const text = `${leftOut} of ${count} values in options.state.values were left out: they do not belong to their keys`
      this.emit('warning', new WebTorrentDHTError('ESTATE', text))
    })
  }

  #createRepublishing(): Republishing {
    const republisher = new Republisher({
      id: this.#options.id,
      width: this.#options.lookupWidth,
      get: key => this.#storedValues.get(key),
      update: (key, found) => this.#storedValues.update(key, found),
      search: (target, query, onReply) =>
        new Promise(resolve =>
          this.#search(
            target.bytes,
            query,
            reply => void onReply(reply),
            () => resolve()
          )
        ),
      put: value => this.#values.republish(value),
      announce: (infoHash, port) => new Promise(resolve => this.#announce(infoHash, port, () => resolve()))
    })
    return new Republishing(republisher, MAX_REPUBLISHED)
  }
}

/** The given k-rpc, or a new one. @throws WebTorrentDHTError `EINVAL` for another kind of k-rpc */
function krpcOf(options: WebTorrentDHTOptions): KRPCWebRTC {
  const { krpc } = options
  if (krpc === undefined || krpc === null) return new KRPCWebRTC(options)
  if (krpc instanceof KRPCWebRTC) return krpc
  throw invalid('options.krpc', krpc, 'a KRPCWebRTC')
}
