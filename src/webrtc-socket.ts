/**
 * The part of `dgram` that `k-rpc-socket` uses, over WebRTC. An address is the name of a node in the address book: a
 * datagram to it goes over the connection to that node, which is made first where there is none. What it emits has been
 * checked: every `'message'` is a well-formed KRPC query, or the reply to a query that went out on the same connection.
 */

import { type AddressBook, keyOf } from './connections/address-book.js'
import { Connector } from './connections/connector.js'
import type { Link } from './connections/link.js'
import type { PeerConnection } from './connections/peer-connection.js'
import { ConnectionTable } from './connections/table.js'
import type { CloseReason } from './counters.js'
import { Destinations } from './destinations.js'
import { WebTorrentDHTError } from './errors.js'
import { emitter } from './events.js'
import { Dialer } from './http-bootstrap/dialer.js'
import { Entrance } from './http-bootstrap/entrance.js'
import { describeKnownNodes, type KnownNode } from './known-nodes.js'
import { createLog, type Log } from './log.js'
import {
  DEFAULT_ADDRESS,
  DEFAULT_PORT,
  type ResolvedOptions,
  resolveOptions,
  type WebTorrentDHTOptions
} from './options.js'
import { ApplicationSignals } from './reaching/application-signals.js'
import { Receiving } from './receiving.js'
import { Recursion } from './routes/recursion.js'
import { Routes } from './routes/routes.js'
import { Answering } from './signal-exchange/answering.js'
import { Asking } from './signal-exchange/asking.js'
import { KeepingAlive } from './signal-exchange/keeping-alive.js'
import { LettingGo } from './signal-exchange/letting-go.js'
import { Pinging } from './signal-exchange/pinging.js'
import { Relaying } from './signal-exchange/relaying.js'
import { Transactions } from './signal-exchange/transactions.js'
import type { SimplePeer } from './simple-peer.js'
import { describeStats, type Stats } from './stats.js'
import type { SendCallback } from './upstream.js'
import type { Address } from './wire/compact.js'
import type { HttpServerInfo } from './wire/server-info.js'

/** Where a datagram came from, as `dgram` says it. */
export interface RemoteInfo {
  address: string
  host: string
  port: number
  family: 'IPv4'
  size: number
}

type Events = {
  message: [bytes: Buffer, remote: RemoteInfo]
  listening: []
  close: []
  error: [error: Error]
  /** A node is connected and known by its id, in hex. */
  node_connected: [id: string]
  /** The last connection to a node is closed. */
  node_disconnected: [id: string, reason: CloseReason]
  /** The other side's signal named extensions. */
  extensions_received: [peer_connection: SimplePeer, extensions: string[]]
  /** A node is connected that was dialled over HTTP at `host:port`. */
  http_peer_connection_alias: [host: string, port: number, peer_connection: SimplePeer]
  /** @internal A connected node has said where its HTTP server is. */
  http_server: [server: HttpServerInfo, connection: PeerConnection]
}

export class WebRTCSocket extends emitter<Events>() {
  readonly log: Log
  /** @internal */
  readonly connector: Connector
  /** @internal */
  readonly relaying: Relaying
  /** @internal */
  readonly applicationSignals: ApplicationSignals
  /** @internal */
  readonly routes: Routes
  /** @internal */
  readonly recursion: Recursion
  /** @internal */
  readonly destinations: Destinations
  readonly #options: ResolvedOptions
  readonly #entrance: Entrance
  readonly #keepingAlive: KeepingAlive
  readonly #stopWatchingLeave: () => void
  readonly #origins = new WeakMap<object, Link>()
  #seenAs: Address | null = null
  #isClosed = false

  constructor(options: WebTorrentDHTOptions | ResolvedOptions = {}) {
    super()
    this.setMaxListeners(0)
    this.#options = resolveOptions(options)
    const { id, maxConnections, maxPendingConnections: maxPending } = this.#options
    const idHex = id.toString('hex')
    this.log = createLog(idHex)
    const table = new ConnectionTable({ id: idHex, maxConnections, maxPending, log: this.log })
    this.connector = new Connector(this.#options, table)
    const transactions = new Transactions(table)
    this.routes = new Routes(this.#options, table, transactions)
    this.recursion = new Recursion(this.#options, table, this.routes.costs)
    this.applicationSignals = new ApplicationSignals(this.#options, transactions, this.connector.factory)
    const asking = new Asking(this.#options, this.connector, transactions, this.routes)
    const pinging = new Pinging(this.#options, transactions)
    const answering = new Answering(this.#options, this.connector, pinging, asking)
    this.relaying = new Relaying(this.#options, table, transactions)
    this.#entrance = new Entrance(this.#options, answering, table.counters, this.log)
    const dialer = new Dialer(this.#options, this.connector, this.log)
    this.destinations = new Destinations({ connector: this.connector, routes: this.routes, asking, dialer })
    this.#keepingAlive = new KeepingAlive(table, pinging)
    const lettingGo = new LettingGo(this.#options, table, transactions)
    table.room.askToLetGo = connection => lettingGo.ask(connection)
    this.routes.neighboursOfNeighbours.start()
    this.#stopWatchingLeave = this.#options.platform.onLeave(() => table.closeAll())
    table.on('interrupted', connection => this.#keepingAlive.ping(connection))
    table.on('silent', connection => void pinging.isAlive(connection))
    table.on('contested', connection => void pinging.isAlive(connection))
    table.on('connected', nodeId => this.#nodeConnected(nodeId))
    table.on('disconnected', (nodeId, reason) => this.emit('node_disconnected', nodeId, reason))
    this.connector.on('open', connection => this.#entrance.introduce(connection))
    this.#entrance.on('listening', address => {
      if (address) this.destinations.addOwn(address)
      this.emit('listening')
    })
    this.#entrance.on('error', error => this.emit('error', error))
    this.connector.on('server', (server, connection) => this.emit('http_server', server, connection))
    const receiving = new Receiving(this.#options, {
      connector: this.connector,
      transactions,
      answering,
      relaying: this.relaying,
      lettingGo,
      routes: this.routes,
      recursion: this.recursion,
      applicationSignals: this.applicationSignals,
      log: this.log
    })
    this.connector.on('message', (...message) => receiving.receive(...message))
    receiving.on('message', (...message) => this.#emitMessage(...message))
    this.connector.on('extensions', (peer, names) => this.emit('extensions_received', peer, names))
    this.connector.on('dialled', ({ host, port }, { peer }) =>
      this.emit('http_peer_connection_alias', host, port, peer)
    )
  }

  /** @internal */
  get table(): ConnectionTable {
    return this.connector.table
  }

  /** @internal */
  get addresses(): AddressBook {
    return this.table.addresses
  }

  /**
   * Where the HTTP server listens; without one, where the first node that was connected saw this one. Before that the
   * port is 0.
   */
  address(): { address: string; family: string; port: number } {
    const { host, port } = this.#entrance.address ?? this.#seenAs ?? { host: '0.0.0.0', port: 0 }
    return { address: host, family: 'IPv4', port }
  }

  /**
   * Starts the HTTP server: `bind([port], [address], [callback])`. Without a port it is 16881, or any free one if that is
   * taken; 0 is any free one. Without an address it is 127.0.0.1.
   *
   * @throws WebTorrentDHTError `EINVAL` for a port that is none
   */
  bind(...args: unknown[]): void {
    const callback = args.find(arg => typeof arg === 'function') as (() => void) | undefined
    const [first, second] = args.filter(arg => typeof arg !== 'function')
    const place = typeof first === 'object' && first !== null ? first : { port: first, address: second }
    const { port, address } = place as { port?: unknown; address?: unknown }
    const isAnyPort = port === undefined || port === null
    const number = isAnyPort ? DEFAULT_PORT : Number(port)
    if (!Number.isInteger(number) || number < 0 || number > 65535) {
      throw new WebTorrentDHTError('EINVAL', `port is ${String(port)}; it should be from 0 to 65535`)
    }
    if (callback) this.once('listening', callback)
    this.connector.load()
    const host = typeof address === 'string' && address !== '' ? address : DEFAULT_ADDRESS
    this.#entrance.listen(number, host, isAnyPort)
  }

  /** Closes all connections and the HTTP server, then emits `'close'`, once. */
  close(callback?: () => void): void {
    if (callback) this.once('close', callback)
    if (this.#isClosed) return
    this.#isClosed = true
    this.#keepingAlive.close()
    this.#stopWatchingLeave()
    this.destinations.close()
    this.routes.close()
    this.applicationSignals.close()
    this.connector.close()
    const done = () => {
      this.#options.platform.idle()
      this.emit('close')
    }
    // simple-peer closes its connection in a microtask; the port is free when the server says so.
    setTimeout(() => this.#entrance.close(done), 0)
  }

  /** Sends a datagram. If it cannot be delivered, the callback gets an error; nothing is emitted. */
  send(
    message: Uint8Array,
    offset: number,
    length: number,
    port: number,
    host: string,
    callback: SendCallback = () => {}
  ): void {
    const bytes = Buffer.from(message.subarray(offset, offset + length))
    const delivery = this.destinations.reach({ host, port }).then(destination => {
      if (destination === 'self') this.#sendToSelf(bytes, { host, port })
      else if (!destination.send(bytes))
        throw new WebTorrentDHTError('ETIMEDOUT', 'the connection was closed')
    })
    delivery.then(() => callback(), callback)
  }

  /**
   * @internal The connection that a message came in on, by the object that came with it. A reply goes back there: the asker
   * takes it on no other, not even on another one to the same node.
   */
  originOf(remote: object): Link | undefined {
    return this.#origins.get(remote)
  }

  /** The open connection to a node, as a simple-peer instance. Its messages belong to the DHT. */
  get_id_mapping(id: string | Uint8Array): SimplePeer | undefined {
    return this.table.get(toHex(id))?.peer
  }

  /**
   * Says that somebody, an application for example, needs the connection to a node: it is never closed to make room. Each
   * owner has a tag of its own.
   *
   * @returns false if the node is not connected, or applications have tagged three eighths of `maxConnections` already
   */
  add_tag(id: string | Uint8Array, tag: string): boolean {
    return this.table.addTag(toHex(id), tag)
  }

  /** Takes a tag off again. A connection without tags stays while there is room for it. */
  del_tag(id: string | Uint8Array, tag: string): void {
    this.table.deleteTag(toHex(id), tag)
  }

  /** The HTTP servers of the nodes that are connected: places to join at later. */
  known_http_servers(): HttpServerInfo[] {
    const open = [...this.table.all].filter(connection => connection.isOpen)
    const servers = open.flatMap(connection => connection.peer.http_server ?? [])
    return [...new Map(servers.map(server => [keyOf(server), server])).values()]
  }

  /** All nodes that this one knows of, connected or named by others: for a picture of the network. */
  known_nodes(): KnownNode[] {
    return describeKnownNodes(this.connector)
  }

  /** How many `RTCPeerConnection`s were made since the start, exist, and are not open; how many are unanswered offers. */
  connection_counts(): { made: number; existing: number; pending: number; offers: number } {
    return { ...this.table.counts, offers: this.connector.offers.count }
  }

  /** What this node has done, and how it is. It costs next to nothing: show it, log it, watch it. */
  stats(): Stats {
    return describeStats(this.connector)
  }

  #nodeConnected(id: string): void {
    const { localAddress, localPort, remoteAddress } = this.table.get(id)?.peer ?? {}
    if (localAddress !== undefined && localPort !== undefined) {
      this.#seenAs ??= { host: localAddress === remoteAddress ? '127.0.0.1' : localAddress, port: localPort }
    }
    this.emit('node_connected', id)
  }

  #sendToSelf(bytes: Buffer, from: Address): void {
    setTimeout(() => {
      if (!this.#isClosed) this.#emitMessage(bytes, from, null)
    }, 0)
  }

  #emitMessage(bytes: Buffer, { host, port }: Address, link: Link | null): void {
    const remote: RemoteInfo = { address: host, host, port, family: 'IPv4', size: bytes.length }
    if (link) this.#origins.set(remote, link)
    this.emit('message', bytes, remote)
  }
}

function toHex(id: string | Uint8Array): string {
  return typeof id === 'string' ? id.toLowerCase() : Buffer.from(id).toString('hex')
}
