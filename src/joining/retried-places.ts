/**
 * Retries places while other nodes are connected: failed bootstrap nodes, which may hold a separate network, and HTTP servers whose
 * connection broke. If such a server lives, the network was parted, and the retry joins its halves. Released connections are not
 * retried, so a whole network makes no such dials.
 */

import { keyOf } from '../connections/address-book.js'
import type { Address } from '../wire/compact.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** Pauses between attempts double, up to the last; each is shortened by up to a half, at random. */
const FIRST_PAUSE = 2.5 * SECONDS
const LAST_PAUSE = 10 * MINUTES

interface Retried {
  place: Address
  attempt: number
  maxAttempts: number
  dueAt: number
}

export interface RetriedPlacesOptions {
  /** Whether a place leads to a connected node, or to this one. */
  isReached(place: Address): boolean
  /** Whether no node is connected: then joining tries all places, and no retry is made. */
  isAlone(): boolean
  /** Dials a place. @throws if no node is there */
  dialPlace(place: Address): Promise<unknown>
  /** Called when a place was reached: it may belong to a separate network. */
  onReached(): void
}

export class RetriedPlaces {
  readonly #options: RetriedPlacesOptions
  readonly #places = new Map<string, Retried>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: RetriedPlacesOptions) {
    this.#options = options
  }

  /** Retries a place until it is reached. */
  add(place: Address, maxAttempts = Number.POSITIVE_INFINITY): void {
    if (this.#places.has(keyOf(place))) return
    const dueAt = performance.now() + pauseBefore(1, FIRST_PAUSE, LAST_PAUSE)
    this.#places.set(keyOf(place), { place, attempt: 1, maxAttempts, dueAt })
    this.#schedule()
  }

  /** Begins anew with all places, soon: the network has changed. */
  retryAll(): void {
    for (const retried of this.#places.values()) {
      retried.attempt = 1
      retried.dueAt = performance.now() + pauseBefore(1, FIRST_PAUSE, LAST_PAUSE)
    }
    this.#schedule()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#isClosed || this.#places.size === 0) return
    const next = Math.min(...[...this.#places.values()].map(({ dueAt }) => dueAt))
    this.#timer = setTimeout(() => this.#retryAll(), Math.max(0, next - performance.now()))
  }

  async #retryAll(): Promise<void> {
    const now = performance.now()
    const due = [...this.#places.values()].filter(({ dueAt }) => dueAt <= now)
    const results = await Promise.all(due.map(retried => this.#retry(retried)))
    if (results.includes(true) && !this.#isClosed) this.#options.onReached()
    this.#schedule()
  }

  /** @returns whether a new node was reached */
  async #retry(retried: Retried): Promise<boolean> {
    const { isReached, isAlone, dialPlace } = this.#options
    const key = keyOf(retried.place)
    if (isReached(retried.place)) {
      this.#places.delete(key)
      return false
    }
    try {
      if (isAlone()) throw new Error('joining tries it')
      await dialPlace(retried.place)
      this.#places.delete(key)
      return true
    } catch {
      retried.attempt++
      if (retried.attempt > retried.maxAttempts) this.#places.delete(key)
      retried.dueAt = performance.now() + pauseBefore(retried.attempt, FIRST_PAUSE, LAST_PAUSE)
      return false
    }
  }
}

/** A pause that doubles with each attempt, shortened by up to a half at random, so that not all nodes come at once. */
export function pauseBefore(attempt: number, first: number, last: number): number {
  return Math.min(last, first * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2)
}
