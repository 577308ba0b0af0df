/**
 * Two ends agree to close a connection: the one that needs its place asks, and the other one, which may need the connection,
 * says yes or no (extension `release`). Who agreed knows that the node lives on.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import type { Ledger } from '../krpc/ledger.js'
import type { ResolvedOptions } from '../options.js'

const SECONDS = 1000
/** Milliseconds for the reply: a newcomer waits for the place. */
const REPLY_TIMEOUT = 0.7 * SECONDS
/** A connection that was agreed to be closed and is still there after this time goes on as if nothing had been said. */
const LEAVING_TIME = 5 * SECONDS
/** With no more nodes than this connected, each may be the one that holds this node in the network. */
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

  /** Asks the other end; says whether it agrees. */
  async ask(connection: PeerConnection): Promise<boolean> {
    try {
      await this.#ledger.query(connection, 'release', { id: this.#options.id.bytes }, REPLY_TIMEOUT)
      return true
    } catch {
      return false // it refused, or said nothing: a node that is gone is found out by that
    }
  }

  /** Whether this end agrees to be left: it does unless it needs the connection and cannot do with another. */
  agree(connection: PeerConnection): boolean {
    if (connection.id === null || this.#table.size <= FEW) return false
    this.#table.giveUp(connection.id)
    if (connection.tags.size > 0 || connection.awaited.size > 0) return false
    if (connection.isLeaving) return true
    connection.isLeaving = true
    const end = () => {
      clearTimeout(timer)
      connection.off('close', end)
      connection.isLeaving = false
    }
    const timer = setTimeout(end, LEAVING_TIME)
    connection.once('close', end)
    return true
  }
}
