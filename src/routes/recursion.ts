/**
 * Recursive queries (extension `route`, bep.md): who gets one answers it, and passes it on to a neighbour that is nearer to its
 * target. The replies of all on the way come in the time of one round trip to the target; a search that asks one node after the
 * other needs a round trip to each of them. Of the neighbours that are nearer, a quick one gets it rather than the nearest:
 * proximity routing (Gummadi and others, The impact of DHT routing geometry on resilience and proximity, 4).
 */

import type { Link } from '../connections/link.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import { ROUTE } from '../extensions.js'
import type { ResolvedOptions } from '../options.js'
import { KBucket, type KRPCMessage, type Peer } from '../upstream.js'
import { encode } from '../wire/bencode.js'
import { encodeFrame, type Frame, MAX_HOPS } from '../wire/frame.js'
import type { RelayCosts } from './relay-costs.js'
import { Route } from './route.js'

/** Milliseconds after which a reply to a recursive query is no longer taken. */
const LIFETIME = 10_000

/** What a bit of the distance to a target costs, as `RelayCosts` counts: 25 ms. In simulations 15 to 40 ms are alike. */
const COST_PER_BIT = 0.025

/** Gets what a node replied that the query was passed on to. */
export type OnPassedOn = (values: Record<string, unknown>, from: Peer & { id: Buffer }) => void

/** What becomes of a query that is passed on. */
export interface PassedOn {
  /** The ids of those that get it, one after the other. */
  next: Buffer
  /** Sends it to them. The reply, which is waited for, goes first. */
  send(): void
}

interface Neighbour {
  connection: PeerConnection
  distance: number
}

/** A recursive query of this node's own. */
interface Sent {
  /** The neighbour that it went to, or over, in hex. */
  neighbour: string
  sentAt: number
  onReply: OnPassedOn
  /** In hex. */
  repliedBy: Set<string>
}

export class Recursion {
  readonly #options: ResolvedOptions
  readonly #table: ConnectionTable
  readonly #costs: RelayCosts
  /** By transaction id in hex. */
  readonly #sent = new Map<string, Sent>()

  constructor(options: ResolvedOptions, table: ConnectionTable, costs: RelayCosts) {
    this.#options = options
    this.#table = table
    this.#costs = costs
  }

  /** The neighbour that a recursive query of this node's own goes to; `undefined` if none takes it. */
  firstTowards(target: Buffer): PeerConnection | undefined {
    return this.#best(this.#neighboursBy(target, []))?.connection
  }

  /**
   * Decides whom a query is passed on to that has come in: a neighbour that is nearer to its target, or, if it has arrived, those
   * around the target. Whoever asked this node directly knows about as many of these itself, and asks them sooner.
   *
   * @returns `undefined` if it is not recursive, or there is nobody
   */
  passOn(asker: Link, { t, q, a = {} }: KRPCMessage): PassedOn | undefined {
    const { recursive, signals: _, ...args } = a // offers are for who got them
    const target = args.target ?? args.info_hash
    if (recursive !== 1 || !asker.extensions.has(ROUTE) || !Buffer.isBuffer(target)) return undefined
    const path =
      asker instanceof Route ? asker.path : [Buffer.from(asker.id as string, 'hex'), this.#options.id]
    if (!path || path.length > MAX_HOPS) return undefined
    const known = this.#neighboursBy(target, path)
    const own = KBucket.distance(this.#options.id, target)
    const best = this.#hasArrived(own)
      ? undefined
      : this.#best(known.filter(({ distance }) => distance < own))
    if (!best && path.length === 2) return undefined
    const payload = encode({ t, y: 'q', q: String(q), a: best ? { ...args, recursive } : args })
    const next = (best ? [best] : known.slice(0, this.#options.lookupWidth - 1))
      .map(({ connection }) => connection)
      .filter(connection => this.#mayPass(asker, connection))
    if (next.length === 0) return undefined
    return {
      next: Buffer.concat(next.map(({ idBytes }) => idBytes)),
      send: () => {
        for (const connection of next) this.#pass(connection, { t, path, payload })
      }
    }
  }

  /** Notes a recursive query that goes to a neighbour now, or over it. */
  sent(transaction: Buffer, neighbour: string, onReply: OnPassedOn): void {
    const now = performance.now()
    for (const [key, { sentAt }] of this.#sent) {
      if (now - sentAt < LIFETIME) break
      this.#sent.delete(key)
    }
    const key = transaction.toString('hex')
    this.#sent.delete(key) // 65,535 queries later an id is used again
    this.#sent.set(key, { neighbour, sentAt: now, onReply, repliedBy: new Set() })
  }

  /**
   * Takes a reply by a node that a query of this node's was passed on to; says whether it is one. It must come over the neighbour
   * that got the query, and counts once for each node.
   */
  take(
    { path, transaction }: Frame,
    reply: { transaction: Buffer; values: Record<string, unknown> }
  ): boolean {
    const sent = this.#sent.get(transaction.toString('hex'))
    const ids = path
      .slice(0, -1)
      .reverse()
      .map(id => id.toString('hex'))
    const id = ids.at(-1) as string
    const isAwaited = sent && ids[0] === sent.neighbour && reply.transaction.equals(transaction)
    const mayReply =
      sent && !sent.repliedBy.has(id) && sent.repliedBy.size < MAX_HOPS + this.#options.lookupWidth
    if (!isAwaited || !mayReply) return false
    sent.repliedBy.add(id)
    const { addresses } = this.#table
    for (const [i, relay] of ids.slice(0, -1).entries()) addresses.learn(ids[i + 1] as string, relay, true)
    const address = addresses.addressOf(id)
    if (address) sent.onReply(reply.values, { ...address, id: path[0] as Buffer })
    return true
  }

  /** Whether a target is among the nodes nearest to this one: these it knows all, so nobody need be asked who is around. */
  #hasArrived(distance: number): boolean {
    const farthest = this.#neighboursBy(this.#options.id, [])[this.#options.lookupWidth - 1]
    return farthest !== undefined && distance < farthest.distance
  }

  /** The neighbours that are on no path yet, the nearest to the target first. */
  #neighboursBy(target: Buffer, path: Buffer[]): Neighbour[] {
    return [...this.#table.connections]
      .filter(({ takesFrames, idBytes }) => takesFrames && !path.some(id => id.equals(idBytes)))
      .map(connection => ({ connection, distance: KBucket.distance(connection.idBytes, target) }))
      .sort((a, b) => a.distance - b.distance)
  }

  /** The one over which a query is likely to be at its target first. */
  #best(neighbours: Neighbour[]): Neighbour | undefined {
    const costOf = ({ connection, distance }: Neighbour) =>
      this.#costs.of(connection.id as string) + COST_PER_BIT * Math.log2(distance)
    const costs = neighbours.map(costOf)
    return neighbours[costs.indexOf(Math.min(...costs))]
  }

  /** As for a frame that a relay passes on. */
  #mayPass(asker: Link, next: PeerConnection): boolean {
    const from = this.#table.get(asker.via ?? '')
    return from?.allowance.framesFrom.take() === true && next.allowance.framesTo.take()
  }

  #pass(next: PeerConnection, { t, path, payload }: { t: Buffer; path: Buffer[]; payload: Buffer }): void {
    const frame = {
      transaction: t,
      path: [...path, next.idBytes],
      position: path.length,
      payload,
      failure: null
    }
    if (next.send(encodeFrame(frame))) this.#table.counters.frames.passedOn++
  }
}
