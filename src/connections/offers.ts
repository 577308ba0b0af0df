/**
 * Offers are leased: one that nobody answered serves the next query. An unanswered offer costs 70 kB and no CPU, while
 * each new one costs an `RTCPeerConnection`.
 */

import type { Description } from '../simple-peer.js'
import type { ConnectionFactory } from './factory.js'
import type { PeerConnection } from './peer-connection.js'

/** Offers kept for the next queries: a lookup among nodes without our extensions has up to 32 out at a time. */
const MAX_POOLED = 16

/** The use of an offer. It ends with one call of `use`, `giveBack` or `discard`. */
export interface Lease {
  readonly offer: Description
  /** Hands over the connection, for the answer that came. */
  use(): PeerConnection
  /** Nobody has seen the offer, or whoever has did not answer it: it can serve again. */
  giveBack(): void
  /** Somebody may be answering it, unknown to us: it cannot serve again. */
  discard(): void
}

interface Pooled {
  connection: PeerConnection
  offer: Description
  madeAt: number
}

export class OfferPool {
  readonly #factory: ConnectionFactory
  readonly #maxAge: number
  #pooled: Pooled[] = []

  /** @param maxAge milliseconds that an offer is kept: NATs forget the addresses that it names */
  constructor(factory: ConnectionFactory, maxAge: number) {
    this.#factory = factory
    this.#maxAge = maxAge
  }

  /** Offers that wait for their next use. */
  get count(): number {
    return this.#pooled.filter(({ connection }) => !connection.isClosed).length
  }

  /**
   * Takes an offer from the pool, or makes one.
   *
   * @param isCareful a new one for a surer connection, after an attempt has failed
   * @throws WebTorrentDHTError if no connection can be made
   */
  async lease(isCareful = false): Promise<Lease> {
    const pooled = (!isCareful && this.#takePooled()) || (await this.#make(isCareful))
    return this.#createLease(pooled)
  }

  /** Takes up to `count` offers; fewer, or none, if no more connections can be made. */
  async leaseMany(count: number): Promise<Lease[]> {
    const results = await Promise.allSettled(Array.from({ length: count }, () => this.lease()))
    return results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  }

  #takePooled(): Pooled | undefined {
    this.#pooled = this.#pooled.filter(pooled => !pooled.connection.isClosed)
    const isOld = (pooled: Pooled) => Date.now() - pooled.madeAt > this.#maxAge
    for (const old of this.#pooled.filter(isOld)) old.connection.close('unused offer')
    this.#pooled = this.#pooled.filter(pooled => !pooled.connection.isClosed)
    return this.#pooled.shift()
  }

  async #make(isCareful: boolean): Promise<Pooled> {
    const connection = await this.#factory.create(true, isCareful)
    return { connection, offer: await connection.description, madeAt: Date.now() }
  }

  #createLease(pooled: Pooled): Lease {
    return {
      offer: pooled.offer,
      use: () => pooled.connection,
      giveBack: () => {
        if (pooled.connection.isClosed) return
        if (this.#pooled.length < MAX_POOLED) this.#pooled.push(pooled)
        else pooled.connection.close('unused offer')
      },
      discard: () => pooled.connection.close('unused offer')
    }
  }
}
