/**
 * Pings a silent node, and closes the connection if it is gone. ICE notices a killed process only after half a minute. Until then
 * the node would be named to others, and each of them would wait for it.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { Ledger } from '../krpc/ledger.js'
import type { ResolvedOptions } from '../options.js'

/** Milliseconds for the reply to a ping: well below the relay's timeout for our answer to an offer. */
const PING_TIMEOUT = 700

export class Pinging {
  readonly #options: ResolvedOptions
  readonly #ledger: Ledger

  constructor(options: ResolvedOptions, ledger: Ledger) {
    this.#options = options
    this.#ledger = ledger
  }

  /**
   * Pings a node, and closes the connection if it does not reply.
   *
   * @param timeout in milliseconds
   */
  async isAlive(connection: PeerConnection, timeout = PING_TIMEOUT): Promise<boolean> {
    try {
      await this.#ledger.query(connection, 'ping', { id: this.#options.id.bytes }, timeout)
      return true
    } catch {
      connection.close('unresponsive')
      return false
    }
  }
}
