/**
 * The closest nodes that a search has found, for what is stored there next: `bittorrent-dht` announces and puts to them for five
 * minutes without another search. Here only the closest count, as BEP 5 says (upstream takes all that were asked), and only
 * while most of them can be reached still.
 */

import type { Id } from '../id.js'
import { type KBucket, LRU } from '../upstream.js'
import type { Address } from '../wire/compact.js'

/** A search that was made again because of unreachable nodes is not made once more within this time. */
const LEAST_PAUSE = 10_000
const MAX_FORGOTTEN = 1000

export interface RememberedSearchesOptions {
  /** How many nodes are the closest. */
  width: number
  canReach(address: Address): boolean
}

export class RememberedSearches {
  readonly #tables: LRU<KBucket>
  readonly #options: RememberedSearchesOptions
  /** When searches were last forgotten because their nodes could not be reached. */
  readonly #forgotten = new LRU<number>({ max: MAX_FORGOTTEN })

  /** @param tables where upstream keeps what each search has found, by target in hex */
  constructor(tables: LRU<KBucket>, options: RememberedSearchesOptions) {
    this.#tables = tables
    this.#options = options
  }

  /** Cuts what a search has found to the closest nodes. */
  found(target: Id): void {
    const table = this.#tables.peek(target.hex)
    for (const { id } of table?.closest(target.bytes).slice(this.#options.width) ?? []) table?.remove(id)
  }

  /** Takes out nodes that cannot be reached any more; forgets the search if they are too many. */
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
