/** A way to a node: the connection to it, or a route over the connections of others. */

import type { Id } from '../id.js'
import type { Allowance } from './allowance.js'

/** A query of this node's that a link has sent, and whose reply it waits for. */
export interface SentQuery {
  readonly transaction: Buffer
  readonly sentAt: number
  /** Ends it as missed: no reply will come. */
  miss(): void
}

export interface Link {
  /** The node that it leads to; `null` while that is not known. */
  readonly id: Id | null
  /** The neighbour that it leads over: the node itself, where it is a connection. */
  readonly via: Id | null
  readonly isOpen: boolean
  /** Whether it leads over other nodes. */
  readonly isRoute: boolean
  /** The extensions that both ends speak. */
  readonly extensions: ReadonlySet<string>
  /** What may still come over it. */
  readonly allowance: Allowance
  /** When it was last of use to either end. */
  lastUsed: number
  /** Sends a message that has no reply; says whether it could be. */
  send(bytes: Buffer): boolean
  /** Sends a query; says whether it could be. */
  sendQuery(query: SentQuery, bytes: Buffer): boolean
  /** Notes that a query is over, and with which result. */
  settled(query: SentQuery, result: 'answered' | 'missed' | 'abandoned'): void
}
