/**
 * Gives each remote node a stable local address. `k-rpc` keys everything by `host:port`, and WebRTC has no such key: a browser's
 * address is undefined, an mDNS name or shared by a household, and may change while the connection is open. So these addresses
 * mean something to this node only.
 *
 * A node gets its real IPv4 address if that is known and free, else a made-up one from 240.0.0.0/4, which no network routes (RFC
 * 1112, section 4: reserved). A node that others have named begins with a made-up address. Its real address becomes the primary one
 * when it first connects, and never changes again.
 */

import { Id } from '../id.js'
import { IdTree } from '../id-tree.js'
import { addressOf, isMadeUp, type Place } from '../place.js'
import { type Address, encodeNode, isIPv4 } from '../wire/compact.js'
import { MAX_HOPS } from '../wire/frame.js'

/** Nodes remembered without a connection: as many as some ten lookups find. Each costs up to 1.7 kB. */
const MAX_STRANGERS = 512
/** Nodes whose queries came over routes. Unsolicited, so they must not displace the strangers above. */
const MAX_VISITORS = 256
/** Introducers and relays remembered per node. More would only be tried after these have failed. */
const MAX_INTRODUCERS = 4
const MADE_UP_HOSTS = 0xf0000000
/** 240.0.0.1 to 255.255.255.254. */
const MADE_UP_HOST_COUNT = 0x0ffffffe
const MADE_UP_PORT = 1

/** A node's entry: its address here, which may change. */
export interface Located {
  readonly address: Address
  /** Compact node info: the id and the address. */
  readonly compact: Buffer
}

interface Entry extends Located {
  readonly id: Id
  address: Address
  compact: Buffer
  /** False while a real address may still replace the made-up one. */
  isSettled: boolean
  isConnected: boolean
  aliases: Address[]
  /** The nodes that named this one: the nearest first, among equals the latest. */
  introducers: Introducer[]
}

interface Introducer {
  id: Id
  /** Whether it relays frames to the node. */
  isRelay: boolean
  /** Hops to the introducer, as last known: 1 for a connected node; infinite for a claim of the node itself. */
  hops: number
}

export const keyOf = ({ host, port }: Address): string => `${host}:${port}`

export class AddressBook {
  readonly #entries = new Map<string, Entry>()
  /** Nodes that are not connected, the one heard of longest ago first. */
  readonly #strangers = new Map<string, Entry>()
  readonly #strangersByDistance = new IdTree<Entry>()
  readonly #visitors = new Map<string, Entry>()
  readonly #ids = new Map<string, Id>()
  readonly #places = new Map<string, Place>()
  #lastHost = 0

  /** The address of a node; `undefined` for a node never heard of. */
  addressOf(id: Id): Address | undefined {
    return this.#entries.get(id.hex)?.address
  }

  /** The node at an address, connected or not. */
  idAt(address: Address): Id | undefined {
    return this.#ids.get(keyOf(address))
  }

  /** The place behind an address. */
  placeAt(address: Address): Place | undefined {
    return this.#places.get(keyOf(address))
  }

  /** Notes a place to dial. @param address its address here; a made-up one if the place is not an IPv4 `host:port` */
  addPlace(place: Place, address = addressOf(place) ?? this.#makeUp()): Address {
    this.#places.set(keyOf(address), place)
    return address
  }

  /** The ids of all nodes that have an address here. */
  get ids(): Id[] {
    return [...this.#entries.values()].map(({ id }) => id)
  }

  /** The unconnected nodes nearest to a target that others have named. */
  nearestStrangers(target: Id, count: number, accepts: (id: Id) => boolean): Id[] {
    return this.#strangersByDistance.nearest(target, count, ({ id }) => accepts(id)).map(({ id }) => id)
  }

  /** The nodes that named this one, the latest first. */
  introducersOf(id: Id): Id[] {
    return this.#entries.get(id.hex)?.introducers.map(introducer => introducer.id) ?? []
  }

  /** The introducers of a node that relay frames to it. */
  relaysTo(id: Id): Id[] {
    return this.#entries.get(id.hex)?.introducers.flatMap(({ id, isRelay }) => (isRelay ? id : [])) ?? []
  }

  /** Notes that `introducer` knows the node. @returns the node's address here */
  learn(id: Id, introducer: Id, isRelay = false): Address {
    const entry = this.#entries.get(id.hex) ?? this.#add(id, this.#makeUp(), false)
    const { introducers } = entry
    const known = introducers.findIndex(({ id }) => id.equals(introducer))
    if (known >= 0) introducers.splice(known, 1)
    const hops = this.#hopsTo(introducer)
    // Relays that are gone must not displace those that are left.
    for (const other of introducers) if (Number.isFinite(other.hops)) other.hops = this.#hopsTo(other.id)
    introducers.sort((a, b) => a.hops - b.hops)
    // Nodes near each other name each other. They must not displace a relay that leads to them from outside.
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

  /** Notes that a node's query came over a route whose first relay was `relay`. This is only a claim, so it ranks last. */
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
   * Gives a newly connected node its final address.
   *
   * @param dialled the HTTP address that we dialled: it leads to this node from now on, and no longer to another
   * @param observed its real address, if known
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
      move(entry, real)
    } else if (dialled && keyOf(dialled) !== keyOf(entry.address)) {
      entry.aliases.push(dialled)
    }
    for (const address of [entry.address, ...entry.aliases]) this.#ids.set(keyOf(address), id)
    entry.isSettled = true
    entry.isConnected = true
    return entry
  }

  /** Notes that a node's connection is closed. The node becomes a stranger, which may be forgotten. */
  disconnected(id: Id): void {
    const entry = this.#entries.get(id.hex)
    if (!entry) return
    entry.isConnected = false
    this.#heardOf(entry)
  }

  #hopsTo(id: Id): number {
    const entry = this.#entries.get(id.hex)
    if (!entry || entry.isConnected) return 1
    return 1 + Math.min(MAX_HOPS, ...entry.introducers.map(({ hops }) => hops))
  }

  #add(given: Id, address: Address, isSettled: boolean, isStranger = true): Entry {
    const id = ownCopyOf(given)
    const compact = encodeNode({ id, ...address })
    const entry: Entry = { id, address, compact, isSettled, isConnected: false, aliases: [], introducers: [] }
    this.#entries.set(id.hex, entry)
    this.#ids.set(keyOf(address), id)
    if (isStranger) this.#heardOf(entry)
    return entry
  }

  #heardOf(entry: Entry): void {
    this.#strangersByDistance.set(entry.id, entry)
    this.#touch(this.#strangers, entry, MAX_STRANGERS)
  }

  /** Puts a node last, and forgets the first if there are too many. */
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

  /** Takes an address away from its node, because another node was found there. */
  #takeAway(address: Address, newId: Id): void {
    const oldId = this.idAt(address)
    const old = oldId === undefined || oldId.equals(newId) ? undefined : this.#entries.get(oldId.hex)
    if (!old) return
    this.#ids.delete(keyOf(address))
    old.aliases = old.aliases.filter(alias => keyOf(alias) !== keyOf(address))
    if (keyOf(old.address) !== keyOf(address)) return
    move(old, this.#makeUp())
    this.#ids.set(keyOf(old.address), old.id)
  }

  #isUsable(address: Address): boolean {
    const isPlace = isIPv4(address.host) && address.port > 0 && !address.host.startsWith('0.')
    return (
      isPlace &&
      !isMadeUp(address.host) &&
      !this.#ids.has(keyOf(address)) &&
      !this.#places.has(keyOf(address))
    )
  }

  #makeUp(): Address {
    do this.#lastHost = (this.#lastHost % MADE_UP_HOST_COUNT) + 1
    while (this.#ids.has(keyOf(madeUpAddress(this.#lastHost))))
    return madeUpAddress(this.#lastHost)
  }
}

function move(entry: Entry, address: Address): void {
  entry.address = address
  entry.compact = encodeNode({ id: entry.id, ...address })
}

/** A copy: a view would keep the id's whole message in memory. */
function ownCopyOf({ bytes }: Id): Id {
  return Id.of(Buffer.from(bytes))
}

function madeUpAddress(number: number): Address {
  const host = MADE_UP_HOSTS + number
  return { host: [24, 16, 8, 0].map(shift => (host >>> shift) & 0xff).join('.'), port: MADE_UP_PORT }
}
