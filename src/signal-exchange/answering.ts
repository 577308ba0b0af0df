/** The answering role: what becomes of an offer, whether it came over HTTP or was passed on by another node. */

import type { Connector } from '../connections/connector.js'
import { WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import type { ResolvedOptions } from '../options.js'
import type { HttpSignal, SignalReply } from '../wire/signal.js'
import type { Asking } from './asking.js'
import type { Pinging } from './pinging.js'

/** A connection is taken to be alive for this many milliseconds after the other end was heard. */
const HEARD_LATELY = 2000
/** Milliseconds that an offer waits for ours, which crossed it and goes first. */
const CROSSING_TIMEOUT = 700

export class Answering {
  readonly #options: ResolvedOptions
  readonly #connector: Connector
  readonly #pinging: Pinging
  readonly #asking: Asking

  constructor(options: ResolvedOptions, connector: Connector, pinging: Pinging, asking: Asking) {
    this.#options = options
    this.#connector = connector
    this.#pinging = pinging
    this.#asking = asking
  }

  /**
   * Answers an offer, or says that the other side is connected already: never unless that is true.
   *
   * @param origin the id of the node that passed it on, or the IP address that it came from over HTTP
   * @throws WebTorrentDHTError `EFULL` if there is no room, `ECONNFAILED` if the offer is no good
   */
  async answer(offer: HttpSignal, origin: string): Promise<SignalReply> {
    const { id } = offer
    const { bans } = this.#connector.table
    if (bans.isBanned(origin) || (id !== null && bans.isBanned(id.hex))) {
      throw new WebTorrentDHTError('EFULL', 'too much has come from there of late')
    }
    if (id === null) return this.#connector.answer(offer, null, origin)
    const own = { id: this.#options.id }
    if (this.#options.id.equals(id)) return own
    if ((await this.#isConnected(id)) || (await this.#isConnecting(id))) return own
    this.#dropEarlierAttempt(id)
    return this.#connector.answer(offer, id, origin)
  }

  /** A node that was started anew, or lost its connection without a word, must not be locked out by the old one. */
  async #isConnected(id: Id): Promise<boolean> {
    const connection = this.#connector.table.get(id)
    if (!connection) return false
    if (performance.now() - connection.lastHeard < HEARD_LATELY || (await this.#pinging.isAlive(connection)))
      return true
    return false
  }

  /** When two offers cross, that of the node with the smaller id goes first. */
  async #isConnecting(id: Id): Promise<boolean> {
    const attempt = this.#asking.attemptFor(id)
    if (!attempt || this.#connector.table.id.hex > id.hex) return false
    const timeout = new Promise(resolve => setTimeout(resolve, CROSSING_TIMEOUT).unref?.())
    await Promise.race([attempt.catch(() => {}), timeout]) // a failed attempt is its asker's to report
    return this.#connector.table.get(id) !== undefined
  }

  /** A node that offers again has given up its earlier offer. */
  #dropEarlierAttempt(id: Id): void {
    for (const connection of this.#connector.table.all) {
      const isEarlier = connection.claimedId?.equals(id) && !connection.isInitiator && !connection.isOpen
      if (isEarlier) connection.close('duplicate')
    }
  }
}
