/**
 * `bittorrent-dht` over WebRTC: the same methods, events and messages. It adds what browsers need: announcements name the announcing
 * node, and a node that has lost all connections joins again.
 */

import { invalid, optional, readCallback, readContact, readId, readObject } from '../arguments.js'
import { asBuffer } from '../as-buffer.js'
import type { Bytes } from '../bytes.js'
import { keyOf } from '../connections/address-book.js'
import type { AcceptedInvitation, Invitation, InviteOptions } from '../entrances/invitation.js'
import { closedError, hasCode, toError, type WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import { isBytes } from '../is-bytes.js'
import type { Status } from '../joining/status.js'
import { type KeyPair, readSeed } from '../key-pair.js'
import { warnOfUnknownOptions } from '../known-options.js'
import { callListeners } from '../listeners.js'
import type { NetworkKind } from '../network-kind.js'
import type { WebTorrentDHTOptions } from '../options.js'
import { getDefaultPlatform } from '../platform.js'
import type { DialHandler, HandleOptions } from '../reaching/incoming-dial.js'
import type { ConnectOptions, DialOptions, NodeConnection, Target } from '../reaching/reaching.js'
import type { SimplePeer } from '../simple-peer.js'
import type { Stats } from '../stats.js'
import type { HandedOver } from '../storing/handed-over.js'
import type { NodeState } from '../storing/node-state.js'
import {
  type BareValue,
  BittorrentDHT,
  type GetCallback,
  type GetOptions,
  type ImmutablePut,
  type MutablePut,
  type PutCallback,
  type SearchCallback
} from '../upstream.js'
import type { DHTEvents, FoundPeer } from '../upstream-events.js'
import { ASYNC_DISPOSE } from './async-dispose.js'
import { DHTCore } from './dht-core.js'
import { KRPCWebRTC } from './k-rpc-webrtc.js'
import { type LeaveOptions, readHandOverTime } from './leaving.js'
import type { ListenParameters } from './listen-arguments.js'
import { DHTPromises, type LookupOptions } from './promises.js'
import { printWarning } from './unheard.js'
import { withBuffers, withLength } from './value-arguments.js'
import type { WebRTCSocket } from './webrtc-socket.js'

/** Milliseconds that an announcement is kept: its owner republishes it at least every half an hour. */
const ANNOUNCEMENT_AGE = 45 * 60_000

export class WebTorrentDHT extends BittorrentDHT {
  declare _rpc: KRPCWebRTC
  readonly #core: DHTCore
  #promises: DHTPromises | undefined
  /** Settles once everything is closed; `undefined` before `destroy`. */
  #closed: Promise<void> | undefined
  #left: Promise<HandedOver> | undefined

  /**
   * @param given `bittorrent-dht`'s options, and those of {@link WebTorrentDHTOptions}
   * @throws WebTorrentDHTError `EINVAL` for an option with a wrong value
   */
  constructor(given?: WebTorrentDHTOptions | null) {
    const options: WebTorrentDHTOptions = optional(readObject, 'options', given) ?? {}
    const krpc = krpcOf(options)
    const resolved = krpc.options
    const { hash } = options
    const maxAge = options.maxAge ?? ANNOUNCEMENT_AGE
    const verify = options.verify ? withBuffers(options.verify) : resolved.platform.verify
    super({
      ...options,
      maxAge: 0, // its cache drops records after two thirds of the time to four thirds; the store knows when each expires
      verify,
      ...(hash && { hash: withLength(hash, resolved.idLength) }),
      bootstrap: resolved.bootstrap.length + resolved.entrances.length + resolved.state.nodes.length > 0,
      krpc
    })
    this.setMaxListeners(0) // each room, topic and torrent listens
    // A k-rpc that is given has warned of its own options.
    if (options.krpc) warnOfUnknownOptions(options, warning => this.emit('warning', warning))
    this.#core = new DHTCore(this, krpc, maxAge, {
      bootstrap: () => super._bootstrap(false), // emits 'ready', the first time
      closest: (...args) => super._closest(...args),
      announce: (...args) => super.announce(...args),
      destroy: callback => super.destroy(callback)
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
    const { calls, torrents, watching } = this.#core
    this.#promises ??= new DHTPromises(
      this,
      calls,
      infoHash => torrents.searchFor(infoHash),
      watching.watches
    )
    return this.#promises
  }

  /** The ed25519 public key that this node's id is bound to, 32 bytes; `null`: the id is a claim. */
  get publicKey(): Bytes | null {
    return this._rpc.options.keyPair?.publicKey ?? null
  }

  /** The WebRTC socket below: connections by node, tags, places to join at. */
  get socket(): WebRTCSocket {
    return this._rpc.socket.socket
  }

  /** Whether this node is in the network. `'status'` tells of each change. */
  get status(): Status {
    return this.#core.joining.status.current
  }

  /** Why no node is connected: what the last attempt failed with; `null` while one is, or where nothing has failed. */
  get statusReason(): WebTorrentDHTError | null {
    return this.#core.joining.status.reason
  }

  /** The kind of network that this node is in, as STUN servers see it. `'network'` tells of each change. */
  get network(): NetworkKind {
    return this._rpc.node.connector.network.kind
  }

  /**
   * An exception of a listener is a `'warning'`. A warning that nobody listens for is printed. A missing WebRTC is an error only where
   * somebody listens: it must not end a process.
   */
  override emit<Name extends keyof DHTEvents>(event: Name, ...args: DHTEvents[Name]): boolean {
    const hasErrorListeners = this.listenerCount('error') > 0
    const isError = event === 'error' || (event === 'warning' && hasCode(args[0], 'ENOWEBRTC'))
    if (event === 'error' && !hasErrorListeners) return super.emit(event, ...args)
    const isHeard = callListeners(this, isError && hasErrorListeners ? 'error' : event, args)
    if (!isHeard && event === 'warning') printWarning(this._rpc.options.platform, toError(args[0]))
    return isHeard
  }

  /**
   * `listen([port = 16881], [address = '127.0.0.1'], [callback])`: starts the HTTP server through which others join. If it cannot,
   * that is an `'error'`: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL` or `ELISTEN`.
   *
   * @throws WebTorrentDHTError `EINVAL` for a wrong argument, and for a node that listens already; `ECLOSED`
   */
  override listen(...args: ListenParameters): void {
    if (this.destroyed) throw closedError() // its socket is closed a little later
    this._rpc.bind(...args)
  }

  /**
   * This node's state as plain JSON: its id, the HTTP servers that it has met, and the values that it stores in memory. The option
   * `state` restores it.
   */
  override toJSON(): NodeState {
    const servers = [...this.socket.known_http_servers(), ...this.#core.joining.remembered]
    const { schemes } = this.socket.node
    const nodes = [...new Map(servers.map(server => [keyOf(server), schemes.describe(server)])).values()]
    const { isBlocked } = this._rpc.node.connector.udp
    const values = this.#core.storedValues.toState()
    return { nodeId: this._rpc.options.id.hex, nodes, values, ...(isBlocked && { isBlocked }) }
  }

  /** Counts and state of this node. It costs next to nothing: show it, log it, watch it. */
  stats(): Stats & { stored: { peers: number; values: number } } {
    const stored = { peers: this.#core.store.peers.size, values: this.#core.store.values.size }
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
    this.#core.torrents.announce(infoHash, port, callback)
  }

  /**
   * Finds peers of a torrent; each is a `'peer'` event, once in each lookup, however many nodes name it.
   *
   * @returns a function that stops the search
   * @throws WebTorrentDHTError `EINVAL`
   */
  override lookup(infoHash: Uint8Array | string, callback?: SearchCallback | null): () => void {
    return this.#core.torrents.lookup(infoHash, callback)
  }

  /**
   * Finds the peers of a torrent, and those that announce it from then on: `for await (const peer of dht.watch(infoHash))`. Nodes that
   * store announcements tell of new ones, so that nobody polls.
   *
   * @param options `signal` ends it; `own` includes announcements of this node. Default: false
   * @returns peers, each once; one that announces again after it was gone comes again
   * @throws WebTorrentDHTError `EINVAL` at once. In the loop `ECLOSED`, or the reason of the signal
   */
  watch(infoHash: Uint8Array | string, options?: LookupOptions): AsyncIterableIterator<FoundPeer, undefined> {
    return this.promises.watch(infoHash, options)
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
    return this.#core.values.put(value, callback)
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
    this.#core.values.get(key, options, callback)
  }

  /**
   * Opens a connection to a node, or keeps the existing one.
   *
   * @param target an id, or what a `'peer'` event gave
   * @returns the connection, tagged until its `release` is called
   * @throws WebTorrentDHTError `EINVAL` for what is no id; `ENOTFOUND`; `EREFUSED`; `ENOTPROVEN` if the id is bound to a key, and nobody
   * proves to have it; `ETIMEDOUT` or `ECONNFAILED` if the signals or the connection did not get there; `EFULL` if there is no room, here or there; `ECLOSED`
   */
  connect(target: Target, options?: ConnectOptions | null): Promise<NodeConnection> {
    return this.#core.reaching.connect(target, options)
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
    return this.#core.reaching.dial(target, protocol, options) as Promise<P>
  }

  /**
   * Takes the calls that others `dial` under a protocol. A call is refused if the handler throws; `'warning'` says what.
   *
   * @returns a function that ends it
   * @throws WebTorrentDHTError `EINVAL` if the protocol has a handler already; `ECLOSED`
   */
  handle(protocol: string, handler: DialHandler, options?: HandleOptions | null): () => void {
    const onError = (error: unknown) => this.emit('warning', toError(error))
    return this.#core.reaching.handle(protocol, handler, onError, options)
  }

  /**
   * Invites a node that shares no way in with this one: people pass a text on, and the answer back. The text tells this device's
   * addresses, private ones too.
   *
   * @throws WebTorrentDHTError `EINVAL`; `EFULL` where 8 texts wait already; `ENOWEBRTC`; `ECLOSED`
   */
  invite(options?: InviteOptions | null): Promise<Invitation> {
    return this.#core.inviting.invite(options)
  }

  /**
   * Accepts an invitation. The answer tells this device's addresses, private ones too.
   *
   * @param text the invitation, or a text with it: a link
   * @throws WebTorrentDHTError `EINVAL` for what is no invitation, or one of another network; `ENOTPROVEN`; otherwise as `invite`
   */
  accept(text: string, options?: InviteOptions | null): Promise<AcceptedInvitation> {
    return this.#core.inviting.accept(text, options)
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

  /**
   * Destroys this node once the values that it stores are at the nodes that should have them, the rarest first. Meanwhile it answers as
   * before, but takes no values of others. Announcements stay with the other nodes that have them: only its owner may repeat one.
   *
   * @returns how many values others have now, once everything is closed. May be called again
   * @throws WebTorrentDHTError `EINVAL`
   */
  leave(options?: LeaveOptions | null): Promise<HandedOver> {
    const timeout = readHandOverTime(options)
    this.#left ??= this.#core.handOver(timeout).then(async handed => {
      await new Promise<void>(resolve => this.destroy(resolve))
      return handed
    })
    return this.#left
  }

  /** Calls back once everything is closed, the store too. May be called again. */
  override destroy(callback?: (() => void) | null): void {
    const done = readCallback('callback', callback)
    this.#closed ??= this.#core.close()
    void this.#closed.then(() => process.nextTick(done))
  }

  /** Destroys this node when `await using` leaves its block; resolves once everything is closed. */
  [ASYNC_DISPOSE](): Promise<void> {
    return new Promise(resolve => this.destroy(resolve))
  }

  /** @internal Joins, and tries again until a node is reached. */
  override _bootstrap(): void {
    this.#core.joining.start()
  }

  /** @internal Does nothing: the methods in krpc/methods/ respond. */
  override _onquery(): void {}

  /** @internal */
  override _closest(...args: Parameters<BittorrentDHT['_closest']>): void {
    this.#core.searches.whenSettled(...args)
  }

  #readId(name: string, value: unknown): Id {
    return readId(name, value, this._rpc.options.idLength)
  }
}

/** The given k-rpc, or a new one. @throws WebTorrentDHTError `EINVAL` for another kind of k-rpc */
function krpcOf(options: WebTorrentDHTOptions): KRPCWebRTC {
  const { krpc } = options
  if (krpc === undefined || krpc === null) return new KRPCWebRTC(options)
  if (krpc instanceof KRPCWebRTC) return krpc
  throw invalid('options.krpc', krpc, 'a KRPCWebRTC')
}
