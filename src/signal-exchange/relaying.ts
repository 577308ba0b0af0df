/** The relaying role: relays a node's offers to neighbours, and their answers back. It keeps no state. */

import type { Link } from '../connections/link.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import { WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import type { Ledger } from '../krpc/ledger.js'
import type { ResolvedOptions } from '../options.js'
import { encodeSignal, type Signal, type SignalReply } from '../wire/signal.js'

/** Milliseconds for a target to answer: well below the two seconds of the asker's own query. */
const ANSWER_TIMEOUT = 1200

const FULL = 'too many offers are being passed on'

export class Relaying {
  readonly #options: ResolvedOptions
  readonly #table: ConnectionTable
  readonly #ledger: Ledger
  #current = 0

  constructor(options: ResolvedOptions, table: ConnectionTable, ledger: Ledger) {
    this.#options = options
    this.#table = table
    this.#ledger = ledger
  }

  /**
   * Relays an offer to a neighbour.
   *
   * @param asker the node that sent the offer; the offer must be its own
   * @returns undefined if the target is not connected, so that no node has seen the offer
   * @throws WebTorrentDHTError `EFULL` if the target has no room, or the asker exceeds its rate limit; else why there is no answer
   */
  async relay(asker: Link, target: Id, offer: Signal): Promise<SignalReply | undefined> {
    if (target.equals(this.#table.id)) return { id: this.#options.id } // the asker is connected to us
    const connection = this.#table.get(target)
    if (!connection || connection === asker || !asker.id?.equals(offer.id)) return undefined
    if (
      !asker.rateLimits.take('introductions') ||
      this.#current >= this.#options.limits.introductionsAtOnce
    ) {
      this.#table.counters.drops['too many introductions']++
      throw new WebTorrentDHTError('EFULL', FULL)
    }
    connection.lastUsed = performance.now()
    const reply = await this.#passOn(connection, offer)
    if (reply?.id.equals(target)) return reply
    throw new WebTorrentDHTError('EREFUSED', 'the target gave no answer')
  }

  async #passOn(connection: PeerConnection, offer: Signal): Promise<SignalReply | undefined> {
    const args = { id: this.#options.id.bytes, signal: encodeSignal(offer) }
    this.#current++
    try {
      const { signal } = await this.#ledger.query(connection, 'peer_connection', args, ANSWER_TIMEOUT)
      return signal as SignalReply | undefined
    } finally {
      this.#current--
    }
  }

  /**
   * Relays offer `i` to target `i`. A failed target loses only its own entry.
   *
   * @returns for each target its answer, or 0: bencode has no null, and a missing entry would shift the others
   */
  relayAll(asker: Link, targets: (Id | null)[], offers: Signal[]): Promise<(SignalReply | 0)[]> {
    return Promise.all(
      targets.map(async (target, i) => {
        const offer = offers[i]
        if (target === null || !offer) return 0
        return (await this.relay(asker, target, offer).catch(() => undefined)) ?? 0
      })
    )
  }
}
