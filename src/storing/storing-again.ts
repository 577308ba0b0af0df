/** One renewal of what is stored: looks who is closest to its key now and what they have, then stores it there. */

import type { KRPCMessage, MutablePut, Query, StoredValue } from '../upstream.js'
import type { Renewal, Renewer } from './renewing.js'

/** What a renewal does with the DHT. */
export interface Store {
  readonly id: Buffer
  /** How many nodes count as the closest. */
  readonly width: number
  /** The value that is stored here under a key in hex. */
  get(key: string): StoredValue | undefined
  /** Replaces it, if this one is newer, belongs to the key and is signed as it should be. */
  update(key: string, found: StoredValue): void
  /** Searches for the nodes that are closest to a target, anew, and remembers them for what is stored next. */
  search(target: Buffer, query: Query, onReply: (reply: KRPCMessage) => void): Promise<void>
  put(value: StoredValue | MutablePut): Promise<void>
  announce(infoHash: Buffer, port: number): Promise<void>
}

export class StoringAgain implements Renewer {
  readonly #store: Store
  /** Where each torrent was announced, by info hash. */
  readonly #announcedAt = new Map<string, Set<string>>()

  constructor(store: Store) {
    this.#store = store
  }

  /** Stores a value again, in its newest version. */
  async renewValue(key: string): Promise<Renewal | null> {
    if (!this.#store.get(key)) return null
    const target = Buffer.from(key, 'hex')
    const holders = new Set<string>()
    const closest = await this.#search(target, { q: 'get', a: { target } }, (id, { v, k, sig, seq }) => {
      if (!v) return
      holders.add(id)
      if (k) this.#store.update(key, { id: Buffer.from(id, 'hex'), v, k, sig, seq } as StoredValue)
    })
    const value = this.#store.get(key)
    if (value) await this.#store.put(value)
    return { asked: closest.length, holders: closest.filter(id => holders.has(id)).length }
  }

  /** Announces a torrent again. Who has it still is not asked: those that were told, and are still there. */
  async announceAgain(infoHash: string, port: number): Promise<Renewal> {
    const target = Buffer.from(infoHash, 'hex')
    const closest = await this.#search(target, { q: 'get_peers', a: { info_hash: target } }, () => {})
    await this.#store.announce(target, port)
    const earlier = this.#announcedAt.get(infoHash)
    this.#announcedAt.set(infoHash, new Set(closest))
    return { asked: closest.length, holders: closest.filter(id => earlier?.has(id)).length }
  }

  /** Forgets where a torrent was announced. */
  forgetAnnouncement(infoHash: string): void {
    this.#announcedAt.delete(infoHash)
  }

  /** @returns the ids of the closest nodes that replied, in hex */
  async #search(
    target: Buffer,
    { q, a }: Query,
    onReply: (id: string, r: Record<string, unknown>) => void
  ): Promise<string[]> {
    const replied: Buffer[] = []
    await this.#store.search(target, { q, a: { id: this.#store.id, ...a } }, ({ r }) => {
      const id = r?.id as Buffer | undefined
      if (!r || !id) return
      replied.push(id)
      onReply(id.toString('hex'), r)
    })
    const distance = (id: Buffer) => id.map((byte, i) => byte ^ (target[i] ?? 0)) as Buffer
    return replied
      .sort((first, second) => Buffer.compare(distance(first), distance(second)))
      .slice(0, this.#store.width)
      .map(id => id.toString('hex'))
  }
}
