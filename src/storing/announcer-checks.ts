/**
 * Checks that announcers we are not connected to are still alive. An announcer is looked for, at most once a minute, when it is named
 * to an asker. If it is gone, its announcements are removed. Announcements that nobody asks for cost nothing.
 */

import type { Id } from '../id.js'
import { LRU } from '../upstream.js'

const SECONDS = 1000
/** Milliseconds between two checks of the same node. */
const PAUSE = 60 * SECONDS
/** Checks at the same time. */
const MAX_CHECKS = 4
const MAX_REMEMBERED = 1000

export interface AnnouncerChecksOptions {
  isConnected(id: Id): boolean
  /** Whether a node answers, wherever it is. */
  find(id: Id): Promise<boolean>
  onGone(id: Id): void
}

export class AnnouncerChecks {
  readonly #options: AnnouncerChecksOptions
  readonly #checkedAt = new LRU<number>({ max: MAX_REMEMBERED })
  #running = 0

  constructor(options: AnnouncerChecksOptions) {
    this.#options = options
  }

  /** Notes that a node is alive now. */
  heard(id: Id): void {
    this.#checkedAt.set(id.hex, performance.now())
  }

  /** Looks for an announcer that is named to an asker, if a check is due. */
  consider(id: Id): void {
    if (this.#running >= MAX_CHECKS || this.#options.isConnected(id)) return
    const checkedAt = this.#checkedAt.peek(id.hex) ?? Number.NEGATIVE_INFINITY
    if (performance.now() - checkedAt <= PAUSE) return
    this.heard(id)
    this.#running++
    void this.#options.find(id).then(isThere => {
      this.#running--
      if (!isThere) this.#options.onGone(id)
    })
  }
}
