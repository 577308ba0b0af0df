/** Republishes one value or announcement: finds the nodes closest to its key now, and stores it there. */

import type { Awaitable } from '../awaitable.js'
import { compareDistances, Id } from '../id.js'
import type { KRPCMessage, Query, StoredValue } from '../upstream.js'
import type { Republication, RepublishActions } from './republishing.js'

/** The part of the DHT that republishing needs. */
export interface RepublishingNode {
  readonly id: Id
  /** How many nodes count as the closest. */
  readonly width: number
  /** The value that is stored here. */
  get(key: Id): Awaitable<StoredValue | undefined>
  /** Replaces the stored value if `found` is newer, belongs to the key and has a valid signature. */
  update(key: Id, found: StoredValue): Awaitable<void>
  /** Makes a new search for the nodes closest to a target; the next `put` or `announce` uses them. */
  search(target: Id, query: Query, onReply: (reply: KRPCMessage) => void): Promise<void>
  put(value: StoredValue): Promise<void>
  announce(infoHash: Id, port: number): Promise<void>
}

export class Republisher implements RepublishActions {
  readonly #node: RepublishingNode
  /** The nodes at which each torrent was announced, by info hash: ids in hex. */
  readonly #announcedAt = new Map<string, Set<string>>()

  constructor(node: RepublishingNode) {
    this.#node = node
  }

  /** Republishes a value, in its newest version. */
  async republishValue(key: Id): Promise<Republication | null> {
    if (!(await this.#node.get(key))) return null
    const holders = new Set<string>()
    const updates: Awaitable<void>[] = []
    const query = { q: 'get', a: { target: key.bytes } }
    const closest = await this.#search(key, query, (id, { v, k, sig, seq }) => {
      if (!v) return
      holders.add(id.hex)
      if (k) updates.push(this.#node.update(key, { id: id.bytes, v, k, sig, seq } as StoredValue))
    })
    await Promise.all(updates)
    const value = await this.#node.get(key)
    if (value) await this.#node.put(value)
    return { asked: closest.length, holders: closest.filter(id => holders.has(id)).length }
  }

  /** Republishes an announcement. A node that got the last one, and is still there, counts as a holder. */
  async announceAgain(infoHash: Id, port: number): Promise<Republication> {
    const query = { q: 'get_peers', a: { info_hash: infoHash.bytes } }
    const closest = await this.#search(infoHash, query, () => {})
    await this.#node.announce(infoHash, port)
    const earlier = this.#announcedAt.get(infoHash.hex)
    this.#announcedAt.set(infoHash.hex, new Set(closest))
    return { asked: closest.length, holders: closest.filter(id => earlier?.has(id)).length }
  }

  /** Forgets at which nodes a torrent was announced. */
  forgetAnnouncement(infoHash: Id): void {
    this.#announcedAt.delete(infoHash.hex)
  }

  /** @returns the ids of the closest nodes that replied, in hex */
  async #search(
    target: Id,
    { q, a }: Query,
    onReply: (id: Id, r: Record<string, unknown>) => void
  ): Promise<string[]> {
    const replied: Id[] = []
    await this.#node.search(target, { q, a: { id: this.#node.id.bytes, ...a } }, ({ r }) => {
      if (!r?.id) return
      const id = Id.of(r.id as Uint8Array)
      replied.push(id)
      onReply(id, r)
    })
    return replied
      .sort((first, second) => compareDistances(target, first, second))
      .slice(0, this.#node.width)
      .map(id => id.hex)
  }
}
