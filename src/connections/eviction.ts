/**
 * Evicts a connection when another is wanted and the node is full. It never evicts a tagged connection, the last link to the
 * network, or the newest few: a newcomer needs time to find others. Unused connections go first, then the least recently used;
 * among equals the furthest.
 *
 * The other end may need the connection. If it speaks `release`, it is asked to release the connection, and may refuse. A node
 * without the extension gets a time of grace instead. Refusals cannot fill a node: once more than half of the unneeded
 * connections were refused, they are closed unasked. An origin that holds many seats is not asked either (seats.ts).
 */

import { RELEASE } from '../extensions.js'
import { compareDistances, type Id } from '../id.js'
import type { Evicter, Purpose } from './budget.js'
import type { PeerConnection } from './peer-connection.js'
import type { Seats } from './seats.js'

const SECONDS = 1000
/** Nodes that are asked to release a connection, one after the other, for one place. */
const MAX_ASKED = 3
/** A connection to a node without the extension may be evicted this long after its last use… */
const GRACE = 10 * SECONDS
/** … and an anonymous or duplicate connection after this. */
const SHORT_GRACE = 2 * SECONDS
/** A node that has refused is not asked again for this time. */
const REFUSAL_TIME = 10 * SECONDS
/** The rank of the connections that go last. */
const IN_USE = 3
/** Times of idleness that differ by less count as equal. */
const IDLE_STEP = 10 * SECONDS

export interface EvictionOptions {
  /** This node's id. */
  id: Id
  maxConnections: number
  /** Every connection that is not closed. */
  all: ReadonlySet<PeerConnection>
  /** One connection per node, by the node's id. Duplicates are left out. */
  byId: ReadonlyMap<string, PeerConnection>
  seats: Seats
}

export class Eviction implements Evicter {
  /** Asks the other end to release a connection; says whether it agrees. */
  requestRelease: (connection: PeerConnection) => Promise<boolean> = () => Promise.resolve(false)
  readonly #options: EvictionOptions

  constructor(options: EvictionOptions) {
    this.#options = options
  }

  /**
   * Evicts one connection.
   *
   * @param purpose only a connection of this purpose; `null`: any
   * @param origin for a connection from there: it does not push out one of a less crowded origin
   * @returns whether there is room now
   */
  async evict(purpose: Purpose | null, origin: string | null = null): Promise<boolean> {
    const { seats } = this.#options
    for (let asked = 0; asked < MAX_ASKED; asked++) {
      const connection = this.#choose(purpose)
      const own = seats.oldestOfCrowd(origin)
      if (
        own &&
        (!connection ||
          (this.#rankOf(connection) === IN_USE && seats.crowdOf(connection) < seats.crowdOf(own)))
      ) {
        own.close('no room')
        return true
      }
      if (!connection) return false
      if (await this.#isReleased(connection)) {
        connection.close(connection.isSpareOffer ? 'unused offer' : 'no room')
        return true
      }
    }
    return false
  }

  /**
   * Evicts a pending connection: the oldest of the origin that has the most, if the newcomer's origin has fewer. So nobody
   * locks others out with offers that lead to nothing.
   *
   * @returns whether it evicted one
   */
  evictPending(origin: string): boolean {
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

  /** Closes a displaced connection. The other end is told first: a node that lost it without a word would come back. */
  async closeDisplaced(connection: PeerConnection): Promise<void> {
    if (this.#isInUse(connection) && connection.extensions.has(RELEASE)) await this.requestRelease(connection)
    connection.close('no room')
  }

  async #isReleased(connection: PeerConnection): Promise<boolean> {
    const mustAsk =
      this.#isInUse(connection) &&
      !connection.isDisplaced &&
      this.#options.seats.crowdOf(connection) === 0 && // strangers of one origin would all refuse
      connection.extensions.has(RELEASE) &&
      !this.#hasRefused(connection)
    if (!mustAsk) return true
    connection.isReleasing = true
    const agrees = await this.requestRelease(connection)
    connection.isReleasing = false
    if (!agrees) connection.releaseRefusedAt = performance.now()
    return connection.isClosed || (agrees && !isNeeded(connection)) // else this node needs it by now, and keeps it
  }

  #choose(purpose: Purpose | null): PeerConnection | undefined {
    const spared = this.#newest()
    const candidates = [...this.#options.all].filter(
      connection =>
        (purpose === null || connection.isInitiator === (purpose === 'outbound')) &&
        (connection.isSpareOffer ||
          connection.isDisplaced ||
          (this.#mayEvict(connection) && !spared.has(connection)))
    )
    return candidates.reduce<PeerConnection | undefined>(
      (first, second) => (first && this.#isEvictedBefore(first, second) ? first : second),
      undefined
    )
  }

  #mayEvict(connection: PeerConnection): boolean {
    if (!connection.isOpen || connection.isReleasing || isNeeded(connection)) return false
    const idle = performance.now() - connection.lastUsed
    if (!this.#isInUse(connection)) return idle > SHORT_GRACE
    if (this.#options.seats.crowdOf(connection) > 0) return true
    if (!connection.extensions.has(RELEASE) && idle < GRACE) return false
    const isLastLink = this.#options.byId.size === 1
    return !isLastLink && (!this.#hasRefused(connection) || this.#refuseTooMany())
  }

  #hasRefused({ releaseRefusedAt }: PeerConnection): boolean {
    return performance.now() - releaseRefusedAt < REFUSAL_TIME
  }

  #refuseTooMany(): boolean {
    const unneeded = [...this.#options.byId.values()].filter(connection => !isNeeded(connection))
    const kept = unneeded.filter(connection => this.#hasRefused(connection))
    return kept.length > unneeded.length / 2
  }

  /** The newest few, whose origins are not crowded. */
  #newest(): ReadonlySet<PeerConnection> {
    const { byId, seats } = this.#options
    const byAge = [...byId.values()].filter(connection => seats.crowdOf(connection) === 0)
    byAge.sort((a, b) => b.openedAt - a.openedAt)
    return new Set(byAge.slice(0, Math.floor(this.#options.maxConnections / 16)))
  }

  #isInUse(connection: PeerConnection): boolean {
    return connection.id !== null && this.#options.byId.get(connection.id.hex) === connection
  }

  /** Unused offers go first, then displaced ones, then anonymous and duplicate connections. */
  #rankOf(connection: PeerConnection): number {
    if (connection.isSpareOffer) return 0
    if (connection.isDisplaced) return 1
    return this.#isInUse(connection) ? IN_USE : 2
  }

  #isEvictedBefore(first: PeerConnection, second: PeerConnection): boolean {
    const byRank = this.#rankOf(first) - this.#rankOf(second)
    if (byRank !== 0) return byRank < 0
    const { seats } = this.#options
    const byCrowd = seats.crowdOf(first) - seats.crowdOf(second)
    if (byCrowd !== 0) return byCrowd > 0
    const idleSince = (connection: PeerConnection) => Math.floor(connection.lastUsed / IDLE_STEP)
    if (idleSince(first) !== idleSince(second)) return idleSince(first) < idleSince(second)
    if (first.id === null || second.id === null) return first.id === null
    return compareDistances(this.#options.id, first.id, second.id) > 0
  }
}

function isNeeded(connection: PeerConnection): boolean {
  return connection.tags.size > 0 || connection.awaited.size > 0
}
