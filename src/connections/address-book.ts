/**
 * Gives each remote node a stable local address, because `k-rpc` keys everything by `host:port` and WebRTC has no such
 * key: a browser's remote address is undefined, an mDNS name or shared by a whole household, and it may change while the
 * connection is open. Addresses are names that mean something to this node only.
 *
 * A node gets its real IPv4 address where that is known and free, else one from 240.0.0.0/4, which no network routes
 * (RFC 1112, section 4: reserved). A node met through others has such a name from the start; its real address becomes
 * its primary one when it first connects, and from then on it stays.
 */

import { Id } from '../id.js'
import { IdTree } from '../id-tree.js'
import type { Endpoint } from '../place.js'
import { type Address, isIPv4 } from '../wire/compact.js'

/** Nodes that are remembered without a connection: those of some ten lookups. Each costs up to 1.7 kB. */
const MAX_STRANGERS = 512
/** Nodes that came to us over routes. They come unasked, so they must not take the places of those. */
const MAX_VISITORS = 256
/** Nodes that can introduce us to a node, or lead to it. More would only be tried after these have failed. */
const MAX_INTRODUCERS = 4
const MADE_UP_HOSTS = 0xf0000000
/** 240.0.0.1 to 255.255.255.254. */
const MADE_UP_HOST_COUNT = 0x0ffffffe
const MADE_UP_PORT = 1

/** A node in the book: its address here, which may change. */
export interface Located {
  readonly address: Address
}

interface Entry extends Located {
  readonly id: Id
  address: Address
  /** False while the address is made up and may be replaced by a real one. */
  isSettled: boolean
  isConnected: boolean
  aliases: Address[]
  /** The nodes that named this one: the nearest first, among these the latest. */
  introducers: Introducer[]
}

interface Introducer {
  id: Id
  /** Whether it passes frames on to the node. */
  isRelay: boolean
  /** Hops to it, as far as was known: 1 for a connected node. */
  hops: number
}

export const keyOf = ({ host, port }: Address): string => `${host}:${port}`

export class AddressBook {
  readonly #entries = new Map<string, Entry>()
  /** Those that are not connected, the one that was heard of longest ago first. */
  readonly #strangers = new Map<string, Entry>()
  readonly #strangersByDistance = new IdTree<Entry>()
  readonly #visitors = new Map<string, Entry>()
  readonly #ids = new Map<string, Id>()
  readonly #endpoints = new Map<string, Endpoint>()
  #lastHost = 0

  /** The address of a node; `undefined` for a node never heard of. */
  addressOf(id: Id): Address | undefined {
    return this.#entries.get(id.hex)?.address
  }

  /** The node at an address, connected or not. */
  idAt(address: Address): Id | undefined {
    return this.#ids.get(keyOf(address))
  }

  /** Where to dial an address that the user gave. */
  endpointAt(address: Address): Endpoint | undefined {
    return this.#endpoints.get(keyOf(address))
  }

  /** Notes a place that the user gave. One that is not an IPv4 `host:port` gets a name that is. */
  addEndpoint(endpoint: Endpoint, wanted: Address | null): Address {
    const address = wanted ?? this.#makeUp()
    this.#endpoints.set(keyOf(address), endpoint)
    return address
  }

  /** The ids of all nodes that have an address here. */
  get ids(): Id[] {
    return [...this.#entries.values()].map(({ id }) => id)
  }

  /** The nodes that are not connected, and that others have named, nearest to a target. */
  nearestStrangers(target: Id, count: number, accepts: (id: Id) => boolean): Id[] {
    return this.#strangersByDistance.nearest(target, count, ({ id }) => accepts(id)).map(({ id }) => id)
  }

  /** The nodes that named this one, the latest first. */
  introducersOf(id: Id): Id[] {
    return this.#entries.get(id.hex)?.introducers.map(introducer => introducer.id) ?? []
  }

  /** Those of them that pass frames on to the node. */
  relaysTo(id: Id): Id[] {
    return this.#entries.get(id.hex)?.introducers.flatMap(({ id, isRelay }) => (isRelay ? id : [])) ?? []
  }

  /** Notes that `introducer` knows the node; gives the node's address here. */
  learn(id: Id, introducer: Id, isRelay = false): Address {
    const entry = this.#entries.get(id.hex) ?? this.#add(id, this.#makeUp(), false)
    const { introducers } = entry
    const known = introducers.findIndex(({ id }) => id.equals(introducer))
    if (known >= 0) introducers.splice(known, 1)
    const hops = this.#hopsTo(introducer)
    // Nodes near each other name each other. A node that leads to them from outside must not be displaced by these.
    const place = introducers.findIndex(other => other.hops >= hops)
    introducers.splice(place < 0 ? introducers.length : place, 0, {
      id: ownCopyOf(introducer),
      isRelay,
      hops
    })
    if (introducers.length > MAX_INTRODUCERS) introducers.pop()
    if (this.#visitors.delete(id.hex) || this.#strangers.has(id.hex)) this.#heardOf(entry)
    return entry.address
  }

  /** Notes that a node came to us over a route, of which `relay` is the next to it: a claim, which stands behind what was asked. */
  visited(id: Id, relay: Id): Address {
    const entry = this.#entries.get(id.hex) ?? this.#add(id, this.#makeUp(), false, false)
    const isNews = entry.introducers.every(({ id }) => !id.equals(relay))
    if (isNews && entry.introducers.length < MAX_INTRODUCERS)
      entry.introducers.push({ id: ownCopyOf(relay), isRelay: true, hops: Number.POSITIVE_INFINITY })
    if (!entry.isConnected && !this.#strangers.has(id.hex)) this.#touch(this.#visitors, entry, MAX_VISITORS)
    return entry.address
  }

  /** Notes that `relay` does not lead to the node. */
  unlearn(id: Id, relay: Id): void {
    const entry = this.#entries.get(id.hex)
    if (entry) entry.introducers = entry.introducers.filter(introducer => !introducer.id.equals(relay))
  }

  /**
   * Gives a node that has just connected its address, which it keeps from now on.
   *
   * @param dialled where it was reached over HTTP: there it is found again, so that place is taken from a node that had it
   * @param observed its real address, where known
   */
  connected(id: Id, dialled: Address | null, observed: Address | null): Located {
    this.#strangers.delete(id.hex)
    this.#strangersByDistance.delete(id)
    this.#visitors.delete(id.hex)
    if (dialled) this.#takeAway(dialled, id)
    const real = dialled ?? (observed && this.#isUsable(observed) ? observed : null)
    const entry = this.#entries.get(id.hex) ?? this.#add(id, real ?? this.#makeUp(), real !== null, false)
    if (real && !entry.isSettled && keyOf(real) !== keyOf(entry.address)) {
      entry.aliases.push(entry.address)
      entry.address = real
    } else if (dialled && keyOf(dialled) !== keyOf(entry.address)) {
      entry.aliases.push(dialled)
    }
    for (const address of [entry.address, ...entry.aliases]) this.#ids.set(keyOf(address), id)
    entry.isSettled = true
    entry.isConnected = true
    return entry
  }

  /** Notes that a node's connection is gone: it is kept for a while, and forgotten when room is needed. */
  disconnected(id: Id): void {
    const entry = this.#entries.get(id.hex)
    if (!entry) return
    entry.isConnected = false
    this.#heardOf(entry)
  }

  #hopsTo(id: Id): number {
    const entry = this.#entries.get(id.hex)
    if (!entry || entry.isConnected) return 1
    return 1 + Math.min(...entry.introducers.map(({ hops }) => hops))
  }

  #add(given: Id, address: Address, isSettled: boolean, isStranger = true): Entry {
    const id = ownCopyOf(given)
    const entry: Entry = { id, address, isSettled, isConnected: false, aliases: [], introducers: [] }
    this.#entries.set(id.hex, entry)
    this.#ids.set(keyOf(address), id)
    if (isStranger) this.#heardOf(entry)
    return entry
  }

  #heardOf(entry: Entry): void {
    this.#strangersByDistance.set(entry.id, entry)
    this.#touch(this.#strangers, entry, MAX_STRANGERS)
  }

  /** Puts a node last, and forgets the first one where there are too many. */
  #touch(nodes: Map<string, Entry>, entry: Entry, max: number): void {
    nodes.delete(entry.id.hex)
    nodes.set(entry.id.hex, entry)
    if (nodes.size <= max) return
    const [oldest] = nodes.values()
    if (oldest) this.#forget(oldest)
  }

  #forget(entry: Entry): void {
    const { id } = entry
    this.#entries.delete(id.hex)
    this.#strangers.delete(id.hex)
    this.#strangersByDistance.delete(id)
    this.#visitors.delete(id.hex)
    for (const address of [entry.address, ...entry.aliases]) {
      if (this.#ids.get(keyOf(address))?.equals(id)) this.#ids.delete(keyOf(address))
    }
  }

  /** Takes an address from the node that had it, because another one was found there. */
  #takeAway(address: Address, newId: Id): void {
    const oldId = this.idAt(address)
    const old = oldId === undefined || oldId.equals(newId) ? undefined : this.#entries.get(oldId.hex)
    if (!old) return
    this.#ids.delete(keyOf(address))
    old.aliases = old.aliases.filter(alias => keyOf(alias) !== keyOf(address))
    if (keyOf(old.address) !== keyOf(address)) return
    old.address = this.#makeUp()
    this.#ids.set(keyOf(old.address), old.id)
  }

  #isUsable(address: Address): boolean {
    const isPlace = isIPv4(address.host) && address.port > 0 && !address.host.startsWith('0.')
    return (
      isPlace &&
      !isMadeUp(address.host) &&
      !this.#ids.has(keyOf(address)) &&
      !this.#endpoints.has(keyOf(address))
    )
  }

  #makeUp(): Address {
    do this.#lastHost = (this.#lastHost % MADE_UP_HOST_COUNT) + 1
    while (this.#ids.has(keyOf(madeUpAddress(this.#lastHost))))
    return madeUpAddress(this.#lastHost)
  }
}

/** A view would keep the whole message that an id came in. */
function ownCopyOf({ bytes }: Id): Id {
  return Id.of(Buffer.from(bytes))
}

function madeUpAddress(number: number): Address {
  const host = MADE_UP_HOSTS + number
  return { host: [24, 16, 8, 0].map(shift => (host >>> shift) & 0xff).join('.'), port: MADE_UP_PORT }
}

/** Whether an address is from 240.0.0.0/4: a name, not a place. */
export function isMadeUp(host: string): boolean {
  return isIPv4(host) && Number(host.split('.')[0]) >= 240
}
