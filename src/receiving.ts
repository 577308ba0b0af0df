/**
 * What becomes of a message that came in on a connection. It is checked first: malformed ones are refused, and those that
 * are not by the connection's node or that nobody waits for are dropped. Signals are dealt with here. The rest is written
 * anew from what was checked, and handed up.
 */

import type { Connector } from './connections/connector.js'
import type { PeerConnection } from './connections/peer-connection.js'
import { messageOf } from './errors.js'
import { emitter } from './events.js'
import type { Log } from './log.js'
import type { ResolvedOptions } from './options.js'
import type { Answering } from './signal-exchange/answering.js'
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
  log: Log
}

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
    const { transactions, connector, log } = this.#parts
    const message = this.#parse(bytes)
    if (message.kind === 'malformed') return this.#refuse(connection, message)
    if (message.kind !== 'error' && !this.#isFrom(connection, message.id.toString('hex'), dialled)) return
    if (message.kind === 'query') {
      if (message.method === 'peer_connection') return void this.#signalled(connection, message)
    } else {
      const isAwaited = connection.awaited.delete(message.transaction.toString('hex'))
      if (!isAwaited) return log('dropped a reply that nobody waits for')
      if (transactions.take(message)) return
    }
    const from = connection.id === null ? dialled : connector.table.addresses.addressOf(connection.id)
    if (from) this.emit('message', encodeInbound(message), from, connection)
  }

  /** Whether a message comes from the node that the connection belongs to. The first message may say which that is. */
  #isFrom(connection: PeerConnection, id: string, dialled: Address | null): boolean {
    const { connector, log } = this.#parts
    if (connection.id === id) return true
    if (connection.id !== null || id === connector.table.id) {
      log('dropped a message by %s on the connection to %s', id, connection.id)
      return false
    }
    connector.identify(connection, id, dialled)
    return true
  }

  /** A `peer_connection` query: an offer for us, or for the neighbour that `target` names. */
  async #signalled(connection: PeerConnection, { transaction, args }: Query): Promise<void> {
    const { connector, answering, relaying } = this.#parts
    const offer = args.signal as Signal
    const target = (args.target as Buffer | undefined)?.toString('hex') ?? connector.table.id
    try {
      const isForUs = target === connector.table.id
      const signal = await (isForUs ? answering.answer(offer) : relaying.relay(connection, target, offer))
      const r = { id: this.#options.id, ...(signal && { signal: encodeSignal(signal) }) }
      connection.send(encode({ t: transaction, y: 'r', r }))
    } catch (error) {
      connection.send(encode({ t: transaction, y: 'e', e: [KRPC_ERROR.GENERIC, messageOf(error)] }))
    }
  }

  #refuse(connection: PeerConnection, { reason, code, transaction }: Malformed): void {
    this.#parts.log('malformed message from %s: %s', connection.id, reason)
    if (transaction) connection.send(encode({ t: transaction, y: 'e', e: [code, reason] }))
  }
}
