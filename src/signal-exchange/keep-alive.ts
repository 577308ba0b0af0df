/**
 * Finds out about connections that went without a word: of a page whose process was killed, a phone that sleeps, a cable
 * that was pulled. ICE takes half a minute for that. A connection on which nothing was heard for a while is pinged; the
 * other end hears the ping, so one of the two does it. It costs some 300 bytes for a quiet connection, packets' headers
 * and all, every ten seconds: 2 kB/s for a node with 64 of them.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import type { Pinging } from './pinging.js'

const SECONDS = 1000
const CHECKING_INTERVAL = 1 * SECONDS
/** A connection is pinged after this time, and up to as much more at random, so that seldom both ends do it at once. */
const QUIET_TIME = 10 * SECONDS
const MAX_EXTRA = 2 * SECONDS
/** A page may be busy, and a link slow: longer than for a node that has left a query unanswered. */
const PING_TIMEOUT = 3 * SECONDS
/** A check that comes so late means that the machine slept, or the process was stopped: nothing that was true need be so. */
const SLEEP_TIME = 5 * SECONDS

export class KeepAlive {
  readonly #table: ConnectionTable
  readonly #pinging: Pinging
  readonly #pinged = new WeakSet<PeerConnection>()
  readonly #timer: ReturnType<typeof setInterval>
  /** By the wall clock, which goes on while a machine sleeps; `performance.now()` need not. */
  #checkedAt = Date.now()

  constructor(table: ConnectionTable, pinging: Pinging) {
    this.#table = table
    this.#pinging = pinging
    this.#timer = setInterval(() => this.#check(), CHECKING_INTERVAL)
  }

  /** Pings a node now. If it does not answer, its connection is closed. */
  async ping(connection: PeerConnection): Promise<void> {
    if (this.#pinged.has(connection)) return
    this.#pinged.add(connection)
    await this.#pinging.isAlive(connection, PING_TIMEOUT)
    this.#pinged.delete(connection)
  }

  /** Ends it. */
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
