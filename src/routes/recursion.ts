/**
 * Recursive queries (extension `route`, bep.md): a node that gets one answers it, and passes it on to a neighbour that is nearer to
 * its target. The replies of all on the way come in the time of one round trip to the target; a search that asks one node after the
 * other needs a round trip to each of them. Of the neighbours that are nearer, a quick one gets it rather than the nearest:
 * proximity routing (Gummadi and others, The impact of DHT routing geometry on resilience and proximity, 4).
 */

import type { Link } from '../connections/link.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import { ROUTE } from '../extensions.js'
import { compareDistances, distance, type Id } from '../id.js'
import type { Query, Values } from '../krpc/ledger.js'
import type { ResolvedOptions } from '../options.js'
import { joinIds } from '../wire/compact.js'
import { encodeFrame, type FrameView, MAX_HOPS } from '../wire/frame.js'
import { encodeQuery } from '../wire/message.js'
import type { RelayCosts } from './relay-costs.js'
import { WayBack } from './way-back.js'

/** Cost of a bit of the distance to a target, as `RelayCosts` counts: 25 ms. In simulations 15 to 40 ms are alike. */
const COST_PER_BIT = 0.025
/**
 * Neighbours nearest to a target of which the best is chosen. With more neighbours than these, one farther away would have to be
 * 125 ms quicker.
 */
const CANDIDATES = 32

/** What becomes of a query that is passed on. */
export interface PassedOn {
  /** The ids of those that get it, one after the other. */
  next: Buffer
  /** Sends it to them. The reply, which is waited for, goes first. */
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

  /** The neighbour that a recursive query of this node's own goes to; `undefined` if none takes it. */
  firstTowards(target: Id): PeerConnection | undefined {
    return this.#best(target, this.#neighboursBy(target, CANDIDATES, []))
  }

  /**
   * Decides whom a query is passed on to that has come in: a neighbour that is nearer to its target, or, if it has arrived, those
   * around the target. A node that asked this one directly knows about as many of these itself, and asks them sooner.
   *
   * @returns `undefined` if there is nobody
   */
  passOn(asker: Link, transaction: Buffer, method: string, target: Id, query: object): PassedOn | undefined {
    if (!asker.extensions.has(ROUTE) || asker.id === null) return undefined
    const path = asker instanceof WayBack ? asker.path : [asker.id, this.#table.id]
    if (path.length > MAX_HOPS) return undefined
    const best = this.#hasArrived(target) ? undefined : this.#bestNearer(target, path)
    if (!best && path.length === 2) return undefined
    const chosen = best ? [best] : this.#neighboursBy(target, this.#options.lookupWidth - 1, path)
    const next = chosen.filter(connection => this.#mayPass(asker, connection))
    if (next.length === 0) return undefined
    const { signals: _, recursive, ...args } = query as Values // offers are for the node that got them
    const payload = encodeQuery(transaction, method, best ? { ...args, recursive } : args)
    return {
      next: joinIds(next.map(({ id }) => id as Id)),
      send: () => {
        for (const connection of next) this.#pass(connection, transaction, path, payload)
      }
    }
  }

  /**
   * Takes a reply by a node that a query of this node's was passed on to; says whether it is one. It must come over the neighbour
   * that got the query, and counts once for each node.
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

  /** Whether a target is among the nodes nearest to this one: it knows all of these, so nobody need be asked who is around. */
  #hasArrived(target: Id): boolean {
    const { id: own } = this.#table
    const farthest = this.#neighboursBy(own, this.#options.lookupWidth, [])[this.#options.lookupWidth - 1]
    return farthest !== undefined && compareDistances(own, target, farthest.id as Id) < 0
  }

  #bestNearer(target: Id, path: readonly Id[]): PeerConnection | undefined {
    const isNearer = ({ id }: PeerConnection) => compareDistances(target, id as Id, this.#table.id) < 0
    return this.#best(target, this.#neighboursBy(target, CANDIDATES, path).filter(isNearer))
  }

  /** The neighbours that are on no path yet, the nearest to the target first. */
  #neighboursBy(target: Id, count: number, path: readonly Id[]): PeerConnection[] {
    return this.#table.nearest(
      target,
      count,
      ({ takesFrames, id }) => takesFrames && !path.some(other => other.equals(id as Id))
    )
  }

  /** The one over which a query is likely to be at its target first. */
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

  /** As for a frame that a relay passes on. */
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
