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
/** The same where the network may be gone, besides two round trips: who waits for replies in vain cannot go on elsewhere. */
const SHORT_PING_TIMEOUT = 1.5 * SECONDS
/** A check that is so late means that the machine slept. */
const SLEEP_TIME = 5 * SECONDS

export class KeepAlive {
  readonly #table: ConnectionTable
  readonly #pinging: Pinging
  readonly #pinged = new WeakSet<PeerConnection>()
  readonly #timer: ReturnType<typeof setInterval>
  readonly #onSleep: () => void
  /** Wall-clock time, which goes on while a machine sleeps; `performance.now()` may not. */
  #checkedAt = Date.now()

  /** @param onSleep called when the machine has slept */
  constructor(table: ConnectionTable, pinging: Pinging, onSleep: () => void) {
    this.#onSleep = onSleep
    this.#table = table
    this.#pinging = pinging
    this.#timer = setInterval(() => this.#check(), CHECKING_INTERVAL)
  }

  /** Pings a node now, and closes the connection if it does not reply. */
  async ping(connection: PeerConnection, timeout = PING_TIMEOUT): Promise<void> {
    if (this.#pinged.has(connection)) return
    this.#pinged.add(connection)
    await this.#pinging.isAlive(connection, timeout)
    this.#pinged.delete(connection)
  }

  /** Pings all nodes that were not heard within this time: the network may be gone. Those that are gone are noticed soon. */
  pingAll(heardWithin: number): void {
    const now = performance.now()
    for (const connection of this.#table.all) {
      if (!connection.isOpen || now - connection.lastHeard < heardWithin) continue
      const { roundTripTime } = connection
      const roundTrips = Number.isFinite(roundTripTime) ? 2 * roundTripTime : 0
      void this.ping(connection, Math.min(PING_TIMEOUT, SHORT_PING_TIMEOUT + roundTrips))
    }
  }

  /** Stops the keep-alive. */
  close(): void {
    clearInterval(this.#timer)
  }

  #check(): void {
    const now = performance.now()
    const hasSlept = Date.now() - this.#checkedAt > SLEEP_TIME
    this.#checkedAt = Date.now()
    if (hasSlept) this.#onSleep()
    for (const connection of this.#table.all) {
      const isQuiet = now - connection.lastHeard > QUIET_TIME + Math.random() * MAX_EXTRA
      if (connection.isOpen && isQuiet) this.ping(connection)
    }
  }
}
