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
  /**
   * @param isWanted which of the closest nodes get it. Default: all
   * @returns how many have taken it
   */
  put(value: StoredValue, isWanted?: (id: Id) => boolean): Promise<number>
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
    const { closest, versions, newest } = await this.#findVersions(key)
    if (newest) await this.#node.put(newest)
    return { asked: closest.length, holders: closest.filter(id => versions.has(id)).length }
  }

  /** Puts a value, in its newest version, to those of the closest nodes that lack it. @returns how many of them have it then */
  async handOver(key: Id): Promise<number> {
    const { closest, versions, newest } = await this.#findVersions(key)
    if (!newest) return 0
    const holds = (id: string) => (versions.get(id) ?? -1) >= (newest.seq ?? 0)
    const stored = await this.#node.put(newest, ({ hex }) => !holds(hex))
    return closest.filter(holds).length + stored
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

  /** Finds the versions of a value by the ids of their holders, in hex, and takes over the newest. */
  async #findVersions(key: Id) {
    const versions = new Map<string, number>()
    const updates: Awaitable<void>[] = []
    const query = { q: 'get', a: { target: key.bytes } }
    const closest = await this.#search(key, query, (id, { v, k, sig, seq }) => {
      if (v === undefined) return
      versions.set(id.hex, typeof seq === 'number' ? seq : 0)
      if (k) updates.push(this.#node.update(key, { id: id.bytes, v, k, sig, seq } as StoredValue))
    })
    await Promise.all(updates)
    return { closest, versions, newest: await this.#node.get(key) }
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
