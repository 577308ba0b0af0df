/**
 * Remembers the closest nodes that a search has found: `bittorrent-dht` announces and puts to them for five minutes without a new
 * search. Here only the closest count, as BEP 5 says (upstream takes all asked nodes), and only while most of them are reachable.
 * Where the closest stand too densely, the nodes around them count as well (density.ts).
 */

import { Id } from '../id.js'
import { type KBucket, LRU } from '../upstream.js'
import type { Address } from '../wire/compact.js'

/** Minimum time between two searches that are repeated because of unreachable nodes. */
const LEAST_PAUSE = 10_000
const MAX_FORGOTTEN = 1000
/** How many nodes count where the closest stand too densely, as a multiple of the width. */
const WIDENING = 4

export interface RememberedSearchesOptions {
  /** How many nodes count as the closest. */
  width: number
  /** Whether the nodes closest to a target, which are sorted by their distance, stand too densely. */
  isDense(target: Id, sorted: readonly Id[]): boolean
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
    const closest = table?.closest(target.bytes).map(({ id }) => id) ?? []
    const { width, isDense } = this.#options
    const count = isDense(target, closest.map(Id.of)) ? WIDENING * width : width
    for (const id of closest.slice(count)) table?.remove(id)
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
