/** The names of all entries, in order of use, with their times to expire. Beyond the maximum the least recently used is evicted. */

import { LRU } from '../../upstream.js'
import type { Held } from './records.js'

export class HeldNames {
  readonly #held: LRU<Held>
  #evicted: string[] = []

  /** @param max how many there may be */
  constructor(max: number) {
    this.#held = new LRU({ max })
    this.#held.on('evict', ({ key }) => this.#evicted.push(key))
  }

  get size(): number {
    return this.#held.length
  }

  /** The entry under a name; `undefined` if there is none, or it has expired. */
  peek(name: string): Held | undefined {
    return unlessExpired(this.#held.peek(name))
  }

  /** The same, and counts as use. */
  use(name: string): Held | undefined {
    return unlessExpired(this.#held.get(name))
  }

  /** Adds or replaces the entry under a name. @returns the evicted names */
  add(name: string, held: Held): string[] {
    this.#held.set(name, held)
    return this.#evicted.splice(0)
  }

  remove(name: string): boolean {
    return this.#held.remove(name) !== undefined
  }

  /** Removes what has expired. @returns its names */
  sweep(): string[] {
    const expired = this.#held.keys.filter(name => this.peek(name) === undefined)
    for (const name of expired) this.#held.remove(name)
    return expired
  }

  /** The names of what has not expired. */
  names(): string[] {
    return this.#held.keys.filter(name => this.peek(name) !== undefined)
  }
}

function unlessExpired(held: Held | undefined): Held | undefined {
  return held && held.until > Date.now() ? held : undefined
}
