/**
 * The transport as `k-rpc-socket` sees it: the part of `dgram` that it uses, over WebRTC. An address stands for a node in the address
 * book. A datagram to it goes over a link to that node, which is made first if there is none. Every `'message'` was checked: it is a
 * well-formed KRPC query, or the reply to a query of this socket.
 */

import {
  optional,
  readBytes,
  readCallback,
  readFunction,
  readId,
  readInteger,
  readPeer,
  readTag
} from '../arguments.js'
import { keyOf } from '../connections/address-book.js'
import { ROUTING_TAG } from '../connections/table.js'
import type { CloseReason } from '../counters.js'
import { messageOf, toError, withCode } from '../errors.js'
import { emitter } from '../events.js'
import type { Id } from '../id.js'
import { describeKnownNodes, type KnownNode } from '../known-nodes.js'
import { warnOfUnknownOptions } from '../known-options.js'
import type { CheckedMessage } from '../krpc/inbound.js'
import { callListeners } from '../listeners.js'
import { Node } from '../node.js'
import { type ResolvedOptions, resolveOptions, type WebTorrentDHTOptions } from '../options.js'
import type { SimplePeer } from '../simple-peer.js'
import { describeStats, type Stats } from '../stats.js'
import type { SendCallback } from '../upstream.js'
import type { DatagramSocketEvents, RemoteInfo } from '../upstream-events.js'
import { encodeError, encodeQuery, encodeReply, MAX_MESSAGE_BYTES, parseMessage } from '../wire/message.js'
import type { HttpServerInfo } from '../wire/server-info.js'
import { readListenArguments } from './listen-arguments.js'
import { toPlainFields } from './plain-fields.js'

export type WebRTCSocketEvents = DatagramSocketEvents & {
  /** A listener has thrown: no message from outside ends the process. Or there is no WebRTC here: `ENOWEBRTC`, once. */
  warning: [error: Error]
  /** A node is connected, and its id is known; in hex. */
  node_connected: [id: string]
  /** The last connection to a node is closed. */
  node_disconnected: [id: string, reason: CloseReason]
  /** The other side's signal named extensions. */
  extensions_received: [peer_connection: SimplePeer, extensions: string[]]
  /** A node that was dialled over HTTP at `host:port` is connected. */
  http_peer_connection_alias: [host: string, port: number, peer_connection: SimplePeer]
}

export class WebRTCSocket extends emitter<WebRTCSocketEvents>() {
  /** @internal */
  readonly node: Node
  /** The transaction ids in the datagrams, by the transaction ids on the wire. */
  readonly #sent = new Map<string, Buffer>()
  /** Of the last `bind`. */
  #onListening: (() => void) | undefined

  constructor(options?: WebTorrentDHTOptions | null)
  /** @internal */
  constructor(options: WebTorrentDHTOptions | ResolvedOptions)
  constructor(options?: WebTorrentDHTOptions | ResolvedOptions | null) {
    super()
    this.setMaxListeners(0)
    this.node = new Node(resolveOptions(options))
    const { node } = this
    warnOfUnknownOptions(node.options.given, warning => this.emit('warning', warning))
    node.on('listening', () => {
      const callback = this.#onListening
      this.#onListening = undefined
      this.emit('listening')
      callback?.()
    })
    node.on('withoutWebRTC', error => this.emit('warning', error))
    node.on('warning', error => this.emit('warning', error))
    node.on('error', error => this.emit('error', error))
    node.on('connected', (_, id) => this.emit('node_connected', id.hex))
    node.on('disconnected', (id, reason) => this.emit('node_disconnected', id.hex, reason))
    node.on('extensions', (peer, names) => this.emit('extensions_received', peer, names))
    node.on('dialled', ({ host, port }, { peer }) =>
      this.emit('http_peer_connection_alias', host, port, peer)
    )
    node.inbound.isListenedTo = () => this.listenerCount('message') > 0
    node.inbound.on('query', (message, remote) => this.#emitMessage(message, remote))
    node.inbound.on('reply', (message, remote) => {
      const transaction = this.#sent.get(message.transaction.toString('hex')) ?? message.transaction
      this.#emitMessage({ ...message, transaction }, remote)
    })
  }

  /** @internal An exception of a listener is a `'warning'`. */
  override emit<Name extends keyof WebRTCSocketEvents>(
    event: Name,
    ...args: WebRTCSocketEvents[Name]
  ): boolean {
    return event === 'error' ? super.emit(event, ...args) : callListeners(this, event, args)
  }

  /**
   * Where the HTTP server listens; without a server, the address that the first connected node saw. Before that the port is 0.
   */
  address(): { address: string; family: string; port: number } {
    const { host, port } = this.node.address ?? { host: '0.0.0.0', port: 0 }
    return { address: host, family: host.includes(':') ? 'IPv6' : 'IPv4', port }
  }

  /**
   * Starts the HTTP server: `bind([port], [address], [callback])`, or `bind({port, address}, [callback])`. Without a port it is
   * 16881, or any free one if that is taken; 0 is any free one. Without an address it is 127.0.0.1.
   *
   * @throws WebTorrentDHTError `EINVAL` for a wrong argument, and for a node that listens already; `ECLOSED`
   */
  bind(...args: unknown[]): void {
    const { port, host, isAnyPort, callback } = readListenArguments(args)
    this.node.listen(port, host, isAnyPort)
    this.#onListening = callback
  }

  /** Closes all connections and the HTTP server, then emits `'close'`, once. */
  close(callback?: (() => void) | null): void {
    const done = optional(readFunction<() => void>, 'callback', callback)
    if (done) this.node.whenClosed(done)
    this.node.close(() => this.emit('close'))
  }

  /** @internal Calls listeners; an error that they throw becomes a warning. @returns whether they have thrown nothing */
  guard(work: () => unknown): boolean {
    try {
      work()
      return true
    } catch (error) {
      this.node.log('a listener has thrown: %s', messageOf(error))
      this.emit('warning', toError(error))
      return false
    }
  }

  /**
   * Sends a datagram. If it cannot be delivered, the callback gets an error; nothing is emitted.
   *
   * @throws WebTorrentDHTError `EINVAL`
   */
  send(
    message: Uint8Array,
    offset: number,
    length: number,
    port: number,
    host: string,
    callback?: SendCallback | null
  ): void {
    const whole = readBytes('message', message, 0, MAX_MESSAGE_BYTES)
    const start = readInteger('offset', offset, 0, whole.length)
    const bytes = Buffer.from(
      whole.subarray(start, start + readInteger('length', length, 0, whole.length - start))
    )
    const address = readPeer('address', { host, port })
    const done = readCallback<SendCallback>('callback', callback)
    const parsed = parseMessage(bytes)
    if (parsed.kind !== 'query') {
      this.node.outbound.deliver(address, bytes).then(
        () => process.nextTick(done),
        error => process.nextTick(done, withCode(error))
      )
      return
    }
    const { name: method, args, transaction } = parsed
    const query = this.node.outbound.ask(address, {
      method,
      args,
      transaction,
      timeout: this.node.options.queryTimeout,
      onSent: error => process.nextTick(done, error),
      onEnd: () => this.#sent.delete(query.transaction.toString('hex'))
    })
    this.#sent.set(query.transaction.toString('hex'), transaction)
  }

  /** The open connection to a node, as a simple-peer instance. Its messages belong to the DHT. @throws WebTorrentDHTError `EINVAL` */
  get_id_mapping(id: string | Uint8Array): SimplePeer | undefined {
    return this.node.table.get(this.#readId(id))?.peer
  }

  /**
   * Tags the connection to a node, because an application needs it: a tagged connection is never evicted. Each owner has its own tag.
   *
   * @returns false if the node is not connected, or applications have tagged three eighths of `maxConnections` already
   * @throws WebTorrentDHTError `EINVAL`, for the tag of the routing table too
   */
  add_tag(id: string | Uint8Array, tag: string): boolean {
    return this.node.table.addTag(this.#readId(id), readTag('tag', tag, ROUTING_TAG))
  }

  /** Removes a tag. A connection without tags may be evicted. @throws WebTorrentDHTError `EINVAL` */
  del_tag(id: string | Uint8Array, tag: string): void {
    this.node.table.deleteTag(this.#readId(id), readTag('tag', tag, ROUTING_TAG))
  }

  /** The HTTP servers of the nodes that are connected: places to join at later. */
  known_http_servers(): HttpServerInfo[] {
    const open = [...this.node.table.all].filter(connection => connection.isOpen)
    const servers = open.flatMap(connection => connection.peer.http_server ?? [])
    return [...new Map(servers.map(server => [keyOf(server), server])).values()]
  }

  /** All known nodes, connected or named by others: for a picture of the network. */
  known_nodes(): KnownNode[] {
    return describeKnownNodes(this.node.connector)
  }

  /** How many `RTCPeerConnection`s were made since the start, exist, and are not open; how many are unanswered offers. */
  connection_counts(): { made: number; existing: number; pending: number; offers: number } {
    const { table, connector } = this.node
    return { ...table.counts, offers: connector.offers.count }
  }

  /** Counts and state of this node. It costs next to nothing: show it, log it, watch it. */
  stats(): Stats {
    return describeStats(this.node.connector)
  }

  #readId(id: unknown): Id {
    return readId('id', id, this.node.options.idLength)
  }

  #emitMessage(message: CheckedMessage, remote: RemoteInfo): void {
    if (this.listenerCount('message') === 0) return
    this.emit('message', encode(message), remote)
  }
}

function encode(message: CheckedMessage): Buffer {
  const { kind, transaction } = message
  if (kind === 'query') return encodeQuery(transaction, message.name, toPlainFields(message.args))
  if (kind === 'reply') return encodeReply(transaction, toPlainFields(message.values))
  return encodeError(transaction, Array.isArray(message.error) ? message.error : [])
}
