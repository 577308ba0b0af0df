/** Counts which node stored which value here, so that each node has a share. */

import type { Id } from '../id.js'
import type { Asker } from '../krpc/method.js'
import { LRU } from '../upstream.js'
import { neighbourOf, ownerName, ownerOf } from './owner.js'

/** Shares for all nodes behind one neighbour. */
const SHARES_OF_NEIGHBOUR = 2

interface Owner {
  name: string
  neighbour: string | null
}

export class ValueOwners {
  readonly #maxPerNode: number
  readonly #owners: LRU<Owner>
  /** Values by owner, and by neighbour for the nodes behind it. */
  readonly #counts = new Map<string, number>()

  /** @param max values that the store holds: older ones than these are probably evicted */
  constructor(maxPerNode: number, max: number) {
    this.#maxPerNode = maxPerNode
    this.#owners = new LRU({ max })
    this.#owners.on('evict', ({ value }) => this.#count(value, -1))
  }

  /** Whether a node may store one more value. */
  hasRoom(asker: Asker): boolean {
    const neighbour = neighbourOf(asker)
    const ofNeighbour = neighbour === null ? 0 : (this.#counts.get(allOver(neighbour)) ?? 0)
    const ofNode = this.#counts.get(ownerOf(asker)) ?? 0
    return ofNode < this.#maxPerNode && ofNeighbour < SHARES_OF_NEIGHBOUR * this.#maxPerNode
  }

  /** Notes which node has stored a value. */
  note(key: string, asker: Asker): void {
    this.#note(key, { name: ownerOf(asker), neighbour: neighbourOf(asker) })
  }

  /** Notes whose a value is that was restored: nobody knows any more which way it came. */
  noteRestored(key: string, id: Id): void {
    this.#note(key, { name: ownerName(id, null), neighbour: null })
  }

  /** Notes that a value is not stored. */
  forget(key: string): void {
    const owner = this.#owners.remove(key)
    if (owner) this.#count(owner, -1)
  }

  #note(key: string, owner: Owner): void {
    const earlier = this.#owners.peek(key)
    if (earlier) this.#count(earlier, -1)
    this.#owners.set(key, owner)
    this.#count(owner, 1)
  }

  #count({ name, neighbour }: Owner, change: 1 | -1): void {
    for (const counted of neighbour === null ? [name] : [name, allOver(neighbour)]) {
      const count = (this.#counts.get(counted) ?? 0) + change
      if (count > 0) this.#counts.set(counted, count)
      else this.#counts.delete(counted)
    }
  }
}

function allOver(neighbour: string): string {
  return `all over ${neighbour}`
}
