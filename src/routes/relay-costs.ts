/** The cost of a relay: higher if queries over it were lost lately, or if it is slow. */

import type { ConnectionTable } from '../connections/table.js'
import type { Id } from '../id.js'
import { LRU } from '../upstream.js'

/** Suspected relays that are remembered. */
const MAX_SUSPECTS = 256
const MAX_SUSPICION = 4
/** Milliseconds after which a relay is no longer suspected. */
const SUSPICION_TIME = 60_000
/** Milliseconds of round trip that cost as much as one hop. */
const SLOW = 1000

export class RelayCosts {
  readonly #table: ConnectionTable
  readonly #suspicion = new LRU<{ lost: number; at: number }>({ max: MAX_SUSPECTS })

  constructor(table: ConnectionTable) {
    this.#table = table
  }

  /** Extra cost in hops. At most 1 for an unsuspected relay, so it only breaks ties between paths of equal length. */
  of(relay: Id): number {
    const slowness = (this.#table.get(relay)?.roundTripTime ?? 0) / SLOW
    return this.#suspicionOf(relay) + Math.min(1, slowness)
  }

  /** Suspects relays: a query over them was lost, and one of them may have dropped it. */
  suspect(relays: readonly Id[]): void {
    for (const relay of relays) {
      const lost = Math.min(MAX_SUSPICION, this.#suspicionOf(relay) + 1)
      this.#suspicion.set(relay.hex, { lost, at: performance.now() })
    }
  }

  /** Clears relays: a reply came back over them. */
  trust(relays: readonly Id[]): void {
    for (const relay of relays) this.#suspicion.remove(relay.hex)
  }

  #suspicionOf(relay: Id): number {
    if (this.#suspicion.length === 0) return 0
    const { lost, at } = this.#suspicion.peek(relay.hex) ?? { lost: 0, at: 0 }
    return performance.now() - at < SUSPICION_TIME ? lost : 0
  }
}
