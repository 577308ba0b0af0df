/**
 * How much of the values each node has stored here: one must not fill the store. All nodes that come over routes through one
 * neighbour share some shares: the neighbour could have made them all up.
 */

import type { StoredValue } from '../upstream.js'
import type { Owner } from './announcements.js'

/** Shares for all nodes that come through one neighbour. */
const SHARES_OF_NEIGHBOUR = 2

/** The values of a node, by key in hex. */
interface Values {
  readonly keys: string[]
  peek(key: string): StoredValue | undefined
}

export class ValueShares {
  readonly #values: Values
  readonly #maxPerNode: number
  /** The neighbours that values came through, in hex. */
  readonly #via = new WeakMap<StoredValue, string>()

  /** @param maxPerNode how many values of one node are kept */
  constructor(values: Values, maxPerNode: number) {
    this.#values = values
    this.#maxPerNode = maxPerNode
  }

  /** Whether a node may store one more. */
  hasRoom({ id, via }: Owner): boolean {
    const stored = this.#values.keys.flatMap(key => this.#values.peek(key) ?? [])
    const ofNode = stored.filter(value => ownerOf(value) === id)
    const ofNeighbour = stored.filter(value => this.#via.get(value) === via && ownerOf(value) !== via)
    return ofNode.length < this.#maxPerNode && ofNeighbour.length < SHARES_OF_NEIGHBOUR * this.#maxPerNode
  }

  /** Notes who stored the value that is there now. */
  note({ via }: Owner, key: string): void {
    const stored = this.#values.peek(key)
    if (stored) this.#via.set(stored, via)
  }
}

function ownerOf({ id }: StoredValue): string {
  return Buffer.from(id).toString('hex')
}
