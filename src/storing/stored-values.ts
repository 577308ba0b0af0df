/**
 * Stores values (BEP 44) for the network. Each node has a share of the store. All nodes behind one neighbour have a few shares
 * together: the neighbour could have invented them.
 */

import { type Awaitable, andThen, isPromise, orElse } from '../awaitable.js'
import type { Bytes } from '../bytes.js'
import { Id } from '../id.js'
import { KRPC_ERROR, KRPCError, shareUsedUp } from '../krpc/errors.js'
import type { Asker } from '../krpc/method.js'
import type { StoredValues as Answers } from '../krpc/methods/dht-parts.js'
import { LRU, type StateValue, type StoredValue } from '../upstream.js'
import { encode } from '../wire/bencode.js'
import { mapBytes } from '../wire/value.js'
import { decodeValue, encodeValue, isSigned, type ValueChecks } from './node-state.js'
import { PerKey } from './per-key.js'
import type { ValueEntry, ValueStore } from './store.js'
import { ValueOwners } from './value-owners.js'

/** Versions remembered: four times what the store holds by default. Each costs some 150 bytes. */
const MAX_SEQUENCES = 4000

export interface StoredValuesOptions extends ValueChecks {
  /** This node's id: its own values have no share. */
  ownId: Id
  /** Values kept per node. */
  maxPerNode: number
  /** Values that the store holds. */
  max: number
  /** Called for each stored value. */
  onStored(key: Id): void
}

export class StoredValues implements Answers {
  readonly #values: ValueStore<Bytes>
  readonly #options: StoredValuesOptions
  readonly #turns = new PerKey()
  /** Values of an earlier node, by key. */
  readonly #unchecked = new Map<string, StateValue>()
  readonly #owners: ValueOwners
  /** The newest version of each mutable value that was stored here. */
  readonly #sequences = new LRU<number>({ max: MAX_SEQUENCES })
  #isLeaving = false

  constructor(store: ValueStore<Bytes>, options: StoredValuesOptions) {
    this.#values = store
    this.#options = options
    this.#owners = new ValueOwners(options.maxPerNode, options.max)
  }

  /** The key of a value. */
  keyOf({ v, k, salt }: Pick<StoredValue, 'v' | 'k' | 'salt'>): Id {
    return Id.of(this.#options.hash(k ? Buffer.concat(salt ? [k, salt] : [k]) : encode(v)))
  }

  get(key: Id): Awaitable<StoredValue | undefined> {
    return this.#values.get(key.hex)
  }

  /** The keys of all values, from now on of a node that leaves: it takes no more values of others, which would be lost. */
  async leave(): Promise<Id[]> {
    this.#isLeaving = true
    const keys: Id[] = []
    for await (const { key } of this.#values.entries()) keys.push(Id.fromHex(key))
    return keys
  }

  /**
   * Stores a value for a node.
   *
   * @param cas the sequence number that the stored value must have
   * @throws KRPCError if the value is forged or old, the node has used up its share, or this one is leaving
   */
  put(asker: Asker, value: StoredValue, cas: number | undefined): Awaitable<void> {
    if (this.#isLeaving) throw new KRPCError(KRPC_ERROR.FULL, 'this node is leaving')
    const key = this.keyOf(value)
    const store = (stored: StoredValue | undefined) => {
      if (stored) checkReplacement(stored, value, cas)
      else if (!this.#owners.hasRoom(asker)) throw shareUsedUp()
      else this.#checkKnown(key, value)
      this.#owners.note(key.hex, asker) // before it is stored: more puts of the same node may come meanwhile
      return this.#store(key, value)
    }
    return andThen(value.k ? this.#checkSignature(key, value) : undefined, () =>
      this.#turns.run(key.hex, () => andThen(this.#values.get(key.hex), store))
    )
  }

  /** Replaces a stored value by a newer version, if the same key has signed it. */
  update(key: Id, found: StoredValue): Awaitable<void> {
    return this.#turns.run(key.hex, () =>
      andThen(this.#values.get(key.hex), stored => {
        const value = { ...found, ...(stored?.salt && { salt: stored.salt }) }
        if (!stored || !isNewer(value, stored)) return undefined
        const isGood = orElse(isSigned(key.hex, value, this.#options), false)
        return andThen(isGood, isGood => (isGood ? this.#replace(key, value) : undefined))
      })
    )
  }

  /** Stores a value of this node's own, unless the same or a newer one is there. It is published from now on. */
  keep(key: Id, value: StoredValue): Awaitable<void> {
    return this.#turns.run(key.hex, () => {
      if (!value.k) return this.#store(key, value)
      return andThen(this.#values.get(key.hex), stored =>
        stored && !isNewer(value, stored) ? this.#options.onStored(key) : this.#store(key, value)
      )
    })
  }

  /**
   * Keeps the values of a `toJSON` again: at once, unless signatures are checked asynchronously.
   *
   * @returns how many do not belong to their keys, and are left out
   */
  async restore(values: Readonly<Record<string, unknown>>): Promise<number> {
    const kept = Object.entries(values).map(([key, value]) => this.#restoreOne(key, value))
    return (await Promise.all(kept)).filter(isKept => !isKept).length
  }

  #restoreOne(key: string, value: unknown): Awaitable<boolean> {
    const decoded = this.#decode(key, value)
    if (isPromise(decoded)) this.#unchecked.set(key, value as StateValue)
    return andThen(decoded, stored => {
      this.#unchecked.delete(key)
      if (stored) {
        if (!this.#options.ownId.bytes.equals(stored.id)) this.#owners.noteRestored(key, Id.of(stored.id))
        void orElse(this.keep(Id.fromHex(key), stored), undefined)
      }
      return stored !== undefined
    })
  }

  #decode(key: string, value: unknown): Awaitable<StoredValue | undefined> {
    try {
      return orElse(decodeValue(key, value, this.#options), undefined)
    } catch {
      return undefined // what is marked as bencoded may be none, and a `verify` of the application's may throw
    }
  }

  /** The stored values, and those whose signatures are still being checked, for `toJSON()`. Never throws. */
  toState(): Record<string, StateValue> {
    return Object.fromEntries([...this.#unchecked, ...readNow(this.#values)])
  }

  #replace(key: Id, value: StoredValue): Awaitable<void> {
    this.#note(key, value)
    return this.#values.put(key.hex, copyOf(value))
  }

  /** Remembers the version of a mutable value for longer than the value. */
  #note(key: Id, { k, seq = 0 }: StoredValue): void {
    if (k) this.#sequences.set(key.hex, Math.max(seq, this.#sequences.get(key.hex) ?? 0))
  }

  #store(key: Id, value: StoredValue): Awaitable<void> {
    this.#note(key, value)
    const stored = this.#values.put(key.hex, copyOf(value))
    if (!isPromise(stored)) return this.#options.onStored(key)
    return stored.then(
      () => this.#options.onStored(key),
      error => {
        this.#owners.forget(key.hex)
        throw error
      }
    )
  }

  #checkSignature(key: Id, value: StoredValue): Awaitable<void> {
    if (!this.#options.verify) {
      throw new KRPCError(KRPC_ERROR.NO_VERIFICATION, 'verification not supported')
    }
    return andThen(isSigned(key.hex, value, this.#options), isGood => {
      if (!isGood) throw new KRPCError(KRPC_ERROR.INVALID_SIGNATURE, 'forged value', 'forged value')
    })
  }

  /** @throws KRPCError if a newer version was stored here before: it may have expired */
  #checkKnown(key: Id, { k, seq = 0 }: StoredValue): void {
    if (k && seq < (this.#sequences.get(key.hex) ?? 0)) throw oldSequence()
  }
}

/** The values of a store that is read at once: none where a store of the application's fails, whose gets and puts say so. */
function readNow(store: ValueStore<Bytes>): [key: string, value: StateValue][] {
  try {
    const entries = store.entries()
    return Symbol.iterator in entries ? [...entries].flatMap(toStateEntry) : []
  } catch {
    return []
  }
}

function toStateEntry({ key, value }: ValueEntry<Bytes>): [key: string, value: StateValue][] {
  try {
    return [[key, encodeValue(value)]]
  } catch {
    return [] // no value: `_values` is open to everybody
  }
}

/** A copy: the fields are views of the message, and would keep all of it in memory. */
export function copyOf({ v, id, k, sig, seq, salt }: StoredValue): StoredValue {
  return {
    v: mapBytes(v, copyBytes),
    id: copyBytes(id),
    ...(k && { k: copyBytes(k) }),
    ...(sig && { sig: copyBytes(sig) }),
    ...(seq !== undefined && { seq }),
    ...(salt && { salt: copyBytes(salt) })
  }
}

function copyBytes(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes)
}

/** @throws KRPCError if a value may not take the place of the stored one */
function checkReplacement(stored: StoredValue, value: StoredValue, cas: number | undefined): void {
  if ((stored.k === undefined) !== (value.k === undefined)) {
    throw new KRPCError(KRPC_ERROR.PROTOCOL, 'a value of the other kind, mutable or not, has this key')
  }
  if (!value.k || stored.seq === undefined) return
  if (cas !== undefined && stored.seq !== cas) {
    throw new KRPCError(KRPC_ERROR.CAS_MISMATCH, 'CAS mismatch, re-read and try again')
  }
  // BEP 44: the same again renews it.
  if (isNewer(value, stored) || isSame(value, stored)) return
  throw oldSequence()
}

function oldSequence(): KRPCError {
  return new KRPCError(KRPC_ERROR.OLD_SEQUENCE, 'sequence number less than current')
}

/** Whether a mutable value is a later version than the stored one. */
function isNewer({ seq }: StoredValue, stored: StoredValue): boolean {
  return seq !== undefined && stored.seq !== undefined && seq > stored.seq
}

function isSame({ seq, v }: StoredValue, stored: StoredValue): boolean {
  return seq === stored.seq && encode(v).equals(encode(stored.v))
}
