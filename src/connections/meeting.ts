/**
 * Decides whether two nodes can meet at all. A symmetric NAT shows each other end a port of its own, which nobody can know before. A
 * packet to the other end gets through if that is behind no NAT, or behind one that lets everybody in; from behind a NAT that lets in
 * only what was asked for, as nearly all do, no packet ever gets back. STUN does not tell these two apart. So `symmetric` and `nat` do
 * not meet here: a DHT has other nodes and routes, and a dial that is over at once can go another way.
 */

import { WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import type { Description } from '../wire/description.js'
import { type NatKind, readNatLine, writeNatLine } from '../wire/nat-line.js'
import { type Places, placesIn, shareSubnet } from '../wire/places.js'
import type { Network, NetworkKind } from './network.js'
import type { Surroundings } from './surroundings.js'

const MINUTES = 60 * 1000
/** Milliseconds that a node is not asked for a connection again: networks change. */
const HOPELESS_TIME = 5 * MINUTES
/** Nodes that are remembered. Beyond that the oldest is forgotten, and costs one question more. */
const MAX_HOPELESS = 256

/** One of two nodes: what it says of its NAT, and the ways to it. */
export interface End {
  /** `undefined`: not known, or no hindrance. */
  kind: NatKind | undefined
  places: Places
}

/** Whether a connection between two nodes can open, as far as is known. */
export function canMeet(one: End, other: End): boolean {
  const ends = [one, other]
  if (ends.some(({ kind, places }) => kind === 'blocked' && !places.isRelayed)) return mayBeNear(one, other)
  if (ends.some(({ places }) => places.isRelayed || places.isPublic)) return true
  if (ends.every(({ places }) => places.hasIPv6) || ends.some(({ kind }) => kind === undefined)) return true
  return ends.every(({ kind }) => kind !== 'symmetric') || mayBeNear(one, other)
}

/** Behind one NAT, or perhaps, where a public address is not known. */
function mayBeNear({ places: one }: End, { places: other }: End): boolean {
  if (one.reflexive.size > 0 && other.reflexive.size > 0) {
    return [...one.reflexive].some(address => other.reflexive.has(address))
  }
  const areTabs = one.hasNames && other.hasNames && one.reflexive.size === other.reflexive.size
  return areTabs || shareSubnet(one.hosts, other.hosts)
}

export class Meeting {
  readonly #network: Network
  readonly #surroundings: Pick<Surroundings, 'ownNat' | 'kindOf'>
  /** Until when a node is not asked, by its id in hex; the oldest first. */
  readonly #hopeless = new Map<string, number>()

  constructor(network: Network, surroundings: Pick<Surroundings, 'ownNat' | 'kindOf'>) {
    this.#network = network
    this.#surroundings = surroundings
    network.on('change', () => this.#hopeless.clear())
  }

  /** Whether few others can be met without a TURN server. */
  get isHard(): boolean {
    const { kind } = this.#network
    return kind === 'symmetric' || kind === 'blocked'
  }

  /**
   * A description of this node's own, saying which NAT it is behind.
   *
   * @param isDial where UDP is blocked, offers to servers are the trial whether it still is; those of dials are not
   */
  describe<Given extends Description>(description: Given, isDial = false): Given {
    this.#surroundings.ownNat.note(description)
    const kind = toNatKind(this.#network.kind)
    return writeNatLine(description, kind === 'blocked' && !isDial ? undefined : kind)
  }

  /**
   * Whether a connection to the maker of a description can open.
   *
   * @param own this node's own description, if it is made already
   * @param hasTurn whether this node's own will have a relayed candidate
   */
  isPossible(
    theirs: Description,
    { own, hasTurn = false }: { own?: Description; hasTurn?: boolean } = {}
  ): boolean {
    const { kindOf, ownNat } = this.#surroundings
    const places = own ? placesIn(own.sdp, kindOf) : ownNat.places
    const ours = { ...places, isRelayed: own ? places.isRelayed : hasTurn }
    return canMeet(
      { kind: toNatKind(this.#network.kind), places: ours },
      { kind: readNatLine(theirs), places: placesIn(theirs.sdp, kindOf) }
    )
  }

  /** Notes that a node cannot be met. */
  note(id: Id): void {
    this.#hopeless.delete(id.hex)
    this.#hopeless.set(id.hex, performance.now() + HOPELESS_TIME)
    const [oldest] = this.#hopeless.keys()
    if (this.#hopeless.size > MAX_HOPELESS && oldest !== undefined) this.#hopeless.delete(oldest)
  }

  /** Whether a node was found to be one that cannot be met, some minutes ago at most. */
  isHopeless(id: Id): boolean {
    return (this.#hopeless.get(id.hex) ?? 0) > performance.now()
  }
}

/** The error of two nodes that cannot meet. */
export function cannotMeet(): WebTorrentDHTError {
  const reason = 'the NATs of the two nodes let no connection through, and neither has a TURN server'
  return new WebTorrentDHTError('ECANNOTMEET', reason)
}

function toNatKind(kind: NetworkKind): NatKind | undefined {
  return kind === 'public' || kind === 'unknown' ? undefined : kind
}
