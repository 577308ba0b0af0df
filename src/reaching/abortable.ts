/** Waiting that ends when it takes too long. It leaves neither timer nor listener. */

import { type Abortable, abortable } from '../abort-signals.js'
import { WebTorrentDHTError } from '../errors.js'

/** The options that all promises of the DHT take. */
export interface PromiseOptions {
  /** Aborting it rejects the promise with its reason. What was sent by then stays sent. */
  signal?: Abortable | undefined
}

/**
 * Settles as a promise does, or rejects with the reason of the signal.
 *
 * @param timeout in milliseconds
 * @throws WebTorrentDHTError with the code, where it takes longer
 */
export function within<T>(
  promise: Promise<T>,
  timeout: number,
  signal?: Abortable,
  code: 'ETIMEDOUT' | 'ECONNFAILED' = 'ETIMEDOUT'
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new WebTorrentDHTError(code, 'the peer connection took too long')
    timer = setTimeout(() => reject(error), timeout)
  })
  return abortable(Promise.race([promise, late]), signal).finally(() => clearTimeout(timer))
}
