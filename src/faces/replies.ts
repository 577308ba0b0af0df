/** Collects the replies to a query that several nodes were asked, as `queryAll` of k-rpc does. */

import { type ErrorCode, WebTorrentDHTError, withCode } from '../errors.js'
import type { QueryCallback, SearchCallback, Visit } from '../upstream.js'

export class Replies {
  readonly #asked: number
  readonly #visit: Visit | undefined
  readonly #callback: SearchCallback
  readonly #failures: WebTorrentDHTError[] = []
  #replied = 0
  #isStopped = false

  /**
   * @param asked how many nodes are asked; with none it calls back by itself
   * @param visit gets each reply, until it returns `false`
   * @param callback called once, when all have ended
   */
  constructor(asked: number, visit: Visit | undefined, callback: SearchCallback) {
    this.#asked = asked
    this.#visit = visit
    this.#callback = callback
    if (asked === 0) {
      process.nextTick(() => callback(new WebTorrentDHTError('ENONODES', 'No nodes to query'), 0))
    }
  }

  /** Takes the end of a query. */
  add(...[error, reply, from]: Parameters<QueryCallback>): void {
    if (error) this.#failures.push(withCode(error))
    else this.#replied++
    try {
      const isVisited = !error && !this.#isStopped && reply && from
      if (isVisited && this.#visit?.(reply, from) === false) this.#isStopped = true
    } finally {
      if (this.#failures.length + this.#replied === this.#asked) {
        this.#callback(this.#replied > 0 ? null : this.#failure(), this.#replied)
      }
    }
  }

  /** Why nobody has replied: as k-rpc says it. */
  #failure(): WebTorrentDHTError {
    const conflict = this.#failures.findLast(({ code }) => typeof code === 'number')
    if (conflict) return conflict
    const codes = new Set(this.#failures.map(({ code }) => code))
    const [first] = codes
    const code: ErrorCode =
      codes.size === 1 && first ? first : codes.has('EREFUSED') ? 'EREFUSED' : 'ETIMEDOUT'
    return new WebTorrentDHTError(code, 'All queries failed', { cause: new AggregateError(this.#failures) })
  }
}
