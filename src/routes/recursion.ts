/**
 * Recursive queries (extension `route`, bep.md): a node responds to the query, and passes it on to a neighbour nearer to the target.
 * All nodes on the way reply within one round trip to the target; an iterative search needs a round trip to each of them. Among the
 * nearer neighbours a quick one is preferred to the nearest: proximity routing (Gummadi and others, The impact of DHT routing
 * geometry on resilience and proximity, 4).
 */

import type { Link } from '../connections/link.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import { compareDistances, distance, type Id } from '../id.js'
import type { Query, Values } from '../krpc/ledger.js'
import type { ResolvedOptions } from '../options.js'
import { joinIds } from '../wire/compact.js'
import { encodeFrame, type FrameView, MAX_HOPS } from '../wire/frame.js'
import { encodeQuery } from '../wire/message.js'
import type { RelayCosts } from './relay-costs.js'
import { WayBack } from './way-back.js'

/** Cost of one bit of distance to the target, in hops as in `RelayCosts`: 25 ms. In simulations 15 to 40 ms do equally well. */
const COST_PER_BIT = 0.025
/**
 * The best is chosen among this many neighbours, the nearest to the target. Any other would have to be 125 ms quicker.
 */
const CANDIDATES = 32

/** A query that is to be passed on. */
export interface PassedOn {
  /** The ids of the nodes that get it, one after the other. */
  next: Buffer
  /** Sends it to them. Call it after the reply, which is awaited. */
  send(): void
}

export class Recursion {
  readonly #options: ResolvedOptions
  readonly #table: ConnectionTable
  readonly #costs: RelayCosts

  constructor(options: ResolvedOptions, table: ConnectionTable, costs: RelayCosts) {
    this.#options = options
    this.#table = table
    this.#costs = costs
  }

  /** The neighbour to send this node's own recursive query to; `undefined` if there is none. */
  firstTowards(target: Id): PeerConnection | undefined {
    return this.#best(target, this.#neighboursBy(target, CANDIDATES, []))
  }

  /**
   * Chooses the nodes to pass a query on to: one neighbour nearer to the target; or, at the end of the way, the nodes around the
   * target. But a direct asker gets no such help at the end: it knows these nodes itself, and asks them sooner.
   *
   * @returns `undefined` if there are none
   */
  passOn(asker: Link, transaction: Buffer, method: string, target: Id, query: object): PassedOn | undefined {
    if (!asker.speaksRoute || asker.id === null) return undefined
    const path = asker instanceof WayBack ? asker.path : [asker.id, this.#table.id]
    if (path.length > MAX_HOPS) return undefined
    const best = this.#hasArrived(target) ? undefined : this.#bestNearer(target, path)
    if (!best && path.length === 2) return undefined
    const chosen = best ? [best] : this.#neighboursBy(target, this.#options.lookupWidth - 1, path)
    const next = chosen.filter(connection => this.#mayPass(asker, connection))
    if (next.length === 0) return undefined
    const { signals: _, recursive, ...args } = query as Values // offers are for the asked node alone
    const payload = encodeQuery(transaction, method, best ? { ...args, recursive } : args)
    return {
      next: joinIds(next.map(({ id }) => id as Id)),
      send: () => {
        for (const connection of next) this.#pass(connection, transaction, path, payload)
      }
    }
  }

  /**
   * Accepts the reply of a node that this node's query was passed on to. The reply must come over the neighbour that got the query;
   * only the first of each node counts.
   *
   * @returns whether it was accepted
   */
  acceptReply(query: Query, frame: FrameView, values: Values): boolean {
    const { recursive } = query
    const from = frame.idAt(0)
    const last = frame.pathLength - 2
    const isAwaited = recursive && frame.idAt(last).equals(recursive.neighbour)
    if (!isAwaited || recursive.repliedBy.has(from.hex)) return false
    if (recursive.repliedBy.size >= MAX_HOPS + this.#options.lookupWidth) return false
    recursive.repliedBy.add(from.hex)
    const { addresses } = this.#table
    for (let i = last; i > 0; i--) addresses.learn(frame.idAt(i - 1), frame.idAt(i), true)
    if (addresses.addressOf(from)) recursive.onReply(values, from)
    return true
  }

  /** Whether the target is among the nodes nearest to this one. This node knows all of them. */
  #hasArrived(target: Id): boolean {
    const { id: own } = this.#table
    const farthest = this.#neighboursBy(own, this.#options.lookupWidth, [])[this.#options.lookupWidth - 1]
    return farthest !== undefined && compareDistances(own, target, farthest.id as Id) < 0
  }

  #bestNearer(target: Id, path: readonly Id[]): PeerConnection | undefined {
    const isNearer = ({ id }: PeerConnection) => compareDistances(target, id as Id, this.#table.id) < 0
    return this.#best(target, this.#neighboursBy(target, CANDIDATES, path).filter(isNearer))
  }

  /** The neighbours that are not on the path, the nearest to the target first. */
  #neighboursBy(target: Id, count: number, path: readonly Id[]): PeerConnection[] {
    return this.#table.nearest(
      target,
      count,
      ({ takesFrames, id }) => takesFrames && !path.some(other => other.equals(id as Id))
    )
  }

  /** The neighbour over which a query probably reaches its target first. */
  #best(target: Id, neighbours: PeerConnection[]): PeerConnection | undefined {
    let best: PeerConnection | undefined
    let lowest = Number.POSITIVE_INFINITY
    for (const connection of neighbours) {
      const id = connection.id as Id
      const cost = this.#costs.of(id) + COST_PER_BIT * Math.log2(distance(id, target))
      if (cost >= lowest) continue
      lowest = cost
      best = connection
    }
    return best
  }

  /** Charges the rate limits of both neighbours, as for a relayed frame. */
  #mayPass(asker: Link, next: PeerConnection): boolean {
    const from = this.#table.get(asker.via)
    return from?.rateLimits.take('framesFrom') === true && next.rateLimits.take('framesTo')
  }

  #pass(next: PeerConnection, transaction: Buffer, path: readonly Id[], payload: Buffer): void {
    const frame = {
      transaction,
      path: [...path, next.id as Id],
      position: path.length,
      payload,
      failure: null
    }
    if (next.send(encodeFrame(frame))) this.#table.counters.frames.passedOn++
  }
}
