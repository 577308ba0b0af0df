/**
 * What becomes of a message that came in. It is read once, and checked before anybody sees it: a malformed one is refused; one
 * that is not by the connection's node, or that nobody waits for, is dropped. A query goes to its method, a reply to the query
 * that waits for it.
 */

import { isPromise } from '../awaitable.js'
import type { Link } from '../connections/link.js'
import { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import type { DropReason } from '../counters.js'
import { messageOf } from '../errors.js'
import { emitter } from '../events.js'
import { Id } from '../id.js'
import type { Log } from '../log.js'
import type { Frames } from '../routes/frames.js'
import type { Recursion } from '../routes/recursion.js'
import type { Bencoded } from '../wire/bencode.js'
import { dictionary, readFields } from '../wire/check.js'
import type { Address } from '../wire/compact.js'
import { type FrameView, looksLikeFrame } from '../wire/frame.js'
import { encodeError, encodeReply, type Message, parseMessage } from '../wire/message.js'
import { KRPC_ERROR, KRPCError } from './errors.js'
import type { Ledger, Query, Values } from './ledger.js'
import type { Asker, Method, Reply } from './method.js'
import { Remote } from './remote.js'

/** A message that was taken: a query, with its arguments checked if its method is known; or what came back for a query. */
export type Taken =
  | { kind: 'query'; transaction: Buffer; method: string; args: unknown }
  | { kind: 'reply'; transaction: Buffer; values: Values }
  | { kind: 'error'; transaction: Buffer; error: Bencoded | undefined }

type Events = {
  /** For whoever listens. A listener may answer a query at once; then nobody else does. */
  query: [message: Taken, remote: Remote]
  /** What came back for a query; emitted only if somebody listens. */
  reply: [message: Taken, remote: Remote]
}

const NOWHERE = { host: '0.0.0.0', port: 0 }
const NOTHING = Buffer.alloc(0)

type QueryMessage = Extract<Message, { kind: 'query' }>
type ReplyMessage = Extract<Message, { kind: 'reply' | 'error' }>
type Malformed = Extract<Message, { kind: 'malformed' }>

/** Who sent a query. */
interface Sender {
  /** Why the id that it says it has is not its own. */
  wrong(id: Id): DropReason | undefined
  /** The address that stands for it: asked for only once the query is taken, since the way there may be learnt then. */
  address(): Address | null
}

interface Parts {
  id: Id
  table: ConnectionTable
  /** Notes whose connection it is. */
  identify(connection: PeerConnection, id: Id): void
  ledger: Ledger
  frames: Frames
  recursion: Recursion
  log: Log
}

export class Inbound extends emitter<Events>() {
  /** Whether somebody above takes queries of methods that are not known here. */
  takesUnknown: () => boolean = () => false
  readonly #parts: Parts
  readonly #methods = new Map<string, Method>()

  constructor(parts: Parts) {
    super()
    this.#parts = parts
  }

  addMethod(method: Method): void {
    this.#methods.set(method.name, method)
    this.#counters.addMethod(method.name)
  }

  /** The method of this name, if the node knows it. */
  method(name: string): Method | undefined {
    return this.#methods.get(name)
  }

  receive(connection: PeerConnection, bytes: Buffer): void {
    const isFrame = looksLikeFrame(bytes)
    const excess = (isFrame ? connection.frameAllowance : connection.allowance).receive(bytes.length)
    if (excess) this.#drop(connection, excess)
    else if (isFrame) this.#unpack(connection, bytes)
    else this.#take(connection, parseMessage(bytes), bytes.length)
  }

  /** Takes what this node has sent to itself, at an address of its own. */
  receiveOwn(link: Link, bytes: Buffer, address: Address): void {
    const message = parseMessage(bytes)
    if (message.kind === 'query') {
      const sender = { wrong: () => undefined, address: () => address }
      return this.#takeQuery(link, message, bytes.length, sender)
    }
    const query = this.#parts.ledger.at(message.transaction ?? NOTHING)
    if (query && !query.isOver && message.kind !== 'malformed')
      this.#takeReply(link, query, message, bytes.length)
  }

  #take(connection: PeerConnection, message: Message, length: number): void {
    if (message.kind === 'malformed') this.#refuse(connection, message)
    else if (message.kind === 'query') {
      const wrong = (id: Id) => (this.#isOf(connection, id) ? undefined : 'foreign id')
      this.#takeQuery(connection, message, length, { wrong, address: () => this.addressOf(connection) })
    } else {
      const query = this.#parts.ledger.at(message.transaction)
      if (!query || query.isOver || query.link !== connection) {
        return this.#drop(connection, 'reply not awaited')
      }
      this.#takeReply(connection, query, message, length)
    }
  }

  #unpack(connection: PeerConnection, bytes: Buffer): void {
    const { frames } = this.#parts
    const received = frames.receive(connection, bytes)
    if (received.kind === 'done') return
    if (received.kind === 'dropped') {
      return received.isByNeighbour
        ? this.#drop(connection, received.reason)
        : this.#note(connection, received.reason)
    }
    const { frame, payload } = received
    if (looksLikeFrame(payload)) return this.#note(connection, 'wrong path')
    const message = parseMessage(payload)
    if (message.kind === 'malformed') return this.#refuse(frames.wayBack(frame, connection), message)
    if (message.kind === 'query') {
      const wrong = (id: Id) => (id.equals(frame.idAt(0)) ? undefined : 'wrong path')
      const sender = { wrong, address: () => frames.visited(frame) }
      return this.#takeQuery(frames.wayBack(frame, connection), message, payload.length, sender)
    }
    this.#takeFramed(connection, message, frame, bytes.length)
  }

  /** A reply that came in a frame: the one that is waited for, or that of a node to which the query was passed on. */
  #takeFramed(connection: PeerConnection, message: ReplyMessage, frame: FrameView, length: number): void {
    const query = this.#parts.frames.queryOf(frame, message.transaction)
    if (query?.link?.isRoute && !query.isOver && this.#parts.frames.isWayBack(frame, query)) {
      return this.#takeReply(query.link, query, message, length)
    }
    const values = query?.recursive && message.kind === 'reply' ? this.#read(query, message) : undefined
    const isFrom = values && typeof values !== 'string' && frame.idAt(0).bytes.equals(values.id as Buffer)
    const isTaken = query && isFrom && this.#parts.recursion.take(query, frame, values)
    if (isTaken) connection.frameAllowance.solicited(length)
    else this.#note(connection, 'reply not awaited')
  }

  #takeQuery(link: Link, message: QueryMessage, length: number, sender: Sender): void {
    const { transaction, method: name } = message
    const method = this.#methods.get(name)
    if (!method && !this.takesUnknown()) return this.#refuseUnknown(link, transaction)
    const args = method ? this.#readArgs(method, message) : message.args
    if (typeof args === 'string') return this.#refuse(link, { kind: 'malformed', reason: args, transaction })
    const id = method ? Id.of((args as { id: Buffer }).id) : undefined
    const wrong = id && sender.wrong(id)
    if (wrong) return this.#dropSender(link, wrong)
    if (!this.#isAllowed(link, method, message, args as object)) return
    const address = sender.address()
    if (!address) return this.#drop(link, 'sender not known')
    const remote = new Remote(address, length, link)
    this.emit('query', { kind: 'query', transaction, method: name, args }, remote)
    if (!method || !id || remote.isAnswered) return
    this.#answer(method, args as object, { id, link, address, transaction })
  }

  /** The arguments, or what is wrong with them. */
  #readArgs(method: Method, { args }: QueryMessage): object | string {
    const given = dictionary(args)
    if (!given) return '`a` is not a dictionary'
    const read = readFields(given, method.query)
    if ('wrong' in read) return `\`${method.name}\`: \`${read.wrong}\` is missing or wrong`
    const wrong = method.check?.(read.fields)
    return wrong ? `\`${method.name}\`: ${wrong}` : read.fields
  }

  /** Whether a query is within the limits. What comes over them is answered with an error. */
  #isAllowed(
    link: Link,
    method: Method | undefined,
    { transaction, method: name }: QueryMessage,
    args: object
  ): boolean {
    this.#counters.queried(name)
    if (method?.isUse !== false) link.lastUsed = performance.now()
    const excess = link.allowance.queries.take()
      ? method?.charge?.(link.allowance, args)
      : ('too many queries' as const)
    if (!excess) return true
    this.#drop(link, excess)
    link.send(encodeError(transaction, [KRPC_ERROR.TOO_MANY, excess]))
    return false
  }

  #answer(method: Method, args: object, asker: Asker): void {
    try {
      const reply = method.answer(args, asker)
      if (!isPromise(reply)) return this.#reply(asker, reply)
      reply.then(
        settled => this.#reply(asker, settled),
        error => this.#fail(asker, error)
      )
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
      error instanceof KRPCError ? error : new KRPCError(KRPC_ERROR.GENERIC, 'Server Error')
    if (counted) this.#note(link, counted)
    if (!(error instanceof KRPCError)) this.#parts.log('a query could not be answered: %s', messageOf(error))
    link.send(encodeError(transaction, [code, message]))
  }

  #takeReply(link: Link, query: Query, message: ReplyMessage, length: number): void {
    const { transaction } = message
    if (message.kind === 'error') {
      link.allowance.solicited(length)
      this.#tell({ kind: 'error', transaction, error: message.error }, link, length)
      return query.refuse(message.error)
    }
    const values = this.#read(query, message)
    if (typeof values === 'string') return this.#refuse(link, { kind: 'malformed', reason: values })
    const id = this.#methods.has(query.method) ? Id.of(values.id as Buffer) : undefined
    if (id && !this.#isOf(link, id)) return this.#dropSender(link, link.isRoute ? 'wrong path' : 'foreign id')
    link.allowance.solicited(length)
    this.#tell({ kind: 'reply', transaction, values }, link, length)
    query.reply(values)
  }

  /** The fields of a reply, or what is wrong with them. Those of a method that is not known are whatever they are. */
  #read({ method }: Query, { values }: Extract<Message, { kind: 'reply' }>): Values | string {
    const shape = this.#methods.get(method)?.reply
    if (!shape) return values
    const read = readFields(values, shape)
    return 'wrong' in read ? `reply: \`${read.wrong}\` is missing or wrong` : (read.fields as Values)
  }

  #tell(message: Taken, link: Link, length: number): void {
    const address = this.listenerCount('reply') > 0 && (this.addressOf(link) ?? NOWHERE)
    if (address) this.emit('reply', message, new Remote(address, length, link))
  }

  /** The address that stands for the node at the other end of a link; `null` if the node is not known. */
  addressOf(link: Link): Address | null {
    const dialled = link instanceof PeerConnection ? link.dialled : null
    return (link.id && this.#parts.table.addresses.addressOf(link.id)) ?? dialled
  }

  /** Whether a node is at the other end of a link. The first message on a connection may say which node that is. */
  #isOf(link: Link, id: Id): boolean {
    if (link instanceof PeerConnection) {
      if (link.id === null && !id.equals(this.#parts.id)) this.#parts.identify(link, id)
      if (link.id?.equals(id)) link.isConfirmed = true
    }
    return link.id?.equals(id) === true
  }

  get #counters() {
    return this.#parts.table.counters
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
    if (this.#parts.log.enabled) this.#parts.log('dropped a message by %s: %s', id?.hex, reason)
  }

  /** Whose connection it is was said by the relay of its signals. If the first message says otherwise, the relay lied. */
  #dropSender(link: Link, reason: DropReason): void {
    if (!(link instanceof PeerConnection)) return this.#note(link, reason)
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
