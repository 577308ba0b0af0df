/**
 * Remembers the closest nodes that a search has found: `bittorrent-dht` announces and puts to them for five minutes without a new
 * search. Here only the closest count, as BEP 5 says (upstream takes all asked nodes), and only while most of them are reachable.
 */

import type { Id } from '../id.js'
import { type KBucket, LRU } from '../upstream.js'
import type { Address } from '../wire/compact.js'

/** Minimum time between two searches that are repeated because of unreachable nodes. */
const LEAST_PAUSE = 10_000
const MAX_FORGOTTEN = 1000

export interface RememberedSearchesOptions {
  /** How many nodes count as the closest. */
  width: number
  canReach(address: Address): boolean
}

export class RememberedSearches {
  readonly #tables: LRU<KBucket>
  readonly #options: RememberedSearchesOptions
  /** When each search was last forgotten because of unreachable nodes. */
  readonly #forgotten = new LRU<number>({ max: MAX_FORGOTTEN })

  /** @param tables upstream's results of searches, by target in hex */
  constructor(tables: LRU<KBucket>, options: RememberedSearchesOptions) {
    this.#tables = tables
    this.#options = options
  }

  /** Cuts the result of a search to the closest nodes. */
  found(target: Id): void {
    const table = this.#tables.peek(target.hex)
    for (const { id } of table?.closest(target.bytes).slice(this.#options.width) ?? []) table?.remove(id)
  }

  /** Removes unreachable nodes from a result; forgets the search if there are too many. */
  refresh(target: Id): void {
    const table = this.#tables.peek(target.hex)
    const forgottenAt = this.#forgotten.peek(target.hex) ?? Number.NEGATIVE_INFINITY
    if (!table || performance.now() - forgottenAt < LEAST_PAUSE) return
    const before = table.count()
    for (const contact of table.toArray()) if (!this.#options.canReach(contact)) table.remove(contact.id)
    if (table.count() > before / 2) return
    this.#forgotten.set(target.hex, performance.now())
    this.forget(target)
  }

  forget(target: Id): void {
    this.#tables.remove(target.hex)
  }
}
