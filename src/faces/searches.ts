/**
 * The searches of a DHT: each waits for the first attempt to join and for connections that are being made, and finds the closest nodes
 * that can be reached.
 */

import { closedError } from '../errors.js'
import { Id } from '../id.js'
import { RememberedSearches } from '../searching/remembered-searches.js'
import type { BittorrentDHT, Visit } from '../upstream.js'
import type { KRPCWebRTC } from './k-rpc-webrtc.js'

/** Milliseconds that the search of a young node waits for connections that are being made. */
const SETTLING_TIME = 500

type Closest = BittorrentDHT['_closest']

export class Searches {
  readonly #dht: Pick<BittorrentDHT, 'destroyed'>
  readonly #krpc: KRPCWebRTC
  readonly #closest: Closest
  readonly #beginning: () => Promise<void> | null
  readonly #remembered: RememberedSearches

  /**
   * @param closest upstream's search, which puts what it finds into `_tables`
   * @param beginning the first attempt to join, while it lasts and no node is connected
   */
  constructor(
    dht: Pick<BittorrentDHT, 'destroyed' | '_tables'>,
    krpc: KRPCWebRTC,
    closest: Closest,
    beginning: () => Promise<void> | null
  ) {
    this.#beginning = beginning
    this.#dht = dht
    this.#krpc = krpc
    this.#closest = closest
    this.#remembered = new RememberedSearches(dht._tables, {
      width: krpc.options.lookupWidth,
      isDense: (target, sorted) => krpc.density.isDense(target, sorted),
      canReach: address => krpc.node.destinations.canReach(address)
    })
  }

  /** Forgets what a search has found if too much of it cannot be reached. */
  refresh(target: Id): void {
    this.#remembered.refresh(target)
  }

  /** Searches once this node has joined, or has tried to, and once what is being connected is. */
  whenSettled(...args: Parameters<Closest>): void {
    const beginning = this.#beginning()
    if (beginning) void beginning.then(() => this.#whenConnected(...args))
    else this.#whenConnected(...args)
  }

  /** A connection that is about to open may lead to the only node that knows the answer. */
  #whenConnected(...args: Parameters<Closest>): void {
    const { destinations } = this.#krpc.node
    const isYoung = this.#krpc.nodes.count() < this.#krpc.options.lookupWidth && destinations.isConnecting
    if (isYoung) destinations.whenSettled(SETTLING_TIME).then(() => this.now(...args))
    else this.now(...args)
  }

  now(...[target, query, onReply, callback]: Parameters<Closest>): void {
    if (this.#dht.destroyed) return process.nextTick(callback, closedError())
    let isStopped = false
    const visit: Visit = (reply, from) => {
      isStopped = onReply?.(reply, from) === false
      return !isStopped
    }
    this.#closest(target, query, visit, (error, visited) => {
      if (error) return callback(error)
      this.#remembered.found(Id.of(target))
      callback(visited === 0 ? this.#krpc.node.missingWebRTC : error, visited)
      // Upstream would announce and put for five minutes to nobody, or to what a search met that was ended early.
      if (visited === 0 || isStopped) this.#remembered.forget(Id.of(target))
    })
  }
}
