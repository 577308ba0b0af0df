/** A way to a node: the connection to it, or a route over the connections of others. */

import type { Allowance } from './allowance.js'

export interface Link {
  /** The node's id in hex; `null` while it is not known. */
  readonly id: string | null
  /** The id of the neighbour that it leads over, in hex: the node itself, where it is a connection. */
  readonly via: string | null
  readonly isOpen: boolean
  /** The extensions that both ends speak. */
  readonly extensions: ReadonlySet<string>
  /** Transactions of queries sent on it, in hex: only for these is a reply accepted. */
  readonly awaited: Set<string>
  /** What may still come over it. */
  readonly allowance: Allowance
  /** When it was last of use to either end. */
  lastUsed: number
  /** Sends a message; says whether it could be. */
  send(bytes: Uint8Array): boolean
  /** Notes that a query which was sent then has its reply. */
  answered(sentAt: number): void
  /** Notes that a query which was sent then has no reply. */
  missed(sentAt: number): void
}
