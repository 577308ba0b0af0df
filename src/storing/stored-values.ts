/**
 * The values (BEP 44) that a node stores for the network. One node must not fill the store. All nodes that come over routes through
 * one neighbour share some shares: the neighbour could have made them all up.
 */

import type { StateValue, StoredValue } from '../upstream.js'
import { encode } from '../wire/bencode.js'
import type { Owner } from './announcements.js'
import { decodeValue, encodeValue, isSigned, type ValueChecks } from './node-state.js'

/** Shares for all nodes that come through one neighbour. */
const SHARES_OF_NEIGHBOUR = 2

/** Where upstream has them, by key in hex. */
interface Values {
  readonly keys: string[]
  peek(key: string): StoredValue | undefined
  set(key: string, value: StoredValue): unknown
}

export interface StoredValuesOptions extends ValueChecks {
  /** How many values of one node are kept. */
  maxPerNode: number
}

export class StoredValues {
  readonly #values: Values
  readonly #options: StoredValuesOptions
  /** The neighbours that values came through, in hex. */
  readonly #via = new WeakMap<StoredValue, string>()

  constructor(values: Values, options: StoredValuesOptions) {
    this.#values = values
    this.#options = options
  }

  /** The key of a value, in hex. */
  keyOf({ v, k, salt }: Pick<StoredValue, 'v' | 'k' | 'salt'>): string {
    const hashed = k ? Buffer.concat(salt ? [k, salt] : [k]) : encode(v)
    return Buffer.from(this.#options.hash(hashed)).toString('hex')
  }

  get(key: string): StoredValue | undefined {
    return this.#values.peek(key)
  }

  /** Whether a node may store this value: another version of one that is here, or one more. */
  hasRoom({ id, via }: Owner, value: StoredValue): boolean {
    if (this.get(this.keyOf(value))) return true
    const { maxPerNode } = this.#options
    const stored = this.#values.keys.flatMap(key => this.get(key) ?? [])
    const ofNode = stored.filter(one => ownerOf(one) === id)
    const ofNeighbour = stored.filter(one => this.#via.get(one) === via && ownerOf(one) !== via)
    return ofNode.length < maxPerNode && ofNeighbour.length < SHARES_OF_NEIGHBOUR * maxPerNode
  }

  /** Notes who stored a value, if it is there now. */
  note({ via }: Owner, value: StoredValue): void {
    const stored = this.get(this.keyOf(value))
    if (stored) this.#via.set(stored, via)
  }

  /** Takes a newer version of a value that is here, if it is signed by the same key. */
  update(key: string, found: StoredValue): void {
    const stored = this.get(key)
    const isNewer = stored?.seq !== undefined && found.seq !== undefined && found.seq > stored.seq
    const value = { ...found, ...(stored?.salt && { salt: stored.salt }) }
    if (isNewer && isSigned(key, value, this.#options)) this.#values.set(key, value)
  }

  /** Takes back what `toJSON` gave, as far as each value belongs to its key. @returns the keys */
  restore(values: Record<string, StateValue>): string[] {
    return Object.entries(values).flatMap(([key, value]) => {
      const stored = decodeValue(key, value, this.#options)
      if (stored) this.#values.set(key, stored)
      return stored ? [key] : []
    })
  }

  toJSON(): Record<string, StateValue> {
    const entries = this.#values.keys.flatMap(key => {
      const value = this.get(key)
      return value ? [[key, encodeValue(value)] as const] : []
    })
    return Object.fromEntries(entries)
  }
}

function ownerOf({ id }: StoredValue): string {
  return Buffer.from(id).toString('hex')
}
