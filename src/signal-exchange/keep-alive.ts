/**
 * Keep-alive (keepalive): pings quiet connections, and closes those whose other end is gone: a killed process, a sleeping phone, a
 * pulled cable. ICE needs half a minute to notice. The other end hears the ping, so only one of the two ends sends it. It costs
 * some 300 bytes per quiet connection every ten seconds, headers included: 2 kB/s for 64 connections.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import type { Pinging } from './pinging.js'

const SECONDS = 1000
const CHECKING_INTERVAL = 1 * SECONDS
/** A connection is pinged after this time and a random extra, so that both ends seldom ping at once. */
const QUIET_TIME = 10 * SECONDS
const MAX_EXTRA = 2 * SECONDS
/** A page may be busy, and a link slow. A node that has missed a query gets less time. */
const PING_TIMEOUT = 3 * SECONDS
/** A check that is so late means that the machine slept: then every connection is pinged. */
const SLEEP_TIME = 5 * SECONDS

export class KeepAlive {
  readonly #table: ConnectionTable
  readonly #pinging: Pinging
  readonly #pinged = new WeakSet<PeerConnection>()
  readonly #timer: ReturnType<typeof setInterval>
  /** Wall-clock time, which goes on while a machine sleeps; `performance.now()` may not. */
  #checkedAt = Date.now()

  constructor(table: ConnectionTable, pinging: Pinging) {
    this.#table = table
    this.#pinging = pinging
    this.#timer = setInterval(() => this.#check(), CHECKING_INTERVAL)
  }

  /** Pings a node now, and closes the connection if it does not reply. */
  async ping(connection: PeerConnection): Promise<void> {
    if (this.#pinged.has(connection)) return
    this.#pinged.add(connection)
    await this.#pinging.isAlive(connection, PING_TIMEOUT)
    this.#pinged.delete(connection)
  }

  /** Stops the keep-alive. */
  close(): void {
    clearInterval(this.#timer)
  }

  #check(): void {
    const now = performance.now()
    const hasSlept = Date.now() - this.#checkedAt > SLEEP_TIME
    this.#checkedAt = Date.now()
    for (const connection of this.#table.all) {
      const isQuiet = hasSlept || now - connection.lastHeard > QUIET_TIME + Math.random() * MAX_EXTRA
      if (connection.isOpen && isQuiet) this.ping(connection)
    }
  }
}
