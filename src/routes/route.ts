/**
 * A way to a node over the connections of others, for one query. It is as good as a connection, and costs none. A frame that cannot
 * be passed on, or seems to be lost, goes again by another path, if one is known.
 */

import type { Link, SentQuery } from '../connections/link.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import type { RateLimits } from '../connections/rate-limits.js'
import { INTRODUCE, ROUTE } from '../extensions.js'
import type { Id } from '../id.js'
import { encodeFrame, type FrameView, MAX_PAYLOAD_BYTES } from '../wire/frame.js'

/** A node that takes frames speaks these. */
export const EXTENSIONS_OF_ROUTES: ReadonlySet<string> = new Set([INTRODUCE, ROUTE])

/** Milliseconds without a reply after which a query goes by another path as well: few round trips over two hops take longer. */
const REPEAT_AFTER = 500
/** Paths that one query is sent on. */
const MAX_PATHS = 4

interface Attempt {
  /** From the first neighbour to the node. */
  readonly path: readonly Id[]
  /** Whether nothing has come back on it. */
  isOut: boolean
}

/** What a route needs of those who know the ways. */
export interface Ways {
  readonly own: Id
  findPath(id: Id): Id[] | undefined
  neighbour(id: Id | undefined): PeerConnection | undefined
  /** A frame was sent. */
  sent(): void
  /** Queries over these relays were lost: one of them may have dropped them. */
  suspect(relays: readonly Id[]): void
  trust(relays: readonly Id[]): void
  /** `relay` does not lead to the node. */
  unlearn(id: Id, relay: Id): void
  /** Called while a query is on its way, and when it no longer is. */
  begun(route: Route): void
  ended(route: Route): void
}

export class Route implements Link {
  readonly id: Id
  readonly isRoute = true
  readonly extensions = EXTENSIONS_OF_ROUTES
  readonly #ways: Ways
  readonly #mayRepeat: boolean
  /** The neighbour that it leads over, as far as that is known now. */
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

  /** Whether the query has reached nobody, and no other path is known. */
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
    // The last relays may have invented the node, and it would be asked again in each search near it.
    for (const { path } of this.#attempts) this.#ways.unlearn(this.id, path.at(-2) as Id)
    for (const { path } of this.#attempts.slice(-1)) this.#ways.suspect(path.slice(0, -1))
  }

  /** Whether a reply came the way that the query went: only then is it one. */
  accepts(frame: FrameView): boolean {
    const attempt = this.#attempts.find(({ path }) => isWayBack(frame, path, path.length))
    if (attempt) this.#ways.trust(attempt.path.slice(0, -1))
    return attempt !== undefined
  }

  /** Takes a report that a frame was not passed on; says whether it is about one that is on its way. */
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

  /** The connection to a neighbour is gone. */
  neighbourLost(id: Id): void {
    for (const attempt of this.#attempts) {
      if (!attempt.isOut || !attempt.path[0]?.equals(id)) continue
      // The neighbour may have passed it on before.
      if (this.#mayRepeat) {
        this.#failed(attempt)
        continue
      }
      this.#attempts.length = 0 // no relay is to blame
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
    // A node that is connected by now has no use for a frame, and whoever asks it takes the connection next time.
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
    this.#attempts.push({ path, isOut: true })
    return true
  }

  #repeat(): void {
    for (const { path, isOut } of this.#attempts) if (isOut) this.#ways.suspect(path.slice(0, -1))
    if (this.#attempt()) this.#timer = setTimeout(() => this.#repeat(), REPEAT_AFTER)
  }

  /** An attempt came to nothing: the next one, or the end. */
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
