/** One renewal of what is stored: looks who is closest to its key now and what they have, then stores it there. */

import type { Awaitable } from '../awaitable.js'
import { compareDistances, Id } from '../id.js'
import type { KRPCMessage, Query, StoredValue } from '../upstream.js'
import type { Renewal, Renewer } from './republishing.js'

/** What a renewal does with the DHT. */
export interface RepublishingNode {
  readonly id: Id
  /** How many nodes count as the closest. */
  readonly width: number
  /** The value that is stored here. */
  get(key: Id): Awaitable<StoredValue | undefined>
  /** Replaces it, if this one is newer, belongs to the key and is signed as it should be. */
  update(key: Id, found: StoredValue): Awaitable<void>
  /** Searches for the nodes that are closest to a target, anew, and remembers them for what is stored next. */
  search(target: Id, query: Query, onReply: (reply: KRPCMessage) => void): Promise<void>
  put(value: StoredValue): Promise<void>
  announce(infoHash: Id, port: number): Promise<void>
}

export class Republisher implements Renewer {
  readonly #node: RepublishingNode
  /** Where each torrent was announced, by info hash: ids in hex. */
  readonly #announcedAt = new Map<string, Set<string>>()

  constructor(node: RepublishingNode) {
    this.#node = node
  }

  /** Stores a value again, in its newest version. */
  async renewValue(key: Id): Promise<Renewal | null> {
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

  /** Announces a torrent again. Nodes are not asked whether they have it still: those do that were told, and are still there. */
  async announceAgain(infoHash: Id, port: number): Promise<Renewal> {
    const query = { q: 'get_peers', a: { info_hash: infoHash.bytes } }
    const closest = await this.#search(infoHash, query, () => {})
    await this.#node.announce(infoHash, port)
    const earlier = this.#announcedAt.get(infoHash.hex)
    this.#announcedAt.set(infoHash.hex, new Set(closest))
    return { asked: closest.length, holders: closest.filter(id => earlier?.has(id)).length }
  }

  /** Forgets where a torrent was announced. */
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
