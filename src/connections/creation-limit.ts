/**
 * How many `RTCPeerConnection`s a page makes. Chromium allows 500 and throws beyond that, and it counts closed ones until
 * they are collected as garbage, which it does when memory is short and now and then on an idle page. Firefox has no such
 * limit, but they are no cheaper there. All nodes and lookups of a page share one limit.
 */

import { WebTorrentDHTError } from '../errors.js'

const SECONDS = 1000
/** Existing or closed and not collected: the open ones of a node (64), and what is closed between two collections. */
const MAX_UNCOLLECTED = 100
/** Made at once by a page that joins: as many as a node may have. */
const BURST = 64
/** From then on one in this time. */
const INTERVAL = 0.25 * SECONDS
/** Waiting longer than this is of no use: a query lives two seconds. */
const MAX_WAIT = 1 * SECONDS
/** Who waits beyond this number is refused at once. */
const MAX_WAITING = 64
/** Closed ones, not collected, at which a collection is asked for. */
const COLLECT_AT = 16
/** The pause after the browser has refused to make one. */
const REFUSAL_PAUSE = 10 * SECONDS
/** Bytes that make V8 look for garbage when allocated: it counts what hangs on its heap, and acts on 64 MiB (untouched memory costs nothing). */
const NUDGE_BYTES = 2 ** 26

interface Waiting {
  resolve(): void
  reject(error: Error): void
  timer: ReturnType<typeof setTimeout>
}

/** What the limit works with, for tests. */
export interface CreationLimitOptions {
  /** Calls back when an object was collected. */
  watchCollection?: (onCollected: () => void) => { register(target: object, heldValue: undefined): void }
  /** Makes the garbage collector look. */
  nudge?: () => void
}

export class CreationLimit {
  readonly #registry: { register(target: object, heldValue: undefined): void }
  readonly #nudge: () => void
  #waiting: Waiting[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #granted = 0
  #uncollected = 0
  #closed = 0
  #credit = BURST
  #creditedAt = performance.now()
  #refusedUntil = 0

  constructor({ watchCollection, nudge }: CreationLimitOptions = {}) {
    const onCollected = () => this.#collected()
    this.#registry = watchCollection?.(onCollected) ?? new FinalizationRegistry(onCollected)
    this.#nudge = nudge ?? (() => void new ArrayBuffer(NUDGE_BYTES))
  }

  /** `RTCPeerConnection`s that exist, or are closed and not collected. */
  get uncollected(): number {
    return this.#uncollected
  }

  /**
   * Waits for the right to make one, at once: `giveBack` is called when that is done.
   *
   * @throws WebTorrentDHTError `EFULL` if it does not come in time
   */
  take(): Promise<void> {
    if (this.#waiting.length === 0 && this.#grant()) return Promise.resolve()
    const refusal = new WebTorrentDHTError('EFULL', 'this page has made too many connections of late')
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(refusal)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter(other => other !== waiting)
        reject(refusal)
      }, MAX_WAIT)
      const waiting: Waiting = { resolve, reject, timer }
      this.#waiting.push(waiting)
      this.#serveLater()
    })
  }

  /** Ends a right that `take` gave, whether one was made or not. */
  giveBack(): void {
    this.#granted--
  }

  /** Notes one that was made. */
  made(connection: object): void {
    this.#uncollected++
    this.#registry.register(connection, undefined)
  }

  /** Notes that one was closed: it counts until it is collected. */
  closed(): void {
    this.#closed++
    if (this.#closed >= COLLECT_AT && this.#closed % COLLECT_AT === 0) this.#nudge()
  }

  /** Notes that the browser would not make one, though the limit allowed it: other code of the page makes some too. */
  refused(): void {
    this.#refusedUntil = performance.now() + REFUSAL_PAUSE
    this.#nudge()
  }

  #collected(): void {
    this.#uncollected--
    this.#closed = Math.max(0, this.#closed - 1)
    this.#serve()
  }

  #grant(): boolean {
    const now = performance.now()
    const earned = Math.floor((now - this.#creditedAt) / INTERVAL)
    this.#credit = Math.min(BURST, this.#credit + Math.max(0, earned))
    this.#creditedAt = earned < 0 ? now : this.#creditedAt + earned * INTERVAL
    const isAllowed =
      this.#credit > 0 && this.#uncollected + this.#granted < MAX_UNCOLLECTED && now >= this.#refusedUntil
    if (!isAllowed) return false
    this.#credit--
    this.#granted++
    return true
  }

  #serve(): void {
    while (this.#waiting.length > 0 && this.#grant()) {
      const waiting = this.#waiting.shift()
      clearTimeout(waiting?.timer)
      waiting?.resolve()
    }
    this.#serveLater()
  }

  #serveLater(): void {
    clearTimeout(this.#timer)
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#serve(), INTERVAL)
  }
}
