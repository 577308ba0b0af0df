/**
 * All queries of this node that wait for a reply, over every kind of link. Each has its own transaction id and deadline, and
 * ends once.
 */

import type { Link, SentQuery } from '../connections/link.js'
import type { Counters, Outcome } from '../counters.js'
import { WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import { isBytes } from '../is-bytes.js'
import type { Bencoded } from '../wire/bencode.js'
import { encodeQuery } from '../wire/message.js'
import { meaningOf } from './errors.js'

/** Bytes of a transaction id; longer ones are used while all short ones are taken. */
const TRANSACTION_BYTES = 2
const LONG_TRANSACTION_BYTES = 4
const TRANSACTION_COUNT = 2 ** (8 * TRANSACTION_BYTES)
/** Milliseconds in which replies to a recursive query are accepted. */
const RECURSIVE_LIFETIME = 10_000

/** `r` of a reply, as the method's shape has checked it. */
export type Values = Record<string, unknown>

/** How a query ended. */
export type End =
  /** `size`: bytes of the message. */
  | { kind: 'replied'; values: Values; size: number }
  /** An error came back. */
  | { kind: 'refused'; error: Bencoded | undefined; size: number }
  /** No reply came: the query timed out or was cancelled, or the connection closed. */
  | { kind: 'failed'; error: Error; size: 0 }

/** The state of a query that other nodes pass on. */
export interface Recursive {
  /** The neighbour that it was sent to, or over. */
  readonly neighbour: Id
  /** The nodes that have replied. */
  readonly repliedBy: Set<string>
  /** Gets the reply of a node that the query was passed on to. */
  onReply(values: Values, from: Id): void
}

export interface QueryOptions {
  /** An application's own method may be bytes that are no text. */
  method: string | Uint8Array
  /** Milliseconds from now until it fails. */
  timeout: number
  /** The wanted transaction id. Default, and if it is in use: a free one. */
  transaction?: Buffer
  /** Called once. */
  onEnd(end: End, query: Query): void
}

export class Query implements SentQuery {
  readonly transaction: Buffer
  readonly method: string
  /** The link that it was sent on; `null` until then. */
  link: Link | null = null
  /** When it was sent; until then, when it was opened. */
  sentAt = performance.now()
  /** Whether this node itself replies to it; such queries are not counted. */
  isToSelf = false
  /** Whether an application uses the method's name for itself: then its reply is not checked. */
  isForeign = false
  recursive: Recursive | null = null
  readonly #options: QueryOptions
  readonly #onOver: (outcome: Outcome) => void
  readonly #timer: ReturnType<typeof setTimeout>
  #isOver = false

  constructor(transaction: Buffer, options: QueryOptions, onOver: (outcome: Outcome) => void) {
    this.transaction = transaction
    this.method = String(options.method)
    this.#options = options
    this.#onOver = onOver
    this.#timer = setTimeout(
      () => this.fail(new WebTorrentDHTError('ETIMEDOUT', 'Query timed out'), 'missed'),
      options.timeout
    )
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Sends the query. If it cannot be sent, it fails. */
  send(link: Link, args: unknown): void {
    if (this.#isOver) return
    this.link = link
    this.sentAt = performance.now()
    if (!link.sendQuery(this, encodeQuery(this.transaction, this.#options.method, args))) this.miss()
  }

  reply(values: Values, size: number): void {
    this.#end({ kind: 'replied', values, size }, 'replied', 'answered')
  }

  refuse(error: Bencoded | undefined, size: number): void {
    this.#end({ kind: 'refused', error, size }, 'refused', 'answered')
  }

  miss(): void {
    this.fail(new WebTorrentDHTError('ETIMEDOUT', 'the connection was closed'), 'missed')
  }

  fail(error: Error, result: 'missed' | 'abandoned' = 'abandoned'): void {
    this.#end({ kind: 'failed', error, size: 0 }, this.link ? 'unanswered' : 'not sent', result)
  }

  #end(end: End, outcome: Outcome, result: 'answered' | 'missed' | 'abandoned'): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    this.link?.settled(this, result)
    this.#onOver(outcome)
    this.#options.onEnd(end, this)
  }
}

export class Ledger {
  readonly #counters: Counters
  /** By transaction id in hex; the oldest first. */
  readonly #queries = new Map<string, Query>()
  #next = Math.floor(Math.random() * TRANSACTION_COUNT)
  #isClosed = false

  constructor(counters: Counters) {
    this.#counters = counters
  }

  /** Begins a query. Its deadline counts from now. */
  open(options: QueryOptions): Query {
    this.#forgetOld()
    const wanted = options.transaction
    const transaction = wanted && !this.at(wanted) ? wanted : this.#freeTransaction()
    const key = transaction.toString('hex')
    const query = new Query(transaction, options, outcome => {
      if (!query.isToSelf) this.#counters.query(query.method, outcome)
      if (!query.recursive) this.#queries.delete(key)
    })
    this.#queries.set(key, query)
    if (this.#isClosed) queueMicrotask(() => query.fail(closed()))
    return query
  }

  /** The query that has this transaction id. */
  at(transaction: Buffer): Query | undefined {
    return this.#queries.get(transaction.toString('hex'))
  }

  /**
   * Sends a query.
   *
   * @param timeout in milliseconds
   * @param signal rejects the promise with its reason when it is aborted
   * @returns the reply's `r`, checked
   * @throws WebTorrentDHTError `EREFUSED` for an error that came back, `EFULL` if it says that there is no room, `ENOTPROVEN`
   * if it says that the signal lacks its proof, `ECANNOTMEET` if NATs are in the way, `ETIMEDOUT` if nothing came
   */
  query(link: Link, method: string, args: unknown, timeout: number, signal?: AbortSignal): Promise<Values> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const abort = () => query.fail(signal?.reason)
      const onEnd = (end: End) => {
        signal?.removeEventListener('abort', abort)
        if (end.kind === 'replied') resolve(end.values)
        else reject(end.kind === 'failed' ? end.error : toRefusal(end.error))
      }
      const query = this.open({ method, timeout, onEnd })
      signal?.addEventListener('abort', abort)
      query.send(link, args)
    })
  }

  /** Fails all queries, also later ones. */
  close(): void {
    this.#isClosed = true
    for (const query of [...this.#queries.values()]) query.fail(closed())
    this.#queries.clear()
  }

  #freeTransaction(): Buffer {
    const areUsedUp = this.#queries.size >= TRANSACTION_COUNT - 1
    const bytes = areUsedUp ? LONG_TRANSACTION_BYTES : TRANSACTION_BYTES
    let hex: string
    do {
      this.#next = 1 + (this.#next % (2 ** (8 * bytes) - 1)) // k-rpc-socket's are never 0
      hex = this.#next.toString(16).padStart(2 * bytes, '0')
    } while (this.#queries.has(hex))
    return Buffer.from(hex, 'hex')
  }

  /** Forgets recursive queries, which stay for a while after their end. */
  #forgetOld(): void {
    const oldest = performance.now() - RECURSIVE_LIFETIME
    for (const [key, query] of this.#queries) {
      if (query.sentAt > oldest) return
      if (query.isOver) this.#queries.delete(key)
    }
  }
}

function closed(): WebTorrentDHTError {
  return new WebTorrentDHTError('ECLOSED', 'Query was cancelled')
}

function toRefusal(error: Bencoded | undefined): WebTorrentDHTError {
  const { code, message } = readError(error)
  return new WebTorrentDHTError(meaningOf(code), message, { cause: error })
}

/** Reads an error. The code is 0 if there is none; the message is every number and byte string in the error. */
export function readError(error: Bencoded | undefined): { code: number; message: string } {
  if (!Array.isArray(error)) return { code: 0, message: 'Unknown error' }
  const [code] = error
  return { code: typeof code === 'number' ? code : 0, message: error.flatMap(toWords).join(' ') }
}

/** A stranger's list may hold dictionaries with a `toString` of their own. */
function toWords(value: Bencoded): string[] {
  if (isBytes(value)) return [Buffer.from(value).toString()]
  return typeof value === 'number' ? [`${value}`] : []
}
