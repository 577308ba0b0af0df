/**
 * Limits how many `RTCPeerConnection`s a page makes. Chromium throws beyond 500, and counts closed ones until they are
 * garbage-collected, which may take long. Firefox has no such limit, but they cost as much there. All nodes and lookups of a page
 * share one limit.
 */

import { WebTorrentDHTError } from '../errors.js'

const SECONDS = 1000
/** Connections that exist, or are closed but not collected: the open ones of a node (64), and those closed between two collections. */
const MAX_UNCOLLECTED = 100
/** Made at once by a page that joins: as many as a node may have. */
const BURST = 64
/** After the burst, one per interval. */
const INTERVAL = 0.25 * SECONDS
/** A longer wait is useless: a query lives two seconds. */
const MAX_WAIT = 1 * SECONDS
/** Callers that may wait; more are refused at once. */
const MAX_WAITING = 64
/** Closed, uncollected connections at which a collection is requested. */
const COLLECT_AT = 16
/** The pause after the browser has refused to make one. */
const REFUSAL_PAUSE = 10 * SECONDS
/** Allocating this many bytes makes V8 collect garbage: it acts on 64 MiB of external memory. Untouched memory costs nothing. */
const NUDGE_BYTES = 2 ** 26

interface Waiting {
  resolve(): void
  reject(error: Error): void
  timer: ReturnType<typeof setTimeout>
}

/** Replaced by tests. */
export interface CreationLimitOptions {
  /** Calls back when an object was collected. */
  watchCollection?: (onCollected: () => void) => { register(target: object, heldValue: undefined): void }
  /** Makes the garbage collector run. */
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

  /** `RTCPeerConnection`s that exist, or are closed but not collected. */
  get uncollected(): number {
    return this.#uncollected
  }

  /**
   * Takes the right to make one now. Call `giveBack` once it is made, or not.
   *
   * @throws WebTorrentDHTError `EFULL` if there is none in time
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

  /** Gives back the right that `take` gave. */
  giveBack(): void {
    this.#granted--
  }

  /** Notes a connection that was made. */
  made(connection: object): void {
    this.#uncollected++
    this.#registry.register(connection, undefined)
  }

  /** Notes a connection that was closed: it counts until it is collected. */
  closed(): void {
    this.#closed++
    if (this.#closed >= COLLECT_AT && this.#closed % COLLECT_AT === 0) this.#nudge()
  }

  /** Notes that the browser refused one within the limit: other code of the page makes connections, too. */
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
