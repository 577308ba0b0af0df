/** `k-rpc-socket` over WebRTC: the same queries, replies and events, with connections in the place of datagrams. */

import { keyOf } from '../connections/address-book.js'
import { WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import type { Taken } from '../krpc/inbound.js'
import { type End, type Query as PendingQuery, readError, type Values } from '../krpc/ledger.js'
import { Remote } from '../krpc/remote.js'
import { type ResolvedOptions, resolveOptions, type WebTorrentDHTOptions } from '../options.js'
import { parseBootstrapNode } from '../place.js'
import {
  type KRPCMessage,
  KRPCSocket,
  type Peer,
  type Query,
  type QueryCallback,
  type SendCallback
} from '../upstream.js'
import { encode } from '../wire/bencode.js'
import type { Address } from '../wire/compact.js'
import { WebRTCSocket } from './webrtc-socket.js'

/** The system calls of `listen`, as its errors name them. */
const LISTEN_CALLS = ['listen', 'getaddrinfo']

const QUERY = Buffer.from('q')
const REPLY = Buffer.from('r')
const ERROR = Buffer.from('e')

/** Gets the reply of a node that a recursive query was passed on to. */
export type OnReply = (reply: KRPCMessage, from: Peer & { id: Buffer }) => void

export class KRPCSocketWebRTC extends KRPCSocket {
  declare socket: WebRTCSocket
  /** This node's id. */
  readonly id: Buffer
  /** @internal */
  readonly options: ResolvedOptions
  /** By number: what `query` gave, for `cancel`. */
  readonly #pending = new Map<number, PendingQuery>()
  /** Addresses that stand for names: only the user gives these, so there are few. */
  readonly #named = new Map<string, Address>()

  constructor(options: WebTorrentDHTOptions | ResolvedOptions = {}) {
    const resolved = resolveOptions(options)
    const socket = new WebRTCSocket(resolved)
    super({ timeout: resolved.queryTimeout, socket, isIP: () => true })
    // Messages come as objects, and queries end by themselves: upstream's own decoder and clock would only do it again.
    socket.removeAllListeners('message')
    clearInterval(this._timer)
    this.id = resolved.id.bytes
    this.options = resolved
    socket.node.inbound.takesUnknown = () => this.listenerCount('query') + socket.listenerCount('message') > 0
    socket.node.inbound.on('query', (message, remote) => this.#queried(message, remote))
  }

  /** @internal Upstream makes mere warnings of most reasons for which a server cannot listen. */
  override emit(event: string, ...args: unknown[]): boolean {
    const isFailedListen =
      event === 'warning' && LISTEN_CALLS.includes((args[0] as { syscall?: string })?.syscall ?? '')
    return super.emit(isFailedListen ? 'error' : event, ...args)
  }

  /** @param onPassedOn asks a neighbour to pass the query on towards its target */
  override query(
    peer: Peer,
    query: Query,
    callback: QueryCallback = () => {},
    onPassedOn?: OnReply
  ): number | undefined {
    const address = this.#addressOf(peer)
    this.inflight++
    const { q, a } = query
    const pending = this.socket.node.outbound.ask(address, {
      method: String(q),
      // A copy: `queryAll` writes each node's token into the one object that all its queries share.
      args: isDictionary(a) ? { ...a } : (a ?? {}),
      timeout: this.timeout,
      onPassedOn: onPassedOn && ((values, from) => onPassedOn(...this.#passedOn(pending, values, from))),
      onEnd: end => {
        this.#pending.delete(pending.number)
        this.inflight--
        this.#ended(peer, address, query, pending, end, callback)
      }
    })
    this.#pending.set(pending.number, pending)
    return pending.number
  }

  override cancel(transaction: number, error?: Error): void {
    this.#pending.get(transaction)?.fail(error ?? new WebTorrentDHTError('ECLOSED', 'Query was cancelled'))
  }

  override send(peer: Peer, message: KRPCMessage, callback: SendCallback = () => {}): void {
    const bytes = encode(message)
    const link = Remote.linkOf(peer)
    if (!link) {
      return this.socket.send(bytes, 0, bytes.length, peer.port, peer.address ?? peer.host, callback)
    }
    Remote.answered(peer)
    const isSent = link.send(bytes)
    callback(isSent ? null : new WebTorrentDHTError('ETIMEDOUT', 'the connection was closed'))
  }

  #queried({ transaction: t, ...message }: Taken, remote: Remote): void {
    if (this.destroyed || message.kind !== 'query') return
    const query = { t, y: QUERY, q: Buffer.from(message.method), a: message.args }
    try {
      this.emit('query', query, remote)
    } catch (error) {
      this.emit('warning', error) // a listener's: no message ends the process
    }
  }

  #ended(
    peer: Peer,
    asked: Address,
    { q, a }: Query,
    { transaction: t, link }: PendingQuery,
    end: End,
    callback: QueryCallback
  ): void {
    const { inbound } = this.socket.node
    const remote = link && new Remote(inbound.addressOf(link) ?? asked, 0, link)
    const request = { t, y: 'q', q, a: a ?? {} }
    let reply: KRPCMessage | null = null
    if (end.kind === 'failed') callback(end.error, null, peer)
    else if (end.kind === 'refused') {
      const { code, message } = readError(end.error)
      callback(Object.assign(new Error(message), { code }), { t, y: ERROR, e: end.error }, remote, request)
    } else if (peer.id && end.values.id instanceof Uint8Array && !peer.id.equals(end.values.id)) {
      callback(new WebTorrentDHTError('EUNEXPECTEDNODE', 'Unexpected node id'), null, remote)
    } else {
      reply = { t, y: REPLY, r: end.values }
      callback(null, reply, remote, request)
    }
    this.emit('update')
    this.emit('postupdate')
    if (reply) this.emit('response', reply, remote)
  }

  #passedOn({ transaction: t }: PendingQuery, r: Values, from: Id): Parameters<OnReply> {
    const address = this.socket.node.addresses.addressOf(from) as Address
    return [
      { t, y: REPLY, r },
      { ...address, id: from.bytes }
    ]
  }

  /** The address that stands for a place: k-rpc knows IPv4 addresses only. */
  #addressOf(peer: Peer): Address {
    const address = { host: peer.host ?? peer.address, port: Number(peer.port) }
    const place = parseBootstrapNode(address)
    if (!place || place.address) return address
    const key = keyOf(address)
    const known = this.#named.get(key) ?? this.socket.node.addresses.addEndpoint(place.endpoint, null)
    this.#named.set(key, known)
    return known
  }
}

function isDictionary(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]'
}
