/** The announcements of a directory store: the records themselves are in memory, by info hash. */

import { HeldNames } from './held-names.js'
import type { Held } from './records.js'

const SEPARATOR = ':'

/** An announcement. Its name is made of both. */
export interface Announced {
  /** In hex. */
  infoHash: string
  record: Buffer
}

export class HeldPeers {
  readonly #names: HeldNames
  /** The records of each info hash, by name. */
  readonly #byInfoHash = new Map<string, Map<string, Buffer>>()

  constructor(max: number) {
    this.#names = new HeldNames(max)
  }

  get size(): number {
    return this.#names.size
  }

  /** A random choice of at most `max` records that have not expired. */
  get(infoHash: string, max: number): Buffer[] {
    const records = [...(this.#byInfoHash.get(infoHash) ?? [])]
    const chosen: Buffer[] = []
    for (let rest = records.length; rest > 0 && chosen.length < max; rest--) {
      const index = Math.floor(Math.random() * rest)
      const [name, record] = records[index] ?? []
      const last = records[rest - 1]
      if (last) records[index] = last
      if (name !== undefined && record && this.#names.peek(name)) chosen.push(record)
    }
    return chosen
  }

  /** @returns the names of the evicted announcements */
  add(announced: Announced, held: Held): string[] {
    const { infoHash, record } = announced
    const name = nameOf(announced)
    const evicted = this.#names.add(name, held)
    const records = this.#byInfoHash.get(infoHash) ?? new Map<string, Buffer>()
    this.#byInfoHash.set(infoHash, records.set(name, Buffer.from(record)))
    for (const other of evicted) this.#forget(other)
    return evicted
  }

  remove(name: string): boolean {
    this.#forget(name)
    return this.#names.remove(name)
  }

  /** Removes what has expired. @returns its names */
  sweep(): string[] {
    const expired = this.#names.sweep()
    for (const name of expired) this.#forget(name)
    return expired
  }

  *entries(): Iterable<Announced & { until: number }> {
    for (const [infoHash, records] of [...this.#byInfoHash]) {
      for (const [name, record] of [...records]) {
        const held = this.#names.peek(name)
        if (held) yield { infoHash, record, until: held.until }
      }
    }
  }

  #forget(name: string): void {
    const infoHash = name.slice(0, name.indexOf(SEPARATOR))
    const records = this.#byInfoHash.get(infoHash)
    records?.delete(name)
    if (records?.size === 0) this.#byInfoHash.delete(infoHash)
  }
}

export function nameOf({ infoHash, record }: Announced): string {
  return `${infoHash}${SEPARATOR}${record.toString('hex')}`
}

export function parseName(name: string): Announced {
  const [infoHash = '', record = ''] = name.split(SEPARATOR)
  return { infoHash, record: Buffer.from(record, 'hex') }
}
