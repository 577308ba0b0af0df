/** How many whole requests are answered: at once, and from one origin. A body that is still on its way does not count. */

import { isShared } from '../connections/origin.js'
import { LRU } from '../upstream.js'
import type { HttpLimits } from './server-interface.js'

const RATE_WINDOW = 10_000
/** Origins of which requests are counted. Beyond that the oldest counts are dropped. */
const MAX_COUNTED = 10_000
/** As often the limit of one address may all come together that are behind proxies nobody said to trust: see request-origin.ts. */
const MAX_SHARED = 8
const SHARED = 'shared'

/** A request that cannot be answered, with the response that says so. */
export class HttpError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export class RequestRates {
  readonly #limits: HttpLimits
  /** Requests in this window. */
  readonly #counts = new LRU<number>({ max: MAX_COUNTED })
  /** Requests that are being answered. */
  readonly #current = new Map<string, number>()
  #total = 0
  readonly #timer: ReturnType<typeof setInterval>

  constructor(limits: HttpLimits) {
    this.#limits = limits
    this.#timer = setInterval(() => this.#counts.clear(), RATE_WINDOW)
    this.#timer.unref?.() // not where jsdom's timers are the global ones
  }

  /** Answers a request. @throws HttpError if there are too many */
  async run(origin: string, answer: () => Promise<void>): Promise<void> {
    this.count(origin)
    const current = this.#current.get(origin) ?? 0
    const { concurrentRequests } = this.#limits
    // Half of them stays for others.
    const isTooMuch = !isShared(origin) && current >= Math.ceil(concurrentRequests / 2)
    if (isTooMuch || this.#total >= concurrentRequests) throw new HttpError(503, 'too many requests at once')
    this.#change(origin, 1)
    try {
      await answer()
    } finally {
      this.#change(origin, -1)
    }
  }

  /** Counts a request. @throws HttpError if there are too many */
  count(origin: string): void {
    const [name, factor] = isShared(origin) ? [SHARED, MAX_SHARED] : [origin, 1]
    const count = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, count)
    if (count > factor * this.#limits.requestsPerAddress)
      throw new HttpError(429, 'too many requests from this address')
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #change(origin: string, by: 1 | -1): void {
    this.#total += by
    const count = (this.#current.get(origin) ?? 0) + by
    if (count > 0) this.#current.set(origin, count)
    else this.#current.delete(origin)
  }
}
