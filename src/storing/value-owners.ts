/** Counts which node stored which value here, so that each node has a share. */

import type { Asker } from '../krpc/method.js'
import { LRU } from '../upstream.js'

/** Shares for all nodes behind one neighbour. */
const SHARES_OF_NEIGHBOUR = 2
/** Values that are counted. Older ones are probably evicted from the store already. */
const MAX_COUNTED = 1000

export class ValueOwners {
  readonly #maxPerNode: number
  readonly #owners = new LRU<{ id: string; via: string }>({ max: MAX_COUNTED })
  /** Values by node, and by neighbour for the nodes behind it. */
  readonly #counts = new Map<string, number>()

  constructor(maxPerNode: number) {
    this.#maxPerNode = maxPerNode
    this.#owners.on('evict', ({ value }) => this.#count(value, -1))
  }

  /** Whether a node may store one more value. */
  hasRoom({ id, link }: Asker): boolean {
    const via = link.via?.hex ?? id.hex
    const ofNode = this.#counts.get(id.hex) ?? 0
    const ofNeighbour = via === id.hex ? 0 : (this.#counts.get(`over ${via}`) ?? 0)
    return ofNode < this.#maxPerNode && ofNeighbour < SHARES_OF_NEIGHBOUR * this.#maxPerNode
  }

  /** Notes which node has stored a value. */
  note(key: string, { id, link }: Asker): void {
    const earlier = this.#owners.peek(key)
    if (earlier) this.#count(earlier, -1)
    const owner = { id: id.hex, via: link.via?.hex ?? id.hex }
    this.#owners.set(key, owner)
    this.#count(owner, 1)
  }

  /** Notes that a value is not stored. */
  forget(key: string): void {
    const owner = this.#owners.remove(key)
    if (owner) this.#count(owner, -1)
  }

  #count({ id, via }: { id: string; via: string }, change: 1 | -1): void {
    for (const name of via === id ? [id] : [id, `over ${via}`]) {
      const count = (this.#counts.get(name) ?? 0) + change
      if (count > 0) this.#counts.set(name, count)
      else this.#counts.delete(name)
    }
  }
}
