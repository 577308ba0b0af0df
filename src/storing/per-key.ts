/**
 * Runs work on one key in turn: a `put` reads the stored value, compares and writes, and no other `put` of the key may come between.
 * The first work on a key runs at once. (async-lock, async-mutex and p-queue always make a promise; but over the memory store, a
 * `put` must be done when the call returns.)
 */

import { type Awaitable, isPromise } from '../awaitable.js'
import { WebTorrentDHTError } from '../errors.js'

/** Pieces of work that may be under way: a limit for strangers while a store is slow. */
const MAX_UNDONE = 1000

export class PerKey {
  readonly #maxUndone: number
  /** The last piece of work under way on each key. These promises are never rejected. */
  readonly #last = new Map<string, Promise<void>>()
  #undone = 0

  constructor({ maxUndone = MAX_UNDONE } = {}) {
    this.#maxUndone = maxUndone
  }

  /**
   * Runs the work after all work on the same key that began earlier. Work must not wait for other work on its own key.
   *
   * @returns what the work returns; a promise if it must wait. It is rejected with `EFULL` if too much waits.
   * @throws what the work throws, if it runs at once
   */
  run<Result>(key: string, work: () => Awaitable<Result>): Awaitable<Result> {
    if (this.#undone >= this.#maxUndone)
      return Promise.reject(
        new WebTorrentDHTError('EFULL', `${this.#undone} pieces of work wait for the store`)
      )
    const earlier = this.#last.get(key)
    if (earlier) return this.#track(key, earlier.then(work))
    const result = work()
    return isPromise(result) ? this.#track(key, Promise.resolve(result)) : result
  }

  #track<Result>(key: string, result: Promise<Result>): Promise<Result> {
    this.#undone++
    const done = () => {
      this.#undone--
      if (this.#last.get(key) === settled) this.#last.delete(key)
    }
    const settled = result.then(done, done)
    this.#last.set(key, settled)
    return result
  }
}
