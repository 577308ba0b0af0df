/**
 * Checks that announcers we are not connected to are still alive. An announcer is looked for, at most once a minute, when it is named
 * to an asker. If it is gone, its announcements are removed. Announcements that nobody asks for cost nothing.
 *
 * An announcer whose connection broke may have lost its network for a moment. It is spared for two minutes, and looked for then.
 */

import type { Id } from '../id.js'
import { LRU } from '../upstream.js'

const SECONDS = 1000
/** Milliseconds between two checks of the same node. */
const PAUSE = 60 * SECONDS
/** Checks at the same time. */
const MAX_CHECKS = 4
const MAX_REMEMBERED = 1000
/** Milliseconds that a node is spared after its connection broke. */
const SPARED_TIME = 120 * SECONDS
/** Milliseconds until the next look at spared nodes while this node cannot look for any. */
const WAITING_TIME = 10 * SECONDS

export interface AnnouncerChecksOptions {
  isConnected(id: Id): boolean
  /** Whether no node is connected: then none can be found. */
  isAlone(): boolean
  /** Whether a node answers, wherever it is. */
  find(id: Id): Promise<boolean>
  onGone(id: Id): void
}

export class AnnouncerChecks {
  readonly #options: AnnouncerChecksOptions
  readonly #checkedAt = new LRU<number>({ max: MAX_REMEMBERED })
  /** Nodes whose connection broke, by id in hex; the one that broke first comes first. */
  readonly #spared = new Map<string, { id: Id; until: number }>()
  #running = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: AnnouncerChecksOptions) {
    this.#options = options
  }

  /** Notes that a node is alive now. */
  heard(id: Id): void {
    this.#checkedAt.set(id.hex, performance.now())
    this.#spared.delete(id.hex)
  }

  /** Looks for an announcer that is named to an asker, if a check is due. */
  consider(id: Id): void {
    const { isConnected } = this.#options
    if (this.#running >= MAX_CHECKS || this.#spared.has(id.hex) || isConnected(id)) return
    const checkedAt = this.#checkedAt.peek(id.hex) ?? Number.NEGATIVE_INFINITY
    if (performance.now() - checkedAt > PAUSE) void this.#check(id)
  }

  /** Spares a node whose connection broke, and looks for it later. */
  spare(id: Id): void {
    this.#spared.delete(id.hex)
    this.#spared.set(id.hex, { id, until: performance.now() + SPARED_TIME })
    const [first] = this.#spared.values()
    if (first && this.#spared.size > MAX_REMEMBERED) this.#spared.delete(first.id.hex)
    this.#schedule()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#spared.clear()
  }

  #schedule(shortest = 0): void {
    clearTimeout(this.#timer)
    const [first] = this.#spared.values()
    if (!first) return
    const pause = Math.max(shortest, first.until - performance.now())
    this.#timer = setTimeout(() => this.#checkSpared(), pause)
  }

  #checkSpared(): void {
    const now = performance.now()
    const canLook = !this.#options.isAlone()
    for (const { id, until } of this.#spared.values()) {
      if (!canLook || until > now || this.#running >= MAX_CHECKS) break
      this.#spared.delete(id.hex)
      if (!this.#options.isConnected(id)) void this.#check(id)
    }
    this.#schedule(WAITING_TIME)
  }

  async #check(id: Id): Promise<void> {
    this.heard(id)
    this.#running++
    const isThere = await this.#options.find(id)
    this.#running--
    if (!isThere && !this.#spared.has(id.hex)) this.#options.onGone(id)
  }
}
