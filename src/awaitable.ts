/** Values that are there at once or come later. Code that works on either stays synchronous where it can. */

import { WebTorrentDHTError } from './errors.js'

/** A value, or a promise of one. */
export type Awaitable<Value> = Value | PromiseLike<Value>

/** @internal True for a promise of any library. */
export function isPromise<Value>(value: Awaitable<Value>): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** @internal Goes on with a value: at once if it is there, else when it comes. A promise that is rejected skips `next`. */
export function andThen<Value, Result>(
  value: Awaitable<Value>,
  next: (value: Value) => Awaitable<Result>
): Awaitable<Result> {
  return isPromise(value) ? value.then(next) : next(value)
}

/** A value, or another one in the place of one that does not come. */
export function orElse<Value>(value: Awaitable<Value>, other: Value): Awaitable<Value> {
  return isPromise(value) ? value.then(undefined, () => other) : value
}

/**
 * @internal Settles as a promise does, or rejects where that takes too long.
 *
 * @param name of what has not settled
 * @throws WebTorrentDHTError `ETIMEDOUT`
 */
export function inTime<Value>(value: PromiseLike<Value>, milliseconds: number, name: string): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new WebTorrentDHTError('ETIMEDOUT', `${name} has not settled in ${milliseconds} ms`)
    timer = setTimeout(() => reject(error), milliseconds)
  })
  return Promise.race([value, late]).finally(() => clearTimeout(timer))
}
