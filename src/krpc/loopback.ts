/** A link from a node to itself, for queries to its own address. */

import type { Link, SentQuery } from '../connections/link.js'
import { RateLimits } from '../connections/rate-limits.js'
import { INTRODUCE } from '../extensions.js'
import type { Id } from '../id.js'
import { DEFAULT_LIMITS, type Limits } from '../limits.js'

/** A node does not limit itself. */
const UNLIMITED = Object.fromEntries(
  Object.keys(DEFAULT_LIMITS).map(name => [name, Number.MAX_SAFE_INTEGER])
) as unknown as Limits

export class Loopback implements Link {
  readonly id: Id
  readonly isOpen = true
  readonly isRoute = false
  readonly extensions: ReadonlySet<string> = new Set([INTRODUCE])
  readonly speaksRoute = false
  readonly rateLimits = new RateLimits(UNLIMITED)
  lastUsed = 0
  readonly #receive: (bytes: Buffer) => void

  constructor(id: Id, receive: (bytes: Buffer) => void) {
    this.id = id
    this.#receive = receive
  }

  get via(): Id {
    return this.id
  }

  send(bytes: Buffer): boolean {
    setTimeout(() => this.#receive(bytes), 0)
    return true
  }

  sendQuery(_query: SentQuery, bytes: Buffer): boolean {
    return this.send(bytes)
  }

  settled(): void {}
}
