/** How near those are who hand descriptions on: what is near may name candidates that are near. */

import type { ResolvedOptions } from '../options.js'
import { isLoopback, type Place } from '../place.js'
import type { SimplePeer } from '../simple-peer.js'
import { type AddressKind, addressKind, isNear, withoutBrackets } from '../wire/address-kind.js'
import {
  checkingTime,
  hideLocalAddresses,
  type KindOf,
  limitCandidates,
  limitMoreCandidates,
  type Reach
} from '../wire/candidates.js'
import type { Description } from '../wire/description.js'
import { type Checks, limitChecks } from './checks.js'
import { OwnNat } from './own-nat.js'

/** Hosts to listen on that mean "any". */
const ANY = ['0.0.0.0', '::', '[::]', '']

export class Surroundings {
  readonly kindOf: KindOf
  readonly ownNat: OwnNat
  readonly #bootstrap: readonly Place[]
  #isLocal: boolean

  constructor({
    bootstrap,
    entrances,
    httpAddress,
    platform
  }: Pick<ResolvedOptions, 'bootstrap' | 'entrances' | 'httpAddress' | 'platform'>) {
    this.kindOf = platform.addressKind ?? addressKind
    this.ownNat = new OwnNat(this.kindOf)
    this.#bootstrap = bootstrap
    this.#isLocal = !httpAddress || isNear(httpAddress.address)
    for (const { host } of bootstrap) this.noteHost(host)
    if (!entrances.every(({ isLocal }) => isLocal)) this.#isLocal = false
  }

  /** Whether this node listens and joins on this machine and in private networks only: no stranger comes from elsewhere. */
  get isLocal(): boolean {
    return this.#isLocal
  }

  /** Notes a place that this node dials. @param host as `parseHost` gives it */
  noteHost(host: string): void {
    if (this.isFar(host)) this.#isLocal = false
  }

  /** Notes where this node listens. */
  noteListening(host: string): void {
    if (ANY.includes(host)) this.#isLocal = false
    else this.noteHost(host)
  }

  /** Whether a place is neither on this machine nor in a private network. @param host as `parseHost` gives it */
  isFar(host: string): boolean {
    return !isNear(host) || this.#kindOfHost(host) === 'public'
  }

  /** Notes that somebody came from elsewhere: a proxy lets strangers in. */
  noteStranger(): void {
    this.#isLocal = false
  }

  /** The reach of who sends from an IP address; '' if it is not known. */
  ofAddress(address: string): Reach {
    const kind = this.kindOf(address)
    if (kind === 'public') return kind
    if (this.#isLocal) return 'loopback'
    return kind === 'unusable' ? 'public' : kind
  }

  /** The reach of a neighbour, by the address that ICE has selected. Browsers often do not tell it. */
  ofNeighbour(peer: Pick<SimplePeer, 'remoteAddress' | 'localAddress'> | undefined): Reach {
    const { remoteAddress = '', localAddress } = peer ?? {}
    const isHere = remoteAddress !== '' && remoteAddress === localAddress
    return isHere ? 'loopback' : this.ofAddress(remoteAddress)
  }

  /**
   * The reach of a server that was dialled. Nobody says to which address a name led: the user's own bootstrap nodes are believed, and
   * those that strangers have named are not.
   */
  ofPlace({ host }: Pick<Place, 'host'>): Reach {
    const kind = this.#kindOfHost(host)
    if (kind !== 'unusable') return this.ofAddress(withoutBrackets(host))
    if (this.#isLocal || isLoopback(host)) return 'loopback'
    return isNear(host) || this.#bootstrap.some(place => place.host === host) ? 'private' : 'public'
  }

  /** The reach of whoever comes through an entrance. @param isLocal whether it leads nowhere but to this machine and its network */
  ofEntrance(isLocal: boolean): Reach {
    if (!isLocal) return 'public'
    return this.#isLocal ? 'loopback' : 'private'
  }

  /** A description of this node's own as it is shown there: private addresses are for those who are near. */
  show<D extends Description>(description: D, reach: Reach): D {
    if (reach === 'private' || reach === 'loopback') return description
    return { ...description, sdp: hideLocalAddresses(description.sdp, this.kindOf) }
  }

  /** A description without the candidates that whoever handed it on may not name. */
  limit<D extends Description>(description: D, reach: Reach): D {
    const isMate = this.ownNat.matesIn(description, reach)
    return { ...description, sdp: limitCandidates(description.sdp, reach, this.kindOf, isMate) }
  }

  /** Those of more candidates that may follow, within the limits of one description. @param used those that are checked already */
  limitMore(used: readonly string[], more: readonly string[], reach: Reach): string[] {
    return limitMoreCandidates(used, more, reach, this.kindOf)
  }

  /**
   * Limits how long the candidates of a description are checked while none answers; calls back when it is over.
   *
   * @returns the limit; `null` if there is none
   */
  limitChecks(peer: SimplePeer, { sdp }: Description, onUnanswered: () => void): Checks | null {
    return this.#isLocal ? null : limitChecks(peer, checkingTime(sdp), onUnanswered)
  }

  #kindOfHost(host: string): AddressKind {
    return this.kindOf(withoutBrackets(host))
  }
}
