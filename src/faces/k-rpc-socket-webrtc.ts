/** `k-rpc-socket` over WebRTC: the same queries, replies and events, over connections instead of datagrams. */

import { invalid, readCallback, readObject, readPeer, readQuery } from '../arguments.js'
import { asBuffer } from '../as-buffer.js'
import type { Bytes } from '../bytes.js'
import { keyOf } from '../connections/address-book.js'
import { closedError, type ErrorCode, messageOf, WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import { isBytes } from '../is-bytes.js'
import { KRPC_ERROR } from '../krpc/errors.js'
import type { CheckedMessage } from '../krpc/inbound.js'
import { type End, type Query as PendingQuery, readError, type Values } from '../krpc/ledger.js'
import { Remote } from '../krpc/remote.js'
import { callListeners } from '../listeners.js'
import { type ResolvedOptions, resolveOptions, type WebTorrentDHTOptions } from '../options.js'
import { addressOf, parsePlace } from '../place.js'
import {
  type KRPCMessage,
  KRPCSocket,
  type Peer,
  type Query,
  type QueryCallback,
  type SendCallback
} from '../upstream.js'
import type { KRPCSocketEvents } from '../upstream-events.js'
import { encode } from '../wire/bencode.js'
import { type Address, isIPv4 } from '../wire/compact.js'
import { MAX_MESSAGE_BYTES, parseMessage } from '../wire/message.js'
import { toPlainFields } from './plain-fields.js'
import { WebRTCSocket } from './webrtc-socket.js'

/** Failures to listen that upstream only warns of. */
const LISTEN_WARNINGS: readonly ErrorCode[] = ['EADDRNOTAVAIL', 'ELISTEN']

const QUERY = Buffer.from('q')
const REPLY = Buffer.from('r')
const ERROR = Buffer.from('e')

/** @internal Options of a query that belongs to a search: the nodes in its reply are learnt. */
export interface SearchQuery {
  /** Makes the query recursive: gets the replies of nodes that it is passed on to. */
  onPassedOn?: OnReply | undefined
  /** The first relays of the search's routes, in hex: other ones are preferred. */
  usedRelays?: Set<string>
  /** Gets the neighbour that the query has been sent over. */
  onSent?: (via: Id | null) => void
}

/** @internal */
export type OnReply = (reply: KRPCMessage, from: Peer & { id: Buffer }) => void

export class KRPCSocketWebRTC extends KRPCSocket {
  declare socket: WebRTCSocket
  /** This node's id. */
  readonly id: Bytes
  /** @internal */
  readonly options: ResolvedOptions
  /** By the number that `query` returned, for `cancel`. */
  readonly #pending = new Map<number, PendingQuery>()
  /** Addresses that stand for host names. Only the user gives names, so there are few. */
  readonly #named = new Map<string, Address>()

  constructor(options?: WebTorrentDHTOptions | null)
  /** @internal */
  constructor(options: WebTorrentDHTOptions | ResolvedOptions)
  constructor(options?: WebTorrentDHTOptions | ResolvedOptions | null) {
    const resolved = resolveOptions(options)
    const socket = new WebRTCSocket(resolved)
    super({ timeout: resolved.queryTimeout, socket, isIP: () => true })
    // Upstream's decoder and timer are not needed: messages come decoded, and queries have their own deadlines.
    socket.removeAllListeners('message')
    clearInterval(this._timer)
    this.id = resolved.id.bytes
    this.options = resolved
    socket.node.inbound.isListenedTo = () => this.listenerCount('query') + socket.listenerCount('message') > 0
    socket.node.inbound.on('query', (message, remote) => this.#queried(message, remote))
    socket.on('warning', error => this.emit('warning', error))
  }

  /**
   * @internal An exception of a listener is a `'warning'`; for a query it is an answer, too. Upstream turns most failures to listen into mere
   * warnings; this emits errors.
   */
  override emit<Name extends keyof KRPCSocketEvents>(event: Name, ...args: KRPCSocketEvents[Name]): boolean {
    const [error] = args
    if (event === 'warning' && isFailedListen(error)) return super.emit('error', error)
    if (event === 'error' || event === 'query') return super.emit(event, ...args)
    return callListeners(this, event, args)
  }

  /**
   * Asks a node. Calls back once; an error that the node has sent has its number as `code`.
   *
   * @throws WebTorrentDHTError `EINVAL` for a wrong peer or callback, or a query without a method
   */
  override query(peer: Peer<Uint8Array>, query: Query, callback?: QueryCallback | null): number | undefined
  /** @internal @param search given for a query of a search */
  override query(
    peer: Peer<Uint8Array>,
    query: Query,
    callback?: QueryCallback | null,
    search?: SearchQuery
  ): number | undefined
  override query(
    given: Peer<Uint8Array>,
    query: Query,
    onEnd?: QueryCallback | null,
    search?: SearchQuery
  ): number | undefined {
    const peer = toPeer(readPeer('peer', given))
    const { q, a } = readQuery('query', query)
    const callback = readCallback('callback', onEnd)
    if (!search) checkArguments(q, a)
    const address = this.#addressOf(peer)
    const onPassedOn = search?.onPassedOn
    const pending = this.socket.node.outbound.ask(address, {
      method: q,
      // A copy: `queryAll` writes each node's token into the one object that all its queries share.
      args: isDictionary(a) ? { ...a } : a,
      timeout: this.timeout,
      isSearch: search !== undefined,
      usedRelays: search?.usedRelays,
      onPassedOn: onPassedOn && ((values, from) => onPassedOn(...this.#passedOn(pending, values, from))),
      onSent: error => {
        if (!error && pending.link) search?.onSent?.(pending.link.via)
      },
      onEnd: end => {
        this.#pending.delete(numberOf(pending))
        this.inflight--
        this.#ended(peer, address, query, pending, end, callback)
      }
    })
    this.inflight++
    this.#pending.set(numberOf(pending), pending)
    return numberOf(pending)
  }

  /** Calls back once everything is closed. May be called again. */
  override destroy(callback?: (() => void) | null): void {
    const done = readCallback('callback', callback)
    if (this.destroyed) this.socket.close(done)
    else super.destroy(done)
  }

  override cancel(transaction: number, error?: Error): void {
    this.#pending.get(transaction)?.fail(error ?? new WebTorrentDHTError('ECLOSED', 'Query was cancelled'))
  }

  /** @throws WebTorrentDHTError `EINVAL` for a response that is no dictionary, or has something that bencode does not have */
  override response(
    peer: Peer<Uint8Array>,
    query: KRPCMessage,
    response: Record<string, unknown>,
    callback?: SendCallback | null
  ): void {
    super.response(peer, readObject('query', query), readObject('response', response), callback)
  }

  /** @param error a text, a list of a number and a text, or an `Error` @throws WebTorrentDHTError `EINVAL` */
  override error(
    peer: Peer<Uint8Array>,
    query: KRPCMessage,
    error: unknown,
    callback?: SendCallback | null
  ): void {
    if (error === undefined || error === null) throw invalid('error', error, '[code, text]')
    super.error(peer, readObject('query', query), error, callback)
  }

  override send(peer: Peer<Uint8Array>, message: KRPCMessage, callback?: SendCallback | null): void {
    const done = readCallback<SendCallback>('callback', callback)
    const bytes = encodeGiven(readObject('message', message))
    const link = Remote.linkOf(readPeer('peer', peer), this.socket.node.inbound)
    if (!link) return this.socket.send(bytes, 0, bytes.length, peer.port, peer.address ?? peer.host, done)
    Remote.answered(peer)
    const error = link.send(bytes) ? null : this.#unsent()
    process.nextTick(() => done(error))
  }

  #unsent(): WebTorrentDHTError {
    return this.destroyed ? closedError() : new WebTorrentDHTError('ETIMEDOUT', 'the connection was closed')
  }

  #queried({ transaction: t, ...message }: CheckedMessage, remote: Remote): void {
    if (this.destroyed || message.kind !== 'query') return
    const { name: q, args } = message
    const query: KRPCMessage = { t, y: QUERY, q }
    // An application's own query may have any type of arguments.
    if (args !== undefined) Object.assign(query, { a: toPlainFields(args) })
    const isDone = this.socket.guard(() => this.emit('query', query, remote))
    if (isDone || remote.isAnswered || this.socket.node.inbound.method(String(q))) return
    // Without an answer the asker would take this node for dead.
    this.error(remote, query, [KRPC_ERROR.SERVER, 'the application has failed'])
  }

  #ended(
    peer: Peer,
    asked: Address,
    query: Query,
    { transaction: t, link }: PendingQuery,
    end: End,
    callback: QueryCallback
  ): void {
    const { inbound } = this.socket.node
    const remote = link && new Remote(inbound.addressOf(link) ?? asked, end.size, link, inbound)
    const request = { y: 'q', ...query, t }
    const replies: KRPCMessage[] = []
    rethrowLater(() => {
      if (end.kind === 'failed') return callback(end.error, null, peer)
      if (end.kind === 'refused') {
        const { code, message } = readError(end.error)
        const error = Object.assign(new Error(message), { code })
        return callback(error, { t, y: ERROR, e: end.error }, remote, request)
      }
      const { id } = end.values
      const isExpected = !peer.id || !id || (isBytes(id) && peer.id.equals(id))
      if (!isExpected) {
        return callback(new WebTorrentDHTError('EUNEXPECTEDNODE', 'Unexpected node id'), null, remote)
      }
      const reply = { t, y: REPLY, r: toPlainFields(end.values) }
      replies.push(reply)
      callback(null, reply, remote, request)
    })
    this.emit('update')
    this.emit('postupdate')
    for (const reply of replies) this.emit('response', reply, remote)
  }

  #passedOn({ transaction: t }: PendingQuery, r: Values, from: Id): Parameters<OnReply> {
    const address = this.socket.node.addresses.addressOf(from) as Address
    return [
      { t, y: REPLY, r: toPlainFields(r) },
      { ...address, id: from.bytes }
    ]
  }

  /** The IPv4 address that stands for a place: k-rpc knows no other kind. */
  #addressOf(peer: Peer<Uint8Array>): Address {
    const address = { host: peer.host ?? peer.address, port: Number(peer.port) }
    const place = isIPv4(address.host) ? undefined : parsePlace(address)
    if (!place) return address
    const direct = addressOf(place)
    if (direct) return direct
    const key = keyOf(place)
    const known = this.#named.get(key) ?? this.socket.node.addresses.addPlace(place)
    this.#named.set(key, known)
    return known
  }
}

/** @throws WebTorrentDHTError `EINVAL` for what bencode does not have, and for what no node would take */
function encodeGiven(message: object): Buffer {
  try {
    const bytes = encode(message)
    if (bytes.length > MAX_MESSAGE_BYTES)
      throw new RangeError(`The message has ${bytes.length} bytes; ${MAX_MESSAGE_BYTES} are the most`)
    return bytes
  } catch (cause) {
    const isEndless = /call stack|too much recursion/i.test(messageOf(cause))
    const text = isEndless ? 'The message is nested too deep, or is part of itself' : messageOf(cause)
    throw new WebTorrentDHTError('EINVAL', text, { cause })
  }
}

/** @throws WebTorrentDHTError `EINVAL` for arguments that cannot be sent */
function checkArguments(q: string | Uint8Array, a: unknown): void {
  const { kind } = parseMessage(encodeGiven({ a, q, t: REPLY, y: QUERY }))
  if (kind === 'malformed')
    throw invalid('query.a', a, 'nested less deep, and without keys that end in __proto__')
}

function isFailedListen(value: unknown): value is Error {
  return value instanceof WebTorrentDHTError && LISTEN_WARNINGS.includes(value.code)
}

/** The peer with `Buffer`s; the same object if it has them already. */
function toPeer(peer: Peer<Uint8Array>): Peer {
  return hasBuffers(peer) ? peer : toBuffers(peer)
}

function hasBuffers(peer: Peer<Uint8Array>): peer is Peer {
  return [peer.id, peer.token].every(bytes => !bytes || Buffer.isBuffer(bytes))
}

function toBuffers({ id, token, ...place }: Peer<Uint8Array>): Peer {
  return { ...place, ...(id && { id: asBuffer(id) }), ...(token && { token: asBuffer(token) }) }
}

function isDictionary(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]'
}

function numberOf({ transaction }: PendingQuery): number {
  return transaction.readUInt16BE(0)
}

/** An exception of the application ends only its own query. As over UDP, it becomes an uncaught exception. */
function rethrowLater(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
