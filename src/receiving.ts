/**
 * What becomes of a message that came in on a connection. It is checked first: malformed ones are refused, and those that
 * are not by the connection's node or that nobody waits for are dropped. Signals are dealt with here. The rest is written
 * anew from what was checked, and handed up.
 */

import type { Connector } from './connections/connector.js'
import type { PeerConnection } from './connections/peer-connection.js'
import type { DropReason, Method } from './counters.js'
import { messageOf, WebTorrentDHTError } from './errors.js'
import { emitter } from './events.js'
import type { Log } from './log.js'
import type { ResolvedOptions } from './options.js'
import type { Answering } from './signal-exchange/answering.js'
import type { LettingGo } from './signal-exchange/letting-go.js'
import type { Relaying } from './signal-exchange/relaying.js'
import type { Transactions } from './signal-exchange/transactions.js'
import { encode } from './wire/bencode.js'
import type { Address } from './wire/compact.js'
import { createMessageParser, encodeInbound, type Inbound, KRPC_ERROR } from './wire/messages.js'
import { encodeSignal, type Signal } from './wire/signal.js'

type Query = Extract<Inbound, { kind: 'query' }>
type Malformed = Extract<Inbound, { kind: 'malformed' }>

type Events = {
  /** A well-formed KRPC query, or the reply to a query that went out on the same connection. */
  message: [bytes: Buffer, from: Address, connection: PeerConnection]
}

interface Parts {
  connector: Connector
  transactions: Transactions
  answering: Answering
  relaying: Relaying
  lettingGo: LettingGo
  log: Log
}

/** Queries that say nothing of the use of a connection. */
const IDLE_METHODS: readonly Method[] = ['ping', 'release']
/** Queries after which something stays here. */
const STORING_METHODS: readonly Method[] = ['announce_peer', 'put']

export class Receiving extends emitter<Events>() {
  readonly #options: ResolvedOptions
  readonly #parts: Parts
  readonly #parse: (bytes: Uint8Array) => Inbound

  constructor(options: ResolvedOptions, parts: Parts) {
    super()
    this.#options = options
    this.#parts = parts
    this.#parse = createMessageParser(options.idLength)
  }

  /** @param dialled where the connection was made over HTTP, by us */
  receive(connection: PeerConnection, bytes: Buffer, dialled: Address | null): void {
    const excess = connection.allowance.receive(bytes.length)
    if (excess) return this.#drop(connection, excess)
    const message = this.#parse(bytes)
    if (message.kind === 'malformed') return this.#refuse(connection, message)
    if (message.kind !== 'error' && !this.#isFrom(connection, message.id.toString('hex'), dialled)) {
      return this.#dropForeign(connection)
    }
    if (message.kind === 'query') {
      if (!this.#isAllowed(connection, message) || this.#isOurs(connection, message)) return
    } else {
      const isAwaited = connection.awaited.delete(message.transaction.toString('hex'))
      if (!isAwaited) return this.#drop(connection, 'reply not awaited')
      connection.allowance.solicited(bytes.length)
      if (this.#parts.transactions.take(message)) return
    }
    const { addresses } = this.#parts.connector.table
    const from = connection.id === null ? dialled : addresses.addressOf(connection.id)
    if (from) this.emit('message', encodeInbound(message), from, connection)
    else this.#drop(connection, 'sender not known')
  }

  /** Whether a query is within the limits. What comes over them is answered with an error. */
  #isAllowed(connection: PeerConnection, { transaction, method, args }: Query): boolean {
    const { queries, offers, stores } = connection.allowance
    this.#counters.received[method]++
    if (!IDLE_METHODS.includes(method)) connection.lastUsed = performance.now()
    let excess: DropReason | undefined
    if (!queries.take()) excess = 'too many queries'
    else if (method === 'peer_connection' && args.target === undefined && !offers.take()) {
      excess = 'too many offers'
    } else if (STORING_METHODS.includes(method) && !stores.take()) excess = 'too many stores'
    if (excess === undefined) return true
    this.#drop(connection, excess)
    this.#sendError(connection, transaction, KRPC_ERROR.TOO_MANY, excess)
    return false
  }

  /**
   * Deals with the queries that are about connections, and says whether it is one of these. A `ping` is, too: most messages
   * are pings of quiet connections, and upstream would only write the same reply, at ten times the cost.
   */
  #isOurs(connection: PeerConnection, query: Query): boolean {
    if (query.method === 'ping') this.#reply(connection, query.transaction)
    else if (query.method === 'release') this.#askedToLetGo(connection, query)
    else if (query.method === 'peer_connection') void this.#signalled(connection, query)
    else return false
    return true
  }

  get #counters() {
    return this.#parts.connector.table.counters
  }

  /** A node that goes on over the limits is disconnected: reading what it sends costs more than it is worth. */
  #drop(connection: PeerConnection, reason: DropReason): void {
    this.#counters.drops[reason]++
    if (this.#parts.log.enabled) this.#parts.log('dropped a message by %s: %s', connection.id, reason)
    if (!connection.allowance.bear()) connection.close('flooding')
  }

  /** Whose connection it is was said by the relay of its signals. If the first message says otherwise, the relay lied. */
  #dropForeign(connection: PeerConnection): void {
    this.#drop(connection, 'foreign id')
    if (!connection.isConfirmed) connection.close('failed')
  }

  #sendError(connection: PeerConnection, transaction: Buffer, code: number, text: string): void {
    connection.send(encode({ t: transaction, y: 'e', e: [code, text] }))
  }

  #askedToLetGo(connection: PeerConnection, { transaction }: Query): void {
    if (this.#parts.lettingGo.agree(connection)) this.#reply(connection, transaction)
    else this.#sendError(connection, transaction, KRPC_ERROR.NEEDED, 'the connection is needed')
  }

  #reply(connection: PeerConnection, transaction: Buffer, values: Record<string, unknown> = {}): void {
    connection.send(encode({ t: transaction, y: 'r', r: { id: this.#options.id, ...values } }))
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
  async #signalled(connection: PeerConnection, { transaction, args }: Query): Promise<void> {
    const { connector, answering, relaying } = this.#parts
    const offer = args.signal as Signal
    const target = (args.target as Buffer | undefined)?.toString('hex') ?? connector.table.id
    try {
      const isForUs = target === connector.table.id
      const signal = await (isForUs
        ? answering.answer(offer, connection.id ?? '')
        : relaying.relay(connection, target, offer))
      this.#reply(connection, transaction, signal && { signal: encodeSignal(signal) })
    } catch (error) {
      const isFull = error instanceof WebTorrentDHTError && error.code === 'EFULL'
      const code = isFull ? KRPC_ERROR.FULL : KRPC_ERROR.GENERIC
      this.#sendError(connection, transaction, code, messageOf(error))
    }
  }

  #refuse(connection: PeerConnection, { reason, code, transaction }: Malformed): void {
    this.#parts.log('malformed message from %s: %s', connection.id, reason)
    this.#drop(connection, code === KRPC_ERROR.METHOD_UNKNOWN ? 'unknown method' : 'malformed')
    if (transaction) this.#sendError(connection, transaction, code, reason)
  }
}
