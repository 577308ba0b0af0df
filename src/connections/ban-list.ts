/** Bans nodes that have flooded this one: each new connection would come with full rate limits. */

import { LRU } from '../upstream.js'

const SECONDS = 1000
/** As long as an empty token bucket takes to fill. */
const BAN_TIME = 10 * SECONDS
const MAX_BANNED = 256

export class BanList {
  readonly #bannedAt = new LRU<number>({ max: MAX_BANNED })

  /** @param name a node's id, or the origin of its offer */
  ban(name: string): void {
    this.#bannedAt.set(name, performance.now())
  }

  isBanned(name: string): boolean {
    const bannedAt = this.#bannedAt.peek(name)
    return bannedAt !== undefined && performance.now() - bannedAt < BAN_TIME
  }
}
