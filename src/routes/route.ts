/**
 * A link to a node over relays, for one query. It needs no connection to the node. If a relay reports a failure, or no reply comes,
 * the query is sent again by another path.
 */

import type { Link, SentQuery } from '../connections/link.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import type { RateLimits } from '../connections/rate-limits.js'
import { INTRODUCE, ROUTE, TRICKLE } from '../extensions.js'
import type { Id } from '../id.js'
import { encodeFrame, type FrameView, MAX_PAYLOAD_BYTES } from '../wire/frame.js'

/** The extensions of a node at the end of a route. One that does not speak `trickle` says so in its signal. */
export const EXTENSIONS_OF_ROUTES: ReadonlySet<string> = new Set([INTRODUCE, ROUTE, TRICKLE])

/** Milliseconds without a reply before the query is repeated by another path: few round trips over two hops take longer. */
const REPEAT_AFTER = 500
/** Paths tried for one query. */
const MAX_PATHS = 4

interface Attempt {
  /** From the first neighbour to the node. */
  readonly path: readonly Id[]
  /** Whether nothing has come back on the path yet. */
  isOut: boolean
  /** Whether its relays are suspected of having lost the query. */
  isSuspected: boolean
}

/** The part of `Routes` that a route needs. */
export interface Ways {
  readonly own: Id
  findPath(id: Id): Id[] | undefined
  neighbour(id: Id | undefined): PeerConnection | undefined
  /** Notes that a frame was sent. */
  sent(): void
  /** Suspects relays: a query over them was lost. */
  suspect(relays: readonly Id[]): void
  trust(relays: readonly Id[]): void
  /** Forgets that `relay` leads to the node. */
  unlearn(id: Id, relay: Id): void
  /** Called when the query is sent, and when it is over. */
  begun(route: Route): void
  ended(route: Route): void
}

export class Route implements Link {
  readonly id: Id
  readonly isRoute = true
  readonly extensions = EXTENSIONS_OF_ROUTES
  readonly speaksRoute = true
  readonly #ways: Ways
  readonly #mayRepeat: boolean
  /** The first relay of the best path when the route was made. */
  readonly #neighbour: PeerConnection
  readonly #attempts: Attempt[] = []
  #query: SentQuery | null = null
  #payload: Buffer = Buffer.alloc(0)
  #timer: ReturnType<typeof setTimeout> | undefined
  #isLost = false

  /** @param mayRepeat whether the query may reach the node twice */
  constructor(id: Id, neighbour: PeerConnection, ways: Ways, mayRepeat: boolean) {
    this.id = id
    this.#neighbour = neighbour
    this.#ways = ways
    this.#mayRepeat = mayRepeat
  }

  /** Whether the query failed on all known paths, so that it surely reached nobody. */
  get isLost(): boolean {
    return this.#isLost
  }

  get via(): Id | null {
    return this.#neighbour.id
  }

  get isOpen(): boolean {
    return this.#neighbour.isOpen
  }

  get rateLimits(): RateLimits {
    return this.#neighbour.frameRateLimits
  }

  get lastUsed(): number {
    return this.#neighbour.lastUsed
  }

  set lastUsed(time: number) {
    this.#neighbour.lastUsed = time
  }

  send(): boolean {
    return false
  }

  sendQuery(query: SentQuery, payload: Buffer): boolean {
    this.#query = query
    this.#payload = payload
    if (payload.length > MAX_PAYLOAD_BYTES || !this.#attempt()) {
      this.#isLost = true
      return false
    }
    this.#ways.begun(this)
    if (this.#mayRepeat) this.#timer = setTimeout(() => this.#repeat(), REPEAT_AFTER)
    return true
  }

  settled(_query: SentQuery, result: 'answered' | 'missed' | 'abandoned'): void {
    clearTimeout(this.#timer)
    this.#query = null
    this.#ways.ended(this)
    if (result !== 'missed' || this.#isLost) return
    // The last relays may have invented the node; then every search near it would ask it again.
    for (const { path } of this.#attempts) this.#ways.unlearn(this.id, path.at(-2) as Id)
    for (const { path } of this.#attempts.slice(-1)) this.#ways.suspect(path.slice(0, -1))
  }

  /** Whether a reply came back along a path of the query. Others are not accepted. */
  accepts(frame: FrameView): boolean {
    const attempt = this.#attempts.find(({ path }) => isWayBack(frame, path, path.length))
    if (attempt) this.#ways.trust(attempt.path.slice(0, -1))
    return attempt !== undefined
  }

  /** Handles a failure report. @returns whether it is about a frame of this route that is still out */
  returned(frame: FrameView, isNoRoute: boolean): boolean {
    const passed = frame.pathLength - 1
    const attempt = this.#attempts.find(
      ({ path, isOut }) => isOut && path.length > passed && isWayBack(frame, path, passed)
    )
    if (!attempt) return false
    const last = attempt.path[passed - 1] as Id
    if (isNoRoute) this.#ways.unlearn(attempt.path[passed] as Id, last)
    else this.#ways.suspect([last])
    this.#failed(attempt)
    return true
  }

  /** Handles the end of the connection to a neighbour. */
  neighbourLost(id: Id): void {
    for (const attempt of this.#attempts) {
      if (!attempt.isOut || !attempt.path[0]?.equals(id)) continue
      // The neighbour may have relayed the query before.
      if (this.#mayRepeat) {
        this.#failed(attempt)
        continue
      }
      this.#attempts.length = 0 // so that no relay is suspected
      return this.#query?.miss()
    }
  }

  /** Ends it: no reply will come. */
  fail(): void {
    this.#isLost = true
    this.#query?.miss()
  }

  #attempt(): boolean {
    if (!this.#query || this.#attempts.length >= MAX_PATHS) return false
    const path = this.#ways.findPath(this.id)
    const neighbour = this.#ways.neighbour(path?.[0])
    // A node that is connected by now needs no frame: the next query takes the connection.
    if (!path || path.length < 2 || !neighbour) return false
    if (this.#attempts.some(attempt => isSamePath(attempt.path, path))) return false
    const frame = {
      transaction: this.#query.transaction,
      path: [this.#ways.own, ...path],
      position: 1,
      payload: this.#payload,
      failure: null
    }
    if (!neighbour.send(encodeFrame(frame))) return false
    this.#ways.sent()
    this.#attempts.push({ path, isOut: true, isSuspected: false })
    return true
  }

  /** Sends the query by another path. If none is known, one may be by the next time. */
  #repeat(): void {
    for (const attempt of this.#attempts) {
      if (attempt.isOut && !attempt.isSuspected) this.#ways.suspect(attempt.path.slice(0, -1))
      attempt.isSuspected = true
    }
    this.#attempt()
    if (this.#attempts.length < MAX_PATHS) this.#timer = setTimeout(() => this.#repeat(), REPEAT_AFTER)
  }

  /** An attempt failed: tries the next path, or fails the query. */
  #failed(attempt: Attempt): void {
    attempt.isOut = false
    if (!this.#attempt() && !this.#attempts.some(({ isOut }) => isOut)) this.fail()
  }
}

/** Whether a frame came back along the first `count` nodes of a path. */
function isWayBack(frame: FrameView, path: readonly Id[], count: number): boolean {
  if (frame.pathLength !== count + 1) return false
  for (let i = 0; i < count; i++) {
    if (!frame.idAt(count - 1 - i).equals(path[i] as Id)) return false
  }
  return true
}

function isSamePath(a: readonly Id[], b: readonly Id[]): boolean {
  return a.length === b.length && a.every((id, i) => id.equals(b[i] as Id))
}
