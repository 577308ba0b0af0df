/**
 * The NAT that this node is behind, as its own descriptions show it. Few NATs send a packet back in that is for their own public
 * address. So nodes behind one NAT need the private addresses of each other, which no other stranger may name.
 */

import type { IsMate, KindOf, Reach } from '../wire/candidates.js'
import type { Description } from '../wire/description.js'
import { NO_PLACES, type Places, placesIn, shareSubnet } from '../wire/places.js'

/** Public addresses that are remembered: an office may have several, and a phone changes its own. */
const MAX_ADDRESSES = 4
/** Of home and office networks (RFC 1918). */
const HOME = /^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\./

export class OwnNat {
  readonly #kindOf: KindOf
  #latest: Places = NO_PLACES
  /** The latest last. */
  #addresses: string[] = []

  constructor(kindOf: KindOf) {
    this.#kindOf = kindOf
  }

  /** Takes over what a description of this node's own shows. */
  note({ sdp }: Description): void {
    if (!sdp.includes('a=candidate:')) return
    this.#latest = placesIn(sdp, this.#kindOf)
    const fresh = [...this.#latest.reflexive]
    this.#addresses = [...this.#addresses.filter(old => !fresh.includes(old)), ...fresh].slice(-MAX_ADDRESSES)
  }

  /** Forgets all: this node is in another network. */
  forget(): void {
    this.#latest = NO_PLACES
    this.#addresses = []
  }

  /** Of the latest description, with the public addresses of those before. */
  get places(): Places {
    return { ...this.#latest, reflexive: new Set(this.#addresses) }
  }

  /**
   * The private hosts that a description may name, because it comes from behind the same NAT, as it says. They are of this node's own
   * network; a page does not know that, so that any home network will do.
   *
   * @param reach of whoever handed it on
   */
  matesIn({ sdp }: Description, reach: Reach): IsMate | undefined {
    if (reach === 'foreign') return undefined
    const { reflexive, hosts, hasNames } = this.places
    const isMate = [...placesIn(sdp, this.#kindOf).reflexive].some(address => reflexive.has(address))
    if (!isMate) return undefined
    return address => shareSubnet([address], hosts) || (hasNames && hosts.length === 0 && HOME.test(address))
  }
}
