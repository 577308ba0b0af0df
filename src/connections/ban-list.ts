/**
 * Bans who has flooded this node: each new connection would come with full rate limits. A ban is for an id and an origin together: an
 * id is a claim, and many share an address or a relay.
 */

import type { Id } from '../id.js'
import { LRU } from '../upstream.js'
import { isShared } from './origin.js'

const SECONDS = 1000
/** As long as an empty token bucket takes to fill. */
const BAN_TIME = 10 * SECONDS
const MAX_BANNED = 256

export class BanList {
  readonly #bannedAt = new LRU<number>({ max: MAX_BANNED })

  /** Begins a ban, unless there is one. */
  ban(id: Id | null, origin: string | null): void {
    if (id && origin && !isShared(origin) && !this.isBanned(id, origin)) {
      this.#bannedAt.set(nameOf(id, origin), performance.now())
    }
  }

  isBanned(id: Id | null, origin: string | null): boolean {
    const bannedAt = id && origin ? this.#bannedAt.peek(nameOf(id, origin)) : undefined
    return bannedAt !== undefined && performance.now() - bannedAt < BAN_TIME
  }
}

function nameOf({ hex }: Id, origin: string): string {
  return `${hex} ${origin}`
}
