/**
 * The closest nodes that a search has found, for what is stored there next: `bittorrent-dht` announces and puts to them for five
 * minutes without another search. Here only the closest count, as BEP 5 says (upstream takes all that were asked), and only
 * while most of them can be reached still.
 */

import { type KBucket, LRU } from '../upstream.js'
import type { Address } from '../wire/compact.js'

const MINUTES = 60_000
const MAX_AGE = 5 * MINUTES
/** A search that was made again because of unreachable nodes is not made once more within this time. */
const LEAST_PAUSE = 10_000
const DEFAULT_MAX = 1000

export interface RememberedSearchesOptions {
  max: number | undefined
  /** How many nodes are the closest. */
  width: number
  canReach(address: Address): boolean
}

export class RememberedSearches extends LRU<KBucket> {
  readonly #options: RememberedSearchesOptions
  /** When searches were last forgotten for their nodes could not be reached. */
  readonly #forgotten = new LRU<number>({ max: DEFAULT_MAX })

  constructor(options: RememberedSearchesOptions) {
    super({ max: options.max ?? DEFAULT_MAX, maxAge: MAX_AGE })
    this.#options = options
  }

  override set(key: string, table: KBucket): KBucket {
    const closest = table.closest(Buffer.from(key, 'hex'))
    for (const { id } of closest.slice(this.#options.width)) table.remove(id)
    return super.set(key, table)
  }

  override get(key: string): KBucket | undefined {
    const table = super.get(key)
    const forgottenAt = this.#forgotten.peek(key) ?? Number.NEGATIVE_INFINITY
    if (!table || performance.now() - forgottenAt < LEAST_PAUSE) return table
    const before = table.count()
    for (const contact of table.toArray()) if (!this.#options.canReach(contact)) table.remove(contact.id)
    if (table.count() > before / 2) return table
    this.#forgotten.set(key, performance.now())
    this.remove(key)
    return undefined
  }
}
