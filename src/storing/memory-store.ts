/**
 * The store in memory, over `bittorrent-dht`'s own containers `_values` and `_peers`, which other code may read and write. All
 * methods are synchronous. Entries that were put there without this store do not expire: they stay until the containers evict them.
 */

import type { Bytes } from '../bytes.js'
import type { LRU, NamedRecordCache, StoredValue } from '../upstream.js'
import type { PeerEntry, PeerStore, Store, ValueEntry, ValueStore } from './store.js'

/** Milliseconds between two sweeps. Expired entries are skipped before, so this only bounds how long they take room. */
const SWEEP_INTERVAL = 60_000

/** `bittorrent-dht`'s `_values` and `_peers`. */
export interface Containers {
  values: LRU<StoredValue>
  peers: NamedRecordCache
}

export class MemoryStore implements Store<Bytes> {
  readonly values: MemoryValues
  readonly peers: MemoryPeers

  constructor({ values, peers }: Containers) {
    this.values = new MemoryValues(values)
    this.peers = new MemoryPeers(peers)
  }
}

export class MemoryValues implements ValueStore<Bytes> {
  readonly #lru: LRU<StoredValue>
  readonly #until = new WeakMap<StoredValue, number>()
  #sweptAt = performance.now()

  constructor(lru: LRU<StoredValue>) {
    this.#lru = lru
  }

  get size(): number {
    return this.#lru.length
  }

  get(key: string): StoredValue | undefined {
    const value = this.#lru.get(key)
    return value && !isExpired(this.#until.get(value)) ? value : undefined
  }

  put(key: string, value: StoredValue, until?: number): void {
    this.#sweep()
    if (until === undefined) this.#until.delete(value)
    else this.#until.set(value, until)
    this.#lru.set(key, value)
  }

  remove(key: string): void {
    this.#lru.remove(key)
  }

  *entries(): Iterable<ValueEntry<Bytes>> {
    for (const key of this.#lru.keys) {
      const value = this.#lru.peek(key)
      const until = value && this.#until.get(value)
      if (value && !isExpired(until)) yield { key, value, until }
    }
  }

  #sweep(): void {
    const now = performance.now()
    if (now - this.#sweptAt < SWEEP_INTERVAL) return
    this.#sweptAt = now
    for (const key of this.#lru.keys) {
      const value = this.#lru.peek(key)
      if (value && isExpired(this.#until.get(value))) this.#lru.remove(key)
    }
  }
}

export class MemoryPeers implements PeerStore<Bytes> {
  readonly #cache: NamedRecordCache
  /** By the record in the cache: each is a copy of its own. */
  readonly #until = new WeakMap<Buffer, number>()
  #sweptAt = performance.now()

  constructor(cache: NamedRecordCache) {
    this.#cache = cache
  }

  get size(): number {
    return this.#cache.size
  }

  get(infoHash: string, max = Number.POSITIVE_INFINITY): Buffer[] {
    if (max < 1) return []
    // The cache chooses among all records. Each round removes the expired ones it meets, so the loop ends.
    for (;;) {
      const records = this.#cache.get(infoHash, max)
      const expired = records.filter(record => isExpired(this.#until.get(record)))
      if (expired.length === 0) return records
      for (const record of expired) this.#cache.remove(infoHash, record)
    }
  }

  put(infoHash: string, record: Buffer, until: number): void {
    this.#sweep()
    const own = Buffer.from(record)
    this.#until.set(own, until)
    this.#cache.remove(infoHash, own) // `add` would leave an equal record where it is
    this.#cache.add(infoHash, own)
  }

  remove(infoHash: string, record: Buffer): void {
    this.#cache.remove(infoHash, record)
  }

  *entries(): Iterable<PeerEntry<Bytes>> {
    for (const [infoHash, record] of this.#all()) {
      const until = this.#until.get(record)
      if (!isExpired(until)) yield { infoHash, record, until }
    }
  }

  #all(): [infoHash: string, record: Buffer][] {
    const sets = [this.#cache._fresh, this.#cache._stale].flatMap(({ records }) => [...records])
    return sets.flatMap(([infoHash, { list }]) =>
      list.map(({ record }): [string, Buffer] => [infoHash, record])
    )
  }

  #sweep(): void {
    const now = performance.now()
    if (now - this.#sweptAt < SWEEP_INTERVAL) return
    this.#sweptAt = now
    for (const [infoHash, record] of this.#all()) {
      if (isExpired(this.#until.get(record))) this.#cache.remove(infoHash, record)
    }
  }
}

function isExpired(until: number | undefined): boolean {
  return until !== undefined && until <= Date.now()
}
