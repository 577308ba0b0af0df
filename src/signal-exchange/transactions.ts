/**
 * The queries of the signal exchange. They have transaction ids and deadlines of their own: `k-rpc-socket` gives all its
 * queries the same time, and a relay must have answered well before its asker's time is over.
 */

import type { Link } from '../connections/link.js'
import type { ConnectionTable } from '../connections/table.js'
import { WebTorrentDHTError } from '../errors.js'
import { encode } from '../wire/bencode.js'
import { type Inbound, KRPC_ERROR } from '../wire/messages.js'

/** k-rpc-socket's transaction ids have two bytes, so one of these is never taken for one of them. */
const TRANSACTION_BYTES = 3
const TRANSACTION_COUNT = 2 ** (8 * TRANSACTION_BYTES)

type Reply = Extract<Inbound, { kind: 'reply' | 'error' }>

const NO_ROOM: number[] = [KRPC_ERROR.FULL, KRPC_ERROR.TOO_MANY]

const CLOSED: Reply = {
  kind: 'error',
  transaction: Buffer.alloc(0),
  code: 0,
  text: 'the connection was closed'
}

export class Transactions {
  readonly #table: ConnectionTable
  readonly #handlers = new Map<string, (reply: Reply) => void>()
  #next = 0

  constructor(table: ConnectionTable) {
    this.#table = table
    table.on('unanswered', transactions => {
      for (const transaction of transactions) this.#handlers.get(transaction)?.(CLOSED)
    })
  }

  /** Gives a reply to the query that waits for it; false if it is not one of these. */
  take(reply: Reply): boolean {
    const handler = this.#handlers.get(reply.transaction.toString('hex'))
    handler?.(reply)
    return handler !== undefined
  }

  /**
   * Sends a query on an open connection.
   *
   * @param timeout in milliseconds
   * @param signal ends the waiting, with its reason
   * @returns the reply's `r`, checked
   * @throws WebTorrentDHTError `EREFUSED` for an error that came back, `EFULL` if it says that there is no room, `ETIMEDOUT`
   * if nothing came
   */
  query(
    link: Link,
    method: string,
    args: Record<string, unknown>,
    timeout: number,
    signal?: AbortSignal
  ): Promise<Record<string, unknown>> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    this.#next = (this.#next + 1) % TRANSACTION_COUNT
    const transaction = Buffer.alloc(TRANSACTION_BYTES)
    transaction.set([this.#next >> 16, this.#next >> 8, this.#next]) // writeUIntBE is not in a page's Buffer
    const key = transaction.toString('hex')
    const { counters } = this.#table
    return new Promise((resolve, reject) => {
      const sentAt = performance.now()
      const settle = () => {
        clearTimeout(timer)
        this.#handlers.delete(key)
        link.awaited.delete(key)
        signal?.removeEventListener('abort', abort)
      }
      const abort = () => {
        settle()
        counters.query(method, 'unanswered')
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        settle()
        counters.query(method, 'unanswered')
        link.missed(sentAt)
        reject(new WebTorrentDHTError('ETIMEDOUT', `no reply to ${method}`))
      }, timeout)
      this.#handlers.set(key, reply => {
        settle()
        if (reply !== CLOSED) link.answered(sentAt)
        if (reply.kind === 'reply') {
          counters.query(method, 'replied')
          resolve(reply.values)
        } else {
          counters.query(method, reply === CLOSED ? 'unanswered' : 'refused')
          const code = NO_ROOM.includes(reply.code) ? 'EFULL' : 'EREFUSED'
          reject(new WebTorrentDHTError(reply === CLOSED ? 'ETIMEDOUT' : code, `${reply.code} ${reply.text}`))
        }
      })
      signal?.addEventListener('abort', abort)
      link.awaited.add(key)
      if (!link.send(encode({ t: transaction, y: 'q', q: method, a: args })))
        this.#handlers.get(key)?.(CLOSED)
    })
  }
}
