/**
 * Pings a silent node, and closes the connection if it is gone. ICE notices a killed process only after half a minute. Until then
 * the node would be named to others, and each of them would wait for it.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import { WebTorrentDHTError } from '../errors.js'
import type { Ledger } from '../krpc/ledger.js'
import type { ResolvedOptions } from '../options.js'

/** Milliseconds for the reply to a ping, at least: well below the relay's timeout for our answer to an offer. */
const PING_TIMEOUT = 700
/** The same besides two round trips, on slow links. */
const TIME_BESIDES = 300

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
   * @param timeout in milliseconds. Default: as long as the link needs
   */
  async isAlive(connection: PeerConnection, timeout = timeoutOf(connection)): Promise<boolean> {
    try {
      await this.#ledger.query(connection, 'ping', { id: this.#options.id.bytes }, timeout)
      return true
    } catch {
      connection.close('unresponsive')
      return false
    }
  }

  /**
   * Asks a node whether a second connection under its id is its own, and closes the first one if it does not reply.
   *
   * @param fingerprint of the certificate at the other end of the second one: nobody else can have it
   */
  async owns(connection: PeerConnection, fingerprint: string | null): Promise<boolean> {
    if (fingerprint === null) {
      await this.isAlive(connection)
      return false
    }
    try {
      const args = { fingerprint, id: this.#options.id.bytes }
      return (await this.#ledger.query(connection, 'ping', args, timeoutOf(connection))).own === 1
    } catch (error) {
      // A node that refuses the question lives.
      const isDead = error instanceof WebTorrentDHTError && error.code === 'ETIMEDOUT'
      if (isDead) connection.close('unresponsive')
      return false
    }
  }
}

/** @returns milliseconds. A link whose round trip is not known counts as quick. */
function timeoutOf({ roundTripTime }: PeerConnection): number {
  return Number.isFinite(roundTripTime)
    ? Math.max(PING_TIMEOUT, 2 * roundTripTime + TIME_BESIDES)
    : PING_TIMEOUT
}
