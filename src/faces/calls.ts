/**
 * The calls of an application that are under way. Each calls back once: later, never before it has returned, with an error that has a
 * code. A call that is under way when the node is destroyed ends then, whatever it waits for.
 */

import { closedError, type WebTorrentDHTError, withCode } from '../errors.js'

export class Calls {
  readonly #underWay = new Set<() => void>()
  readonly #explain: (error: WebTorrentDHTError) => WebTorrentDHTError
  #isClosed = false

  /** @param explain adds to an error what the node knows of it */
  constructor(explain: (error: WebTorrentDHTError) => WebTorrentDHTError = error => error) {
    this.#explain = explain
  }

  /**
   * Begins a call.
   *
   * @param name the method, for the error of a node that is destroyed
   * @returns what ends it; only the first use counts. On a destroyed node the call has ended already.
   */
  begin<Results extends unknown[]>(
    name: string,
    callback: (error: WebTorrentDHTError | null, ...results: Results | []) => void
  ): (error: unknown, ...results: Results | []) => void {
    const end = (error: unknown, ...results: Results | []) => {
      if (!this.#underWay.delete(close)) return
      // An exception of the application is its own: nothing here catches it.
      process.nextTick(() => callback(error ? this.#explain(withCode(error)) : null, ...results))
    }
    const close = () => end(closedError(name))
    this.#underWay.add(close)
    if (this.#isClosed) close()
    return end
  }

  /** Ends all calls, and each later one, with `ECLOSED`. */
  close(): void {
    this.#isClosed = true
    for (const close of [...this.#underWay]) close()
  }
}
