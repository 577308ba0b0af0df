/**
 * `k-rpc-socket` over WebRTC. Queries that return nodes carry offers where the queried node needs them, replies are
 * rewritten to this node's own addresses, and what this node answers is fit for its asker.
 */

import { keyOf } from './connections/address-book.js'
import type { Link } from './connections/link.js'
import type { Lease } from './connections/offers.js'
import { messageOf, WebTorrentDHTError } from './errors.js'
import { INTRODUCE, ROUTE } from './extensions.js'
import { parseBootstrapNode } from './http-bootstrap/client.js'
import { type ResolvedOptions, resolveOptions, type WebTorrentDHTOptions } from './options.js'
import { Route } from './routes/route.js'
import { Introductions } from './signal-exchange/introductions.js'
import {
  type KRPCMessage,
  KRPCSocket,
  type Peer,
  type Query,
  type QueryCallback,
  type SendCallback
} from './upstream.js'
import { WebRTCSocket } from './webrtc-socket.js'
import { encode } from './wire/bencode.js'
import type { Address } from './wire/compact.js'

/** The queries that return nodes. */
const INTRODUCING_METHODS = ['find_node', 'get_peers', 'get']

/** The system calls of `listen`, as its errors name them. */
const LISTEN_CALLS = ['listen', 'getaddrinfo']

/** What is known of a query that waits for its reply. */
interface Pending {
  link: Link | null
  /** Its transaction id in hex, once it is sent. */
  transaction: string
  sentAt: number
  leases: Lease[]
  isSettled: boolean
  isToSelf: boolean
  onPassedOn: OnReply | undefined
}

/** Gets the reply of a node that a recursive query was passed on to. */
export type OnReply = (reply: KRPCMessage, from: Peer & { id: Buffer }) => void

export class KRPCSocketWebRTC extends KRPCSocket {
  declare socket: WebRTCSocket
  /** This node's id. */
  readonly id: Buffer
  /** @internal */
  readonly options: ResolvedOptions
  readonly #introductions: Introductions
  readonly #pending = new WeakMap<Peer, Pending>()

  constructor(options: WebTorrentDHTOptions | ResolvedOptions = {}) {
    const resolved = resolveOptions(options)
    const socket = new WebRTCSocket(resolved)
    super({ timeout: resolved.queryTimeout, socket, isIP: () => true })
    this.id = resolved.id
    this.options = resolved
    this.#introductions = new Introductions(resolved, socket.connector, socket.relaying, socket.routes)
    socket.table.on('unanswered', transactions => {
      for (const transaction of transactions)
        this.#cancel(Buffer.from(transaction, 'hex'), 'the connection was closed')
    })
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
    const target = { ...peer, ...this.#addressOf(peer) }
    const pending: Pending = {
      link: null,
      sentAt: 0,
      transaction: '',
      leases: [],
      isSettled: false,
      isToSelf: false,
      onPassedOn
    }
    this.#pending.set(target, pending)
    return super.query(target, query, (error, reply, from, request) => {
      pending.isSettled = true
      pending.link?.awaited.delete(pending.transaction)
      this.#count(query.q, pending, error)
      if (error || !reply?.r) {
        this.#unanswered(pending, error)
        callback(error, reply, from, request)
        return
      }
      const { link, leases, sentAt } = pending
      if (!link) return callback(null, reply, from, request) // this node's own reply
      link.answered(sentAt)
      // The reply leads to nodes: it goes up when these can be reached.
      const rewritten = this.#introductions.rewriteReply(
        reply.r,
        link.id as string,
        leases,
        performance.now() - sentAt
      )
      if (rewritten) rewritten.then(() => callback(null, reply, from, request))
      else callback(null, reply, from, request)
    })
  }

  override send(peer: Peer, message: KRPCMessage, callback?: SendCallback): void {
    const pending = this.#pending.get(peer)
    if (!pending) return this.#sendReply(peer, message, callback)
    // A copy: `queryAll` writes each node's token into the one object that all its queries share.
    this.#sendQuery(peer, { ...message, a: { ...message.a } }, pending).catch(error => {
      this.#cancel(message.t, messageOf(error))
    })
  }

  override response(
    peer: Peer,
    query: KRPCMessage,
    response: Record<string, unknown>,
    callback?: SendCallback
  ): void {
    const isIntroducing = INTRODUCING_METHODS.includes(String(query.q))
    const asker = this.socket.originOf(peer)
    if (!isIntroducing || !asker) return super.response(peer, query, response, callback)
    this.#introductions.answer(asker, query.a?.signals, response).then(answer => {
      const passedOn = this.socket.recursion.passOn(asker, query)
      super.response(peer, query, passedOn ? { ...answer, next: passedOn.next } : answer, callback)
      passedOn?.send()
    })
  }

  #sendReply(peer: Peer, message: KRPCMessage, callback?: SendCallback): void {
    const link = this.socket.originOf(peer)
    if (!link) return super.send(peer, message, callback)
    const isSent = link.send(encode(message))
    callback?.(isSent ? null : new WebTorrentDHTError('ETIMEDOUT', 'the connection was closed'))
  }

  async #sendQuery(target: Peer, message: KRPCMessage, pending: Pending): Promise<void> {
    const destination = await this.socket.destinations.reach(target)
    if (pending.isSettled) return
    if (destination === 'self') {
      pending.isToSelf = true
      return super.send(target, message)
    }
    const isIntroducing = INTRODUCING_METHODS.includes(String(message.q))
    if (isIntroducing && !destination.extensions.has(INTRODUCE)) {
      // This node answers nothing without offers.
      pending.leases = await this.#introductions.leaseOffers()
      if (pending.isSettled) {
        for (const lease of pending.leases) lease.giveBack()
        return
      }
      message.a = { ...message.a, signals: this.#introductions.toSignals(pending.leases) }
    }
    if (pending.onPassedOn) this.#makeRecursive(message, destination, pending.onPassedOn)
    // k-rpc-socket compares the host of a reply with this one.
    Object.assign(target, this.#whereRepliesAreFrom(destination))
    pending.link = destination
    pending.sentAt = performance.now()
    pending.transaction = message.t.toString('hex')
    if (message.q !== 'ping') destination.lastUsed = pending.sentAt
    destination.awaited.add(pending.transaction)
    if (!destination.send(encode(message)))
      throw new WebTorrentDHTError('ETIMEDOUT', 'the connection was closed')
  }

  #makeRecursive(message: KRPCMessage, destination: Link, onPassedOn: OnReply): void {
    if (!destination.extensions.has(ROUTE)) return
    const { t } = message
    message.a = { ...message.a, recursive: 1 }
    this.socket.recursion.sent(t, destination.via as string, (r, from) => {
      this.#introductions.rewriteReply(r, from.id.toString('hex'), [], 0)
      onPassedOn({ t, y: 'r', r }, from)
    })
  }

  #whereRepliesAreFrom(link: Link): Address | null | undefined {
    if (link instanceof Route) return link.address
    return link.id === null ? null : this.socket.addresses.addressOf(link.id)
  }

  #count(method: string, { link, isToSelf }: Pending, error: (Error & { code?: unknown }) | null): void {
    if (isToSelf) return
    const failure = error?.code === 'ETIMEDOUT' ? 'unanswered' : 'refused'
    const outcome = link ? failure : 'not sent'
    this.socket.table.counters.query(method, error ? outcome : 'replied')
  }

  #unanswered({ link, leases, sentAt }: Pending, error: Error | null): void {
    const isTimeout = (error as { code?: unknown } | null)?.code === 'ETIMEDOUT'
    if (isTimeout) link?.missed(sentAt)
    for (const lease of leases) {
      if (isTimeout)
        lease.discard() // whoever got it may be answering
      else lease.giveBack()
    }
  }

  /** Ends a query of k-rpc-socket's, at once. Its code is the one at which k-rpc drops a node. */
  #cancel(transaction: Buffer, reason: string): void {
    if (transaction.length === 2)
      this.cancel(transaction.readUInt16BE(0), new WebTorrentDHTError('ETIMEDOUT', reason))
  }

  /** The address that stands for a place: k-rpc knows IPv4 addresses only. */
  #addressOf(peer: Peer): { host: string; port: number } {
    const address = { host: peer.host ?? peer.address, port: Number(peer.port) }
    const place = parseBootstrapNode(address)
    if (!place || place.address) return address
    const key = keyOf(address)
    const known = this.#named.get(key)
    if (known) return known
    const named = this.socket.addresses.addEndpoint(place.endpoint, null)
    this.#named.set(key, named)
    return named
  }

  /** Addresses that stand for names: only the user gives these, so there are few. */
  readonly #named = new Map<string, { host: string; port: number }>()
}
