/**
 * Releases connections: both ends agree to close one (extension `release`). The full node asks before it evicts; the asked node
 * refuses if it needs the connection. A node that agreed knows that the other one lives on.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import type { Ledger } from '../krpc/ledger.js'
import type { ResolvedOptions } from '../options.js'

const SECONDS = 1000
/** Milliseconds for the reply: a newcomer waits for the slot. */
const REPLY_TIMEOUT = 0.7 * SECONDS
/** A released connection that is not closed within this time stays, as if nothing had been agreed. */
const RELEASE_TIME = 5 * SECONDS
/** A node with no more connections than this releases none: each may be its only link to the network. */
const FEW = 4

export class Releasing {
  readonly #options: ResolvedOptions
  readonly #table: ConnectionTable
  readonly #ledger: Ledger

  constructor(options: ResolvedOptions, table: ConnectionTable, ledger: Ledger) {
    this.#options = options
    this.#table = table
    this.#ledger = ledger
  }

  /** Asks the other end to release a connection; says whether it agrees. */
  async request(connection: PeerConnection): Promise<boolean> {
    try {
      await this.#ledger.query(connection, 'release', { id: this.#options.id.bytes }, REPLY_TIMEOUT)
      return true
    } catch {
      return false // it refused, or it is gone
    }
  }

  /** Releases a connection at the request of the other end, unless this node needs it; says whether it did. */
  release(connection: PeerConnection): boolean {
    if (connection.id === null || this.#table.size <= FEW) return false
    this.#table.removeFromRoutingTable(connection.id)
    if (connection.tags.size > 0 || connection.awaited.size > 0) return false
    if (connection.isReleasing) return true
    connection.isReleasing = true
    const end = () => {
      clearTimeout(timer)
      connection.off('close', end)
      connection.isReleasing = false
    }
    const timer = setTimeout(end, RELEASE_TIME)
    connection.once('close', end)
    return true
  }
}
