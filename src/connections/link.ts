/** A link to a node: the connection to it, or a route over relays. */

import type { Id } from '../id.js'
import type { RateLimits } from './rate-limits.js'

/** A query that a link has sent, and whose reply is awaited. */
export interface SentQuery {
  readonly transaction: Buffer
  readonly sentAt: number
  /** Ends it as missed: no reply will come. */
  miss(): void
}

export interface Link {
  /** The node at its end; `null` until it is known. */
  readonly id: Id | null
  /** The first node on the way: for a connection, the node itself. */
  readonly via: Id | null
  readonly isOpen: boolean
  /** Whether it leads over other nodes. */
  readonly isRoute: boolean
  /** The extensions that both ends speak. */
  readonly extensions: ReadonlySet<string>
  /** Whether `route` is among them: it is asked for each message. */
  readonly speaksRoute: boolean
  /** The rate limits for what comes over it. */
  readonly rateLimits: RateLimits
  /** When it was last used, by either end. */
  lastUsed: number
  /** Sends a message without a reply. @returns whether it was sent */
  send(bytes: Buffer): boolean
  /** Sends a query. @returns whether it was sent */
  sendQuery(query: SentQuery, bytes: Buffer): boolean
  /** Notes how a query ended. */
  settled(query: SentQuery, result: 'answered' | 'missed' | 'abandoned'): void
}
