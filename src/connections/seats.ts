/**
 * Seats: no origin holds more than an eighth of all connections, or more than two places in a bucket of the routing table. Nobody is
 * refused for sharing an address: a newcomer displaces the oldest connection of its own origin. That one has been told of others, and
 * gets a moment to be told, if many come at once. If a slot is wanted, it is closed at once.
 */

import type { Id } from '../id.js'
import { isLocalOrigin, isShared } from './origin.js'
import type { PeerConnection } from './peer-connection.js'

const SECONDS = 1000
/** From the displacement to the closing: a joining node has searched by then. */
const DISPLACED_TIME = 3 * SECONDS
const MAX_IN_BUCKET = 2
/** A small node lets two nodes of a household in. */
const MIN_SEATS = 2

export class Seats {
  /** How many an origin may hold. */
  readonly max: number
  /** Whether this machine and private networks are exempt. */
  exemptsLocal = true
  readonly #close: (connection: PeerConnection) => void
  /** The connections that hold seats, the oldest first. */
  readonly #seated = new Map<string, Set<PeerConnection>>()

  /** @param close closes a displaced connection */
  constructor(maxConnections: number, close: (connection: PeerConnection) => void) {
    this.#close = close
    this.max = Math.max(MIN_SEATS, Math.floor(maxConnections / 8))
  }

  /** Gives a connection that is open now a seat; the oldest one of its origin loses its seat if there are too many. */
  take(connection: PeerConnection): void {
    const origin = this.#originOf(connection)
    if (!origin) return
    const seated = this.#seated.get(origin) ?? new Set()
    this.#seated.set(origin, seated.add(connection))
    connection.once('close', () => this.#leave(origin, connection))
    const [oldest = connection] = seated
    if (seated.size <= this.max) return
    oldest.isDisplaced = true
    this.#leave(origin, oldest)
    const timer = setTimeout(() => this.#close(oldest), DISPLACED_TIME)
    oldest.once('close', () => clearTimeout(timer))
  }

  /**
   * How crowded the origin of a connection is: its seats, if they are more than a quarter of what it may hold, else 0. In a full node the
   * most crowded gives way first.
   */
  crowdOf({ origin }: PeerConnection): number {
    const count = origin === null ? 0 : (this.#seated.get(origin)?.size ?? 0)
    return count > this.max / 4 ? count : 0
  }

  /** The oldest connection of an origin, if that is crowded. */
  oldestOfCrowd(origin: string | null): PeerConnection | undefined {
    const [oldest] = (origin !== null && this.#seated.get(origin)) || []
    return oldest && this.crowdOf(oldest) > 0 ? oldest : undefined
  }

  /** The node whose place in a bucket another one of the same origin takes; `undefined` if there is room for both. */
  displacedInBucket(newcomer: PeerConnection | undefined, bucket: readonly PeerConnection[]): Id | undefined {
    const origin = newcomer && this.#originOf(newcomer)
    if (!origin) return undefined
    const same = bucket.filter(other => other !== newcomer && this.#originOf(other) === origin)
    if (same.length < MAX_IN_BUCKET) return undefined
    return same.reduce((first, second) => (second.openedAt < first.openedAt ? second : first)).id ?? undefined
  }

  #leave(origin: string, connection: PeerConnection): void {
    const seated = this.#seated.get(origin)
    seated?.delete(connection)
    if (seated?.size === 0) this.#seated.delete(origin)
  }

  #originOf({ origin }: PeerConnection): string | null {
    if (!origin || isShared(origin)) return null
    return this.exemptsLocal && isLocalOrigin(origin) ? null : origin
  }
}
