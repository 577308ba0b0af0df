/**
 * What becomes of a message that came in on a connection. It is checked first: malformed ones are refused, and those that
 * are not by the connection's node or that nobody waits for are dropped. Signals are dealt with here. The rest is written
 * anew from what was checked, and handed up.
 */

import type { Connector } from './connections/connector.js'
import type { Link } from './connections/link.js'
import { PeerConnection } from './connections/peer-connection.js'
import type { DropReason, Method } from './counters.js'
import { messageOf, WebTorrentDHTError } from './errors.js'
import { emitter } from './events.js'
import { ROUTE } from './extensions.js'
import type { Log } from './log.js'
import type { ResolvedOptions } from './options.js'
import { type ApplicationSignals, DialRefused } from './reaching/application-signals.js'
import { Forwarding } from './routes/forwarding.js'
import type { Recursion } from './routes/recursion.js'
import type { Routes } from './routes/routes.js'
import type { Answering } from './signal-exchange/answering.js'
import type { LettingGo } from './signal-exchange/letting-go.js'
import type { Relaying } from './signal-exchange/relaying.js'
import type { Transactions } from './signal-exchange/transactions.js'
import { encode } from './wire/bencode.js'
import type { Address } from './wire/compact.js'
import { type Frame, looksLikeFrame } from './wire/frame.js'
import { createMessageParser, encodeInbound, type Inbound, KRPC_ERROR } from './wire/messages.js'
import { encodeSignal, type Signal } from './wire/signal.js'

type Query = Extract<Inbound, { kind: 'query' }>
type Reply = Extract<Inbound, { kind: 'reply' | 'error' }>
type Malformed = Extract<Inbound, { kind: 'malformed' }>

type Events = {
  /** A well-formed KRPC query, or the reply to a query that went out on the same way. */
  message: [bytes: Buffer, from: Address, link: Link]
}

interface Parts {
  connector: Connector
  transactions: Transactions
  answering: Answering
  relaying: Relaying
  lettingGo: LettingGo
  routes: Routes
  recursion: Recursion
  applicationSignals: ApplicationSignals
  log: Log
}

/** Queries that say nothing of the use of a connection. */
const IDLE_METHODS: readonly Method[] = ['ping', 'release', 'neighbours']
/** Queries after which something stays here. */
const STORING_METHODS: readonly Method[] = ['announce_peer', 'put']

export class Receiving extends emitter<Events>() {
  readonly #options: ResolvedOptions
  readonly #parts: Parts
  readonly #parse: (bytes: Uint8Array) => Inbound
  readonly #forwarding: Forwarding

  constructor(options: ResolvedOptions, parts: Parts) {
    super()
    this.#options = options
    this.#parts = parts
    this.#parse = createMessageParser(options.idLength)
    this.#forwarding = new Forwarding(parts.connector.table)
  }

  /** @param dialled where the connection was made over HTTP, by us */
  receive(connection: PeerConnection, bytes: Buffer, dialled: Address | null): void {
    const allowance = looksLikeFrame(bytes) ? connection.frameAllowance : connection.allowance
    const excess = allowance.receive(bytes.length)
    if (excess) return this.#drop(connection, excess)
    const message = this.#parse(bytes)
    if (message.kind === 'malformed') return this.#refuse(connection, message)
    if (message.kind === 'frame') return this.#unpack(connection, message.frame, bytes.length)
    if (message.kind !== 'error' && !this.#isFrom(connection, message.id.toString('hex'), dialled)) {
      return this.#dropForeign(connection)
    }
    const from = () => (connection.id === null ? dialled : this.#table.addresses.addressOf(connection.id))
    if (message.kind === 'query') this.#takeQuery(connection, message, from)
    else this.#takeReply(connection, message, bytes.length, from)
  }

  /** A frame that goes on, comes back, or holds a message for this node. */
  #unpack(connection: PeerConnection, frame: Frame, length: number): void {
    const { path, position, payload } = frame
    const isFromNeighbour = path[position - 1]?.toString('hex') === connection.id
    const isForHere = path[position]?.toString('hex') === this.#table.id
    if (!isFromNeighbour || !isForHere || !connection.extensions.has(ROUTE)) {
      return this.#drop(connection, 'wrong path')
    }
    if (position < path.length - 1) {
      const reason = this.#forwarding.passOn(connection, frame)
      if (reason) this.#note(connection, reason)
      return
    }
    if (!payload) {
      if (!this.#parts.routes.returned(frame)) this.#note(connection, 'reply not awaited')
      return
    }
    const message = this.#parse(payload)
    const origin = path[0]?.toString('hex') as string
    const isForeign = 'id' in message && message.id.toString('hex') !== origin
    if (message.kind === 'frame' || isForeign) return this.#note(connection, 'wrong path')
    if (message.kind === 'malformed') {
      return this.#refuse(this.#parts.routes.backTo(frame, connection), message)
    }
    if (message.kind === 'query') {
      const from = () => this.#parts.routes.visited(frame)
      this.#takeQuery(this.#parts.routes.backTo(frame, connection), message, from)
    } else {
      const { routes, recursion } = this.#parts
      const route = routes.awaiting(frame)
      if (!route) {
        const isTaken = message.kind === 'reply' && recursion.take(frame, message)
        if (isTaken) connection.frameAllowance.solicited(length)
        else this.#note(connection, 'reply not awaited')
        return
      }
      this.#takeReply(route, message, length, () => route.address)
    }
  }

  #takeQuery(link: Link, query: Query, findAddress: () => Address | null | undefined): void {
    if (!this.#isAllowed(link, query) || this.#isOurs(link, query)) return
    this.#handUp(link, query, findAddress())
  }

  #takeReply(link: Link, reply: Reply, length: number, findAddress: () => Address | null | undefined): void {
    if (!link.awaited.delete(reply.transaction.toString('hex'))) return this.#drop(link, 'reply not awaited')
    link.allowance.solicited(length)
    if (!this.#parts.transactions.take(reply)) this.#handUp(link, reply, findAddress())
  }

  #handUp(link: Link, message: Query | Reply, from: Address | null | undefined): void {
    if (from) this.emit('message', encodeInbound(message), from, link)
    else this.#drop(link, 'sender not known')
  }

  /** Whether a query is within the limits. What comes over them is answered with an error. */
  #isAllowed(link: Link, { transaction, method, args }: Query): boolean {
    const { queries, offers, dials, stores } = link.allowance
    this.#counters.received[method]++
    if (!IDLE_METHODS.includes(method)) link.lastUsed = performance.now()
    let excess: DropReason | undefined
    if (!queries.take()) excess = 'too many queries'
    else if (method === 'peer_connection' && args.target === undefined && !offers.take()) {
      excess = 'too many offers'
    } else if (method === 'dial' && !dials.take()) excess = 'too many dials'
    else if (STORING_METHODS.includes(method) && !stores.take()) excess = 'too many stores'
    if (excess === undefined) return true
    this.#drop(link, excess)
    sendError(link, transaction, KRPC_ERROR.TOO_MANY, excess)
    return false
  }

  /**
   * Deals with the queries that are about connections, and says whether it is one of these. A `ping` is, too: most messages
   * are pings of quiet connections, and upstream would only write the same reply, at ten times the cost.
   */
  #isOurs(link: Link, query: Query): boolean {
    if (query.method === 'ping') this.#reply(link, query.transaction)
    else if (query.method === 'release') this.#askedToLetGo(link, query)
    else if (query.method === 'neighbours') this.#toldOfNeighbours(link, query)
    else if (query.method === 'peer_connection') void this.#signalled(link, query)
    else if (query.method === 'dial') void this.#dialled(link, query)
    else return false
    return true
  }

  get #table() {
    return this.#parts.connector.table
  }

  get #counters() {
    return this.#table.counters
  }

  /**
   * A node that goes on over the limits is disconnected: reading what it sends costs more than it is worth. What comes in frames
   * is not blamed on the neighbour that passed it on.
   */
  #drop(link: Link, reason: DropReason): void {
    this.#note(link, reason)
    if (link instanceof PeerConnection && !link.allowance.bear()) link.close('flooding')
  }

  #note({ id }: Link, reason: DropReason): void {
    this.#counters.drops[reason]++
    if (this.#parts.log.enabled) this.#parts.log('dropped a message by %s: %s', id, reason)
  }

  /** Whose connection it is was said by the relay of its signals. If the first message says otherwise, the relay lied. */
  #dropForeign(connection: PeerConnection): void {
    this.#drop(connection, 'foreign id')
    if (!connection.isConfirmed) connection.close('failed')
  }

  #askedToLetGo(link: Link, { transaction }: Query): void {
    const agrees = link instanceof PeerConnection && this.#parts.lettingGo.agree(link)
    if (agrees) this.#reply(link, transaction)
    else sendError(link, transaction, KRPC_ERROR.NEEDED, 'the connection is needed')
  }

  /** What comes over a route is not from a neighbour: it leads nowhere. */
  #toldOfNeighbours(link: Link, { transaction, args }: Query): void {
    const ids = args.neighbours as Buffer
    if (link instanceof PeerConnection) this.#parts.routes.neighboursOfNeighbours.toldBy(link, ids)
    this.#reply(link, transaction)
  }

  #reply(link: Link, transaction: Buffer, values: Record<string, unknown> = {}): void {
    link.send(encode({ t: transaction, y: 'r', r: { id: this.#options.id, ...values } }))
  }

  /** Whether a message comes from the node that the connection belongs to. The first message may say which that is. */
  #isFrom(connection: PeerConnection, id: string, dialled: Address | null): boolean {
    const { connector } = this.#parts
    if (connection.id === id) {
      connection.isConfirmed = true
      return true
    }
    if (connection.id !== null || id === connector.table.id) return false
    connector.identify(connection, id, dialled)
    connection.isConfirmed = true
    return true
  }

  /** A `peer_connection` query: an offer for us, or for the neighbour that `target` names. */
  async #signalled(link: Link, { transaction, args }: Query): Promise<void> {
    const { connector, answering, relaying } = this.#parts
    const offer = args.signal as Signal
    const target = (args.target as Buffer | undefined)?.toString('hex') ?? connector.table.id
    try {
      const isForUs = target === connector.table.id
      const signal = await (isForUs
        ? answering.answer(offer, link.via ?? '')
        : relaying.relay(link, target, offer))
      this.#reply(link, transaction, signal && { signal: encodeSignal(signal) })
    } catch (error) {
      const isFull = error instanceof WebTorrentDHTError && error.code === 'EFULL'
      const code = isFull ? KRPC_ERROR.FULL : KRPC_ERROR.GENERIC
      sendError(link, transaction, code, messageOf(error))
    }
  }

  /** A `dial` query: an offer for the application. */
  async #dialled(link: Link, { transaction, id, args }: Query): Promise<void> {
    try {
      const answer = await this.#parts.applicationSignals.answer(
        id,
        args.protocol as string,
        args.signal as Signal,
        args.replaces as string | undefined
      )
      this.#reply(link, transaction, { signal: encodeSignal(answer) })
    } catch (error) {
      const code = error instanceof DialRefused ? error.code : KRPC_ERROR.GENERIC
      sendError(link, transaction, code, messageOf(error))
    }
  }

  #refuse(link: Link, { reason, code, transaction }: Malformed): void {
    this.#parts.log('malformed message from %s: %s', link.id, reason)
    this.#drop(link, code === KRPC_ERROR.METHOD_UNKNOWN ? 'unknown method' : 'malformed')
    if (transaction) sendError(link, transaction, code, reason)
  }
}

function sendError(link: Link, transaction: Buffer, code: number, text: string): void {
  link.send(encode({ t: transaction, y: 'e', e: [code, text] }))
}
