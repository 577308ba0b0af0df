/**
 * Leases offers: an unanswered offer serves the next query. Keeping an offer costs 70 kB and no CPU; a new one costs an
 * `RTCPeerConnection`.
 */

import type { Counters } from '../counters.js'
import { FOR_NODE } from '../proofs.js'
import type { Description } from '../wire/description.js'
import { isReached } from './checks.js'
import type { ConnectionFactory } from './factory.js'
import type { LateWay } from './late-way.js'
import type { PeerConnection } from './peer-connection.js'

/** Offers kept for later queries. A lookup among nodes without our extensions has up to 32 out at a time. */
const MAX_POOLED = 16

/** A leased offer. The lease ends with one call of `use`, `giveBack` or `discard`. */
export interface Lease {
  /**
   * The offer. Rejects if the connection is closed before.
   *
   * @param way on which candidates follow it
   * @param isWhole whether it waits for all of them; by default without a way
   */
  describe(way?: LateWay | null, isWhole?: boolean): Promise<Description>
  /** The purpose that its proof and that of its answer are for. */
  readonly purpose: string
  /** Whether ICE has heard the node that answered. */
  isReached(): boolean
  /** The connection, to accept the answer. */
  use(): PeerConnection
  /** No node will answer the offer: it can serve again. */
  giveBack(): void
  /** A node may still answer the offer: it cannot serve again. */
  discard(): void
}

interface Pooled {
  connection: PeerConnection
  madeAt: number
}

export class OfferPool {
  readonly #factory: ConnectionFactory
  readonly #maxAge: number
  readonly #counters: Counters
  #pooled: Pooled[] = []

  /** @param maxAge milliseconds that an offer is kept: NATs forget the addresses in it */
  constructor(factory: ConnectionFactory, maxAge: number, counters: Counters) {
    this.#factory = factory
    this.#maxAge = maxAge
    this.#counters = counters
  }

  /** Offers in the pool. */
  get count(): number {
    return this.#pooled.filter(({ connection }) => !connection.isClosed).length
  }

  /**
   * Takes an offer from the pool, or makes one.
   *
   * @param isCareful makes a new offer of the slower, surer kind, after a failed attempt
   * @param due from when on the offer leaves with the candidates that it has then
   * @throws WebTorrentDHTError if no connection can be made
   */
  async lease(isCareful = false, due?: Promise<void>): Promise<Lease> {
    const kept = isCareful ? undefined : this.#takePooled()
    const pooled = kept ?? (await this.#make(isCareful, due))
    this.#counters.offers.leased++
    if (kept) this.#counters.offers.reused++
    return this.#createLease(pooled)
  }

  /** Takes up to `count` offers; fewer, or none, if no more connections can be made. */
  async leaseMany(count: number): Promise<Lease[]> {
    const results = await Promise.allSettled(Array.from({ length: count }, () => this.lease()))
    return results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  }

  #takePooled(): Pooled | undefined {
    this.#pooled = this.#pooled.filter(pooled => !pooled.connection.isClosed)
    const isOld = (pooled: Pooled) => performance.now() - pooled.madeAt > this.#maxAge
    for (const old of this.#pooled.filter(isOld)) old.connection.close('unused offer')
    this.#pooled = this.#pooled.filter(pooled => !pooled.connection.isClosed)
    const pooled = this.#pooled.shift()
    if (pooled) pooled.connection.isSpareOffer = false
    return pooled
  }

  /** Closes the offers in the pool: their candidates are of a network that this machine may have left. */
  clear(): void {
    for (const { connection } of this.#pooled.splice(0)) connection.close('unused offer')
  }

  async #make(isCareful: boolean, due?: Promise<void>): Promise<Pooled> {
    const connection = await this.#factory.create(true, isCareful)
    void due?.then(() => connection.gathering.hurry())
    await connection.describe(false)
    return { connection, madeAt: performance.now() }
  }

  #createLease(pooled: Pooled): Lease {
    return {
      describe: (way = null, isWhole = !way) => describe(pooled.connection, way, isWhole),
      purpose: FOR_NODE,
      isReached: () => isReached(pooled.connection.peer),
      use: () => pooled.connection,
      giveBack: () => {
        if (pooled.connection.isClosed) return
        pooled.connection.stopTrickling()
        if (this.#pooled.length >= MAX_POOLED) return pooled.connection.close('unused offer')
        pooled.connection.isSpareOffer = true
        this.#pooled.push(pooled)
      },
      discard: () => pooled.connection.close('unused offer')
    }
  }
}

async function describe(
  connection: PeerConnection,
  way: LateWay | null,
  isWhole: boolean
): Promise<Description> {
  const offer = await connection.describe(isWhole)
  if (way) connection.trickleOver(way, offer)
  return offer
}
