/** How long a lone node waits between two attempts to get into the network. */

import { pauseBefore } from './retried-places.js'

const SECONDS = 1000
/** Pauses double, up to the longest that is due; each is shortened by up to a half, at random. */
const FIRST_PAUSE = 0.5 * SECONDS
/** While a node has been alone for a short time only, it is the link that is gone, and that comes back at any moment. */
const SHORTEST_LIMIT = 1.5 * SECONDS
const LONGEST_LIMIT = 15 * SECONDS
/** The limit is the time since the node is alone divided by this: it costs a node that much of an outage at most. */
const PATIENCE = 8

export class AttemptPauses {
  #attempt = 0
  #beganAt = performance.now()
  #isRefused = false

  /** Begins anew: the node is alone from now on, or its network has changed. */
  begin(): void {
    this.#attempt = 0
    this.#beganAt = performance.now()
    this.#isRefused = false
  }

  /** Notes that a server is there and does not take this node: it is not the link, and the server has enough to do. */
  refused(): void {
    this.#isRefused = true
  }

  /** Milliseconds until the next attempt. */
  next(): number {
    this.#attempt++
    const aloneFor = performance.now() - this.#beganAt
    const limit = Math.min(LONGEST_LIMIT, Math.max(SHORTEST_LIMIT, aloneFor / PATIENCE))
    return pauseBefore(this.#attempt, FIRST_PAUSE, this.#isRefused ? LONGEST_LIMIT : limit)
  }
}
