/**
 * The answering role: answers an offer, from HTTP or from a relay. It resolves glare: when two nodes send offers to each other at
 * once, the offer of the node with the smaller id wins.
 */

import type { Answered, Connector } from '../connections/connector.js'
import { giveWay } from '../connections/duplicates.js'
import type { Link } from '../connections/link.js'
import { cannotMeet } from '../connections/meeting.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import { WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import type { ResolvedOptions } from '../options.js'
import { FOR_NODE, FOR_WEBSOCKET } from '../proofs.js'
import type { SimplePeer } from '../simple-peer.js'
import type { Reach } from '../wire/candidates.js'
import { type Description, isBeside } from '../wire/description.js'
import type { HttpSignal, Signal, SignalReply } from '../wire/signal.js'
import type { Asking } from './asking.js'
import type { Pinging } from './pinging.js'

/** A connection counts as alive for this many milliseconds after the last message. */
const HEARD_LATELY = 2000
/** In a glare that our offer wins: milliseconds that the other offer waits for our connection to open. */
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
   * Answers an offer; or replies that the other side is connected already, but only if that is true.
   *
   * @param origin where the offer comes from: see origin.ts
   * @param reach of whoever handed it on
   * @param answered its way
   * @throws WebTorrentDHTError `EFULL` if there is no room, `ENOTPROVEN` if it lacks the proof of its id, `ECONNFAILED` if it is no good
   */
  async answer(
    offer: HttpSignal,
    origin: string,
    reach: Reach,
    answered: Answered = {}
  ): Promise<SignalReply> {
    const { id } = offer
    if (!this.#connector.udp.mayTry()) {
      throw new WebTorrentDHTError('EFULL', 'no WebRTC connection opens here of late')
    }
    this.#checkBans(id, origin)
    if (id === null) return this.#connector.answer(offer, null, origin, reach, answered)
    const own = { id: this.#options.id }
    if (this.#options.id.equals(id)) return own
    await this.#connector.proofs.check(id, offer, FOR_NODE)
    if ((await this.#isConnected(id)) || (await this.#isConnecting(id))) return own
    const earlier = this.#earlierAttempt(id, origin, isBeside(offer))
    const answer = await this.#connector.answer(offer, id, origin, reach, answered)
    if (earlier) this.#keepOne(earlier, id, origin)
    return answer
  }

  /**
   * Answers an offer that others have passed on, unless no connection can come of it.
   *
   * @throws WebTorrentDHTError `ECANNOTMEET`, or as `answer` does
   */
  async answerPassedOn(
    offer: HttpSignal,
    origin: string,
    reach: Reach,
    answered: Answered = {}
  ): Promise<SignalReply> {
    const { meeting, proofs, table } = this.#connector
    const { id } = offer
    if (table.get(id) || meeting.isPossible(offer, { hasTurn: this.#connector.factory.hasOwnTurn })) {
      return this.answer(offer, origin, reach, answered)
    }
    // Else anybody could have us leave out nodes of its choice.
    if (id && (await proofs.check(id, offer, FOR_NODE))) meeting.note(id)
    throw cannotMeet()
  }

  /** Whether links are refused for want of room. */
  get isFull(): boolean {
    return this.#connector.table.isFull
  }

  /** Encloses the description of a link over WebSocket in this node's answer: whoever it is for comes with an offer then. */
  answerOnLink(own: Description): Promise<Signal> {
    return this.#connector.toSignal(own, null, null, FOR_WEBSOCKET)
  }

  /**
   * Makes a link over WebSocket a connection. If its node is connected already, it is a second connection. It is made beside attempts over
   * WebRTC, which go on.
   *
   * @throws as `answer`; `EREFUSED` if this node has reached itself
   */
  async takeLink(offer: HttpSignal, link: SimplePeer, origin: string, reach: Reach): Promise<void> {
    const { id } = offer
    this.#checkBans(id, origin)
    if (id?.equals(this.#options.id)) throw new WebTorrentDHTError('EREFUSED', 'the offer is this node’s own')
    if (id) await this.#connector.proofs.check(id, offer, FOR_WEBSOCKET)
    await this.#connector.takeLink(offer, link, { id, origin, reach })
  }

  /** The reach of the neighbour that a link leads over. */
  reachOf(link: Link): Reach {
    return this.#connector.reachOf(link)
  }

  /**
   * A restarted node must not be locked out by its dead connection: so the connection must be alive. A link over WebSocket gives way to a
   * connection over WebRTC.
   */
  async #isConnected(id: Id): Promise<boolean> {
    const connection = this.#connector.table.get(id)
    if (!connection || connection.isOverWebSocket) return false
    if (performance.now() - connection.lastHeard < HEARD_LATELY || (await this.#pinging.isAlive(connection)))
      return true
    return false
  }

  #checkBans(id: Id | null, origin: string): void {
    if (!this.#connector.table.bans.isBanned(id, origin)) return
    throw new WebTorrentDHTError('EFULL', 'too much has come from there of late')
  }

  /** Glare: if our own offer wins, waits for its connection to open. */
  async #isConnecting(id: Id): Promise<boolean> {
    const attempt = this.#asking.attemptFor(id)
    if (!attempt || this.#connector.table.id.hex > id.hex) return false
    const timeout = new Promise(resolve => setTimeout(resolve, CROSSING_TIMEOUT).unref?.())
    await Promise.race([attempt.catch(() => {}), timeout]) // the asking role reports a failed attempt
    return this.#connector.table.get(id) !== undefined
  }

  /**
   * A new offer means that the node has abandoned its earlier ones, unless it says that the last one is still under way. One from elsewhere
   * may be somebody else's.
   */
  #earlierAttempt(id: Id, origin: string, isUnderWay: boolean): PeerConnection | undefined {
    const pending = this.#pending(id, origin)
    const last = isUnderWay ? pending.pop() : undefined
    for (const connection of pending) connection.close('duplicate')
    return last
  }

  /** Attempts over WebRTC. */
  #pending(id: Id, origin: string): PeerConnection[] {
    return [...this.#connector.table.all].filter(
      connection =>
        !connection.isInitiator &&
        !connection.isOverWebSocket &&
        !connection.isOpen &&
        connection.origin === origin &&
        connection.claimedId?.equals(id)
    )
  }

  /** Of two attempts by one node the one that does not open is let go. If both do, that node decides. */
  #keepOne(earlier: PeerConnection, id: Id, origin: string): void {
    for (const connection of this.#pending(id, origin)) {
      if (connection === earlier) continue
      earlier.once('open', () => giveWay(connection))
      connection.once('open', () => giveWay(earlier))
    }
  }
}
