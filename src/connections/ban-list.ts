/** Who has flooded this node gets no new connection for a while: else each one would come with a new allowance. */

import { LRU } from '../upstream.js'

const SECONDS = 1000
/** As long as an allowance takes to fill again. */
const BAN_TIME = 10 * SECONDS
const MAX_BANNED = 256

export class BanList {
  readonly #bannedAt = new LRU<number>({ max: MAX_BANNED })

  /** @param name a node's id, or where its offer came from */
  ban(name: string): void {
    this.#bannedAt.set(name, performance.now())
  }

  isBanned(name: string): boolean {
    const bannedAt = this.#bannedAt.peek(name)
    return bannedAt !== undefined && performance.now() - bannedAt < BAN_TIME
  }
}
