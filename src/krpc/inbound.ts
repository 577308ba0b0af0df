/**
 * Receives messages. Each is parsed once and checked before any listener sees it. A malformed message is refused; a message from
 * the wrong node, and a reply that no query awaits, are dropped. A query goes to its method, a reply to its query.
 */

import type { Link } from '../connections/link.js'
import { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import type { DropReason } from '../counters.js'
import { messageOf } from '../errors.js'
import { emitter } from '../events.js'
import { Id } from '../id.js'
import { isBytes } from '../is-bytes.js'
import type { Log } from '../log.js'
import type { Frames, Received } from '../routes/frames.js'
import type { Recursion } from '../routes/recursion.js'
import { type Bencoded, dictionary } from '../wire/bencode.js'
import { readFields, type Shape } from '../wire/check.js'
import type { Address } from '../wire/compact.js'
import { type FrameView, looksLikeFrame } from '../wire/frame.js'
import { encodeError, encodeReply, type Message, parseMessage } from '../wire/message.js'
import { KRPC_ERROR, KRPCError } from './errors.js'
import type { Ledger, Query, Values } from './ledger.js'
import { Loopback } from './loopback.js'
import type { Asker, Method, Reply } from './method.js'
import { Remote } from './remote.js'

/** A message that passed the checks. Arguments of an unknown method are not checked. */
export type CheckedMessage =
  | { kind: 'query'; transaction: Buffer; name: Buffer; args: unknown }
  | { kind: 'reply'; transaction: Buffer; values: Values }
  | { kind: 'error'; transaction: Buffer; error: Bencoded | undefined }

type Events = {
  /** A query came. If a listener answers it at once, the method does not. */
  query: [message: CheckedMessage, remote: Remote]
  /** A reply or an error came back. Emitted only if there are listeners. */
  reply: [message: CheckedMessage, remote: Remote]
}

const NOWHERE = { host: '0.0.0.0', port: 0 }
const NOTHING = Buffer.alloc(0)

type QueryMessage = Extract<Message, { kind: 'query' }>
type ReplyMessage = Extract<Message, { kind: 'reply' | 'error' }>
type Malformed = Extract<Message, { kind: 'malformed' }>

/** The sender's address here. Learns the way to it, so it is called only for an accepted query. */
type Locate = () => Address | null

interface Parts {
  id: Id
  table: ConnectionTable
  /** Notes which node the first message on a connection names, or closes the connection. */
  identify(connection: PeerConnection, id: Id): void
  ledger: Ledger
  frames: Frames
  recursion: Recursion
  log: Log
}

export class Inbound extends emitter<Events>() {
  /** Whether anybody listens to queries. If not, none is emitted, and those of unknown methods are refused. */
  isListenedTo: () => boolean = () => this.listenerCount('query') > 0
  /** Notes that a connected node has sent a query that is not about connections. */
  heard: (connection: PeerConnection) => void = () => {}
  readonly #parts: Parts
  readonly #methods = new Map<string, Method>()
  /** Methods whose queries listeners do not see. */
  readonly #hidden = new Set<Method>()

  constructor(parts: Parts) {
    super()
    this.#parts = parts
  }

  /** @param isAboutConnections whether its queries are hidden from listeners */
  addMethod(method: Method, { isAboutConnections = false } = {}): void {
    this.#methods.set(method.name, method)
    if (isAboutConnections) this.#hidden.add(method)
    this.#counters.addMethod(method.name)
  }

  /** The method of this name, if the node knows it. */
  method(name: string): Method | undefined {
    return this.#methods.get(name)
  }

  receive(connection: PeerConnection, bytes: Buffer): void {
    const looksFramed = looksLikeFrame(bytes)
    const excess = (looksFramed ? connection.frameRateLimits : connection.rateLimits).receive(bytes.length)
    if (excess) return this.#drop(connection, excess)
    if (connection.contestedId) return this.#hold(connection, bytes)
    const received = looksFramed ? this.#parts.frames.receive(connection, bytes) : null
    if (received) this.#unpack(connection, received, bytes.length)
    else this.#receiveDirect(connection, parseMessage(bytes), bytes.length)
    if (connection.contestedId) connection.hold(bytes) // it named a node that is connected
  }

  /** Holds a message on a contested connection. A ping is answered: the other end may wait for that to decide. */
  #hold(connection: PeerConnection, bytes: Buffer): void {
    const message = looksLikeFrame(bytes) ? null : parseMessage(bytes)
    const method = message?.kind === 'query' && message.method === 'ping' && this.#methods.get('ping')
    const args = method && this.#readArgs(method, message)
    if (!method || typeof args !== 'object') return connection.hold(bytes)
    const id = connection.contestedId as Id
    this.#respond(method, args, { id, link: connection, address: NOWHERE, transaction: message.transaction })
  }

  /** Receives what this node has sent to an address of its own. */
  receiveOwn(link: Link, bytes: Buffer, address: Address): void {
    const message = parseMessage(bytes)
    if (message.kind === 'query') return this.#receiveQuery(link, message, bytes.length, () => address)
    const query = this.#parts.ledger.at(message.transaction ?? NOTHING)
    if (query && !query.isOver && message.kind !== 'malformed')
      this.#receiveReply(link, query, message, bytes.length)
  }

  #receiveDirect(connection: PeerConnection, message: Message, length: number): void {
    if (message.kind === 'malformed') this.#refuse(connection, message)
    else if (message.kind === 'query') {
      this.#receiveQuery(connection, message, length, () => this.addressOf(connection))
    } else {
      const query = this.#parts.ledger.at(message.transaction)
      if (!query || query.isOver || query.link !== connection) {
        return this.#drop(connection, 'reply not awaited')
      }
      this.#receiveReply(connection, query, message, length)
    }
  }

  #unpack(connection: PeerConnection, received: Received, length: number): void {
    if (received.kind === 'done') return
    if (received.kind === 'dropped') {
      return received.isByNeighbour
        ? this.#drop(connection, received.reason)
        : this.#note(connection, received.reason)
    }
    const { frames } = this.#parts
    const { frame, payload } = received
    const message = parseMessage(payload)
    if (message.kind === 'malformed') {
      if (looksLikeFrame(payload)) return this.#note(connection, 'wrong path') // a frame in a frame
      return this.#refuse(frames.wayBack(frame, connection), message)
    }
    if (message.kind === 'query') {
      const link = frames.wayBack(frame, connection)
      return this.#receiveQuery(link, message, payload.length, () => frames.visited(frame))
    }
    this.#receiveFramed(connection, message, frame, length)
  }

  /** Receives a reply in a frame: by the queried node, or by a node that the query was passed on to. */
  #receiveFramed(connection: PeerConnection, message: ReplyMessage, frame: FrameView, length: number): void {
    const query = this.#parts.frames.queryOf(frame, message.transaction)
    if (query?.link?.isRoute && !query.isOver && this.#parts.frames.isWayBack(frame, query)) {
      return this.#receiveReply(query.link, query, message, length)
    }
    if (!query?.recursive || message.kind !== 'reply') return this.#note(connection, 'reply not awaited')
    const values = this.#read(query, message)
    if (typeof values === 'string') return this.#note(connection, 'malformed')
    // A reply of an application's own method may have no id.
    const isBySender = isBytes(values.id) && frame.idAt(0).bytes.equals(values.id)
    if (!isBySender) return this.#note(connection, 'wrong path')
    if (this.#parts.recursion.acceptReply(query, frame, values)) connection.frameRateLimits.refund(length)
    else this.#note(connection, 'reply not awaited')
  }

  #receiveQuery(link: Link, message: QueryMessage, length: number, locate: Locate): void {
    const { transaction, name } = message
    const known = this.#methods.get(message.method)
    // An application may use the name for itself, if no DHT does.
    const method = known?.mayBeForeign?.(message.args) && this.isListenedTo() ? undefined : known
    const args = method ? this.#readArgs(method, message) : message.args
    if (method && typeof args === 'string')
      return this.#refuse(link, { kind: 'malformed', reason: args, transaction })
    const id = method ? this.#senderOn(link, (args as { id: Buffer }).id) : undefined
    if (id === null) return this.#dropSender(link, link.isRoute ? 'wrong path' : 'foreign id')
    if (!this.#isAllowed(link, method, message, args as object)) return
    const isListenedTo = this.isListenedTo()
    if (!known && !isListenedTo) return this.#refuseUnknown(link, transaction)
    const address = locate()
    if (!address) return this.#drop(link, 'sender not known')
    if (!method || !this.#hidden.has(method)) {
      if (link instanceof PeerConnection) this.heard(link)
      const remote = isListenedTo ? new Remote(address, length, link, this) : null
      if (remote) this.emit('query', { kind: 'query', transaction, name, args }, remote)
      if (remote?.isAnswered) return
    }
    if (!known) return
    // An application could have claimed the query as its own, but did not.
    const read = method ? (args as object) : this.#readArgs(known, message)
    if (typeof read === 'string') return this.#refuse(link, { kind: 'malformed', reason: read, transaction })
    this.#respond(known, read, { id: id ?? Id.of((read as { id: Buffer }).id), link, address, transaction })
  }

  /** The arguments, or what is wrong with them. */
  #readArgs(method: Method, { args }: QueryMessage): object | string {
    const read = readFields(args, method.query)
    if ('wrong' in read)
      return dictionary(args)
        ? `\`${method.name}\`: \`${read.wrong}\` is missing or wrong`
        : '`a` is not a dictionary'
    const wrong = method.check?.(read.fields)
    return wrong ? `\`${method.name}\`: ${wrong}` : read.fields
  }

  /** Whether a query is within the rate limits. If not, it is answered with an error. */
  #isAllowed(
    link: Link,
    method: Method | undefined,
    { transaction, method: name }: QueryMessage,
    args: object
  ): boolean {
    const { received } = this.#counters
    if (Object.hasOwn(received, name)) received[name] = (received[name] ?? 0) + 1
    const now = performance.now()
    if (method?.isUse !== false) link.lastUsed = now
    const excess = link.rateLimits.take('queries', 1, now)
      ? method?.charge?.(link.rateLimits, args)
      : ('too many queries' as const)
    if (!excess) return true
    this.#drop(link, excess)
    link.send(encodeError(transaction, [KRPC_ERROR.TOO_MANY, excess]))
    return false
  }

  #respond(method: Method, args: object, asker: Asker): void {
    try {
      const reply = method.respond(args, asker)
      if (!('then' in reply)) return this.#reply(asker, reply)
      // A store may give something that has no place in bencode.
      reply.then(settled => this.#reply(asker, settled)).then(undefined, error => this.#fail(asker, error))
    } catch (error) {
      this.#fail(asker, error)
    }
  }

  #reply({ link, transaction }: Asker, { values, afterwards }: Reply): void {
    link.send(encodeReply(transaction, { id: this.#parts.id.bytes, ...values }))
    afterwards?.()
  }

  #fail({ link, transaction }: Asker, error: unknown): void {
    const { code, message, counted } =
      error instanceof KRPCError ? error : new KRPCError(KRPC_ERROR.SERVER, 'Server Error')
    if (counted) this.#note(link, counted)
    if (!(error instanceof KRPCError)) this.#parts.log('a query could not be answered: %s', messageOf(error))
    link.send(encodeError(transaction, [code, message]))
  }

  #receiveReply(link: Link, query: Query, message: ReplyMessage, length: number): void {
    const { transaction } = message
    if (message.kind === 'error') {
      link.rateLimits.refund(length)
      this.#tell({ kind: 'error', transaction, error: message.error }, link, length)
      return query.refuse(message.error, length)
    }
    const values = this.#read(query, message)
    if (typeof values === 'string') return this.#refuse(link, { kind: 'malformed', reason: values })
    if (this.#shapeOf(query) && !this.#senderOn(link, values.id as Buffer))
      return this.#dropSender(link, link.isRoute ? 'wrong path' : 'foreign id')
    link.rateLimits.refund(length)
    this.#tell({ kind: 'reply', transaction, values }, link, length)
    query.reply(values, length)
  }

  /** The fields of a reply, or what is wrong with them. Fields of an unknown method are not checked. */
  #read(query: Query, { values }: Extract<Message, { kind: 'reply' }>): Values | string {
    const shape = this.#shapeOf(query)
    if (!shape) return values
    const read = readFields(values, shape)
    return 'wrong' in read ? `reply: \`${read.wrong}\` is missing or wrong` : (read.fields as Values)
  }

  #shapeOf({ method, isForeign }: Query): Shape | undefined {
    return isForeign ? undefined : this.#methods.get(method)?.reply
  }

  #tell(message: CheckedMessage, link: Link, length: number): void {
    const address = this.listenerCount('reply') > 0 && (this.addressOf(link) ?? NOWHERE)
    if (address) this.emit('reply', message, new Remote(address, length, link, this))
  }

  /** The address here of the node at the other end of a link; `null` if the node is not known. */
  addressOf(link: Link): Address | null {
    if (link instanceof PeerConnection) return link.located?.address ?? link.dialled
    return (link.id && this.#parts.table.addresses.addressOf(link.id)) ?? null
  }

  /** The node at the other end of a link, if it is the one that a message names. The first message on a connection may name it. */
  #senderOn(link: Link, named: Buffer): Id | null {
    if (link instanceof Loopback) return Id.of(named)
    const isNew = link.id === null && !this.#parts.id.bytes.equals(named)
    if (isNew && link instanceof PeerConnection) this.#parts.identify(link, Id.of(named))
    if (!link.id?.bytes.equals(named)) return null
    if (link instanceof PeerConnection) link.isConfirmed = true
    return link.id
  }

  get #counters() {
    return this.#parts.table.counters
  }

  /**
   * Drops a message. A node that keeps exceeding the rate limits is disconnected. A neighbour is not blamed for the messages in
   * frames that it relays.
   */
  #drop(link: Link, reason: DropReason): void {
    this.#note(link, reason)
    if (link instanceof PeerConnection && !link.rateLimits.take('patience')) link.close('flooding')
  }

  #note({ id }: Link, reason: DropReason): void {
    this.#counters.drops[reason]++
    if (this.#parts.log.enabled) this.#parts.log('dropped a message by %s: %s', id?.hex, reason)
  }

  /** The relay of the signals named the node. If the first message names another, the relay lied. */
  #dropSender(link: Link, reason: DropReason): void {
    if (!(link instanceof PeerConnection)) return this.#note(link, reason)
    if (link.contestedId) return
    this.#drop(link, reason)
    if (reason === 'foreign id' && !link.isConfirmed) link.close('failed')
  }

  #refuse(link: Link, { reason, transaction }: Malformed): void {
    this.#parts.log('malformed message from %s: %s', link.id?.hex, reason)
    this.#drop(link, 'malformed')
    if (transaction) link.send(encodeError(transaction, [KRPC_ERROR.PROTOCOL, reason]))
  }

  #refuseUnknown(link: Link, transaction: Buffer): void {
    this.#drop(link, 'unknown method')
    link.send(encodeError(transaction, [KRPC_ERROR.METHOD_UNKNOWN, 'Method Unknown']))
  }
}
