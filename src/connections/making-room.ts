/**
 * Which connection goes when another is wanted and there is no room. Never one with a tag, nor the last link to the network,
 * nor the newest few: a newcomer must have time to find others. Of the rest first those that nobody uses, then that which
 * was of use longest ago; among equals the furthest.
 *
 * The other end may need what this one does not. So it is asked, where it speaks the extension, and may refuse. Towards others the
 * rule is polite: a time of grace, and then the connection is closed. What strangers refuse cannot fill a node: if it is more
 * than half of what this node does not need itself, they are not asked any more.
 */

import { RELEASE } from '../extensions.js'
import { compareDistances, type Id } from '../id.js'
import type { Purpose, RoomMaker } from './budget.js'
import type { PeerConnection } from './peer-connection.js'

const SECONDS = 1000
/** Nodes that are asked, one after the other, for one place. */
const MAX_ASKED = 3
/** A connection to a node without the extension goes this long after its last use… */
const GRACE = 10 * SECONDS
/** … and one that does not say whose it is, or whose node has another one, after this. */
const SHORT_GRACE = 2 * SECONDS
/** A node that has refused is not asked again for this time. */
const REFUSAL_TIME = 10 * SECONDS
/** Times of idleness that differ by less count as equal. */
const IDLE_STEP = 10 * SECONDS

export interface MakingRoomOptions {
  /** This node's id. */
  id: Id
  maxConnections: number
  /** Every connection that is not closed. */
  all: ReadonlySet<PeerConnection>
  /** The connections to nodes by their ids; those that lost against another to the same node are not here. */
  byId: ReadonlyMap<string, PeerConnection>
}

export class MakingRoom implements RoomMaker {
  /** Asks the other end of a connection to let go of it; says whether it agrees. */
  askToRelease: (connection: PeerConnection) => Promise<boolean> = () => Promise.resolve(false)
  readonly #options: MakingRoomOptions

  constructor(options: MakingRoomOptions) {
    this.#options = options
  }

  /**
   * Closes a connection that can be spared.
   *
   * @param purpose only one of this purpose
   * @returns whether there is room now
   */
  async makeRoom(purpose: Purpose | null): Promise<boolean> {
    for (let asked = 0; asked < MAX_ASKED; asked++) {
      const connection = this.#choose(purpose)
      if (!connection) return false
      if (await this.#isAgreed(connection)) {
        connection.close(connection.isSpareOffer ? 'unused offer' : 'no room')
        return true
      }
    }
    return false
  }

  /**
   * Closes a connection in the making: the oldest one from where most of them come, if these are more than the newcomer's
   * own. So nobody locks others out with offers that lead to nothing.
   *
   * @returns whether it did
   */
  makePendingRoom(origin: string): boolean {
    const pending = [...this.#options.all].filter(
      connection => !connection.isOpen && !connection.isInitiator && connection.origin !== null
    )
    const countFrom = (from: string | null) => pending.filter(other => other.origin === from).length
    const crowded = pending.reduce<PeerConnection | undefined>(
      (first, second) => (first && countFrom(first.origin) >= countFrom(second.origin) ? first : second),
      undefined
    )
    if (!crowded || countFrom(crowded.origin) <= countFrom(origin) + 1) return false
    crowded.close('no room')
    return true
  }

  async #isAgreed(connection: PeerConnection): Promise<boolean> {
    const mustAsk =
      this.#isInUse(connection) && connection.extensions.has(RELEASE) && !this.#isKept(connection)
    if (!mustAsk) return true
    connection.isLeaving = true
    const agrees = await this.askToRelease(connection)
    connection.isLeaving = false
    if (!agrees) connection.keptAt = performance.now()
    return connection.isClosed || (agrees && !isNeeded(connection)) // else this node takes it back
  }

  #choose(purpose: Purpose | null): PeerConnection | undefined {
    const spared = this.#newest()
    const candidates = [...this.#options.all].filter(
      connection =>
        (purpose === null || connection.isInitiator === (purpose === 'outbound')) &&
        (connection.isSpareOffer || (this.#mayGo(connection) && !spared.has(connection)))
    )
    return candidates.reduce<PeerConnection | undefined>(
      (first, second) => (first && this.#goesFirst(first, second) ? first : second),
      undefined
    )
  }

  #mayGo(connection: PeerConnection): boolean {
    if (!connection.isOpen || connection.isLeaving || isNeeded(connection)) return false
    const idle = performance.now() - connection.lastUsed
    if (!this.#isInUse(connection)) return idle > SHORT_GRACE
    if (!connection.extensions.has(RELEASE) && idle < GRACE) return false
    const isLastLink = this.#options.byId.size === 1
    return !isLastLink && (!this.#isKept(connection) || this.#areTooManyKept())
  }

  #isKept({ keptAt }: PeerConnection): boolean {
    return performance.now() - keptAt < REFUSAL_TIME
  }

  #areTooManyKept(): boolean {
    const unneeded = [...this.#options.byId.values()].filter(connection => !isNeeded(connection))
    const kept = unneeded.filter(connection => this.#isKept(connection))
    return kept.length > unneeded.length / 2
  }

  #newest(): ReadonlySet<PeerConnection> {
    const byAge = [...this.#options.byId.values()].sort((a, b) => b.openedAt - a.openedAt)
    return new Set(byAge.slice(0, Math.floor(this.#options.maxConnections / 16)))
  }

  #isInUse(connection: PeerConnection): boolean {
    return connection.id !== null && this.#options.byId.get(connection.id.hex) === connection
  }

  /** Offers that nobody has seen, then connections that do not say whose they are or whose node has another one. */
  #rankOf(connection: PeerConnection): number {
    if (connection.isSpareOffer) return 0
    return this.#isInUse(connection) ? 2 : 1
  }

  #goesFirst(first: PeerConnection, second: PeerConnection): boolean {
    const byRank = this.#rankOf(first) - this.#rankOf(second)
    if (byRank !== 0) return byRank < 0
    const idleSince = (connection: PeerConnection) => Math.floor(connection.lastUsed / IDLE_STEP)
    if (idleSince(first) !== idleSince(second)) return idleSince(first) < idleSince(second)
    if (first.id === null || second.id === null) return first.id === null
    return compareDistances(this.#options.id, first.id, second.id) > 0
  }
}

function isNeeded(connection: PeerConnection): boolean {
  return connection.tags.size > 0 || connection.awaited.size > 0
}
