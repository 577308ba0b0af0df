/**
 * Finds out whether a silent node is gone. A process that was killed says nothing, and ICE notices it after half a minute
 * only; until then it would be named to others, and each of them would wait for it.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { ResolvedOptions } from '../options.js'
import type { Transactions } from './transactions.js'

/** Milliseconds for the reply to a ping, well within the time that a relay gives us. */
const PING_TIMEOUT = 700

export class Pinging {
  readonly #options: ResolvedOptions
  readonly #transactions: Transactions

  constructor(options: ResolvedOptions, transactions: Transactions) {
    this.#options = options
    this.#transactions = transactions
  }

  /**
   * Pings a node, and closes the connection if it does not answer.
   *
   * @param timeout in milliseconds
   */
  async isAlive(connection: PeerConnection, timeout = PING_TIMEOUT): Promise<boolean> {
    try {
      await this.#transactions.query(connection, 'ping', { id: this.#options.id }, timeout)
      return true
    } catch {
      connection.close('unresponsive') // no reply: that is the answer
      return false
    }
  }
}
