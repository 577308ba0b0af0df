/**
 * The routing table: k-buckets, and all of the nodes nearest to this one, whatever the buckets hold. Buckets of two are enough to get
 * close to any target. But the end of a lookup is exact only if the nodes there know *all* nodes around them.
 *
 * Searches and replies also use connected nodes that are not in the table, since asking these costs nothing.
 */

import { asBuffer } from '../as-buffer.js'
import { commonBits, compareDistances, Id } from '../id.js'
import { type Contact, KBucket } from '../upstream.js'
import type { KBucketEvents } from '../upstream-events.js'

export interface RoutingTableOptions {
  localNodeId: Id
  /** Nodes in a bucket (Kademlia's k). */
  bucketSize: number
  /** How many of the nearest nodes are kept even if their buckets are full. */
  neighbours: number
  /** Nodes in the whole table. Each costs a connection. */
  maxContacts: number
  /** The node in a bucket that gives its place to another one of its origin. */
  displacedBy: (id: Id, bucket: Id[]) => Id | undefined
  /** Whether there is a connection to a node. */
  isConnected: (id: Id) => boolean
  /** The connected nodes that are nearest to an id. */
  nearestConnected: (id: Id, count: number) => Contact[]
}

export class RoutingTable extends KBucket {
  readonly #options: RoutingTableOptions
  /** Near nodes whose bucket is full. */
  #overflow: Contact[] = []
  /** Nodes that the user added, and that had no connection then, by id in hex. */
  readonly unconnected = new Map<string, Contact>()
  #isDropping = false
  /** Counts removals: after one, a rejected node may find a place. */
  removals = 0

  constructor(options: RoutingTableOptions) {
    super({ localNodeId: options.localNodeId.bytes, numberOfNodesPerKBucket: options.bucketSize })
    this.#options = options
  }

  override add(given: Contact<Uint8Array>): this {
    const contact = withBuffer(given)
    const index = this.#indexOf(contact.id)
    if (index < 0) {
      if (!super.get(contact.id)) this.#makeRoomFor(Id.of(contact.id))
      const before = this.count()
      super.add(contact)
      if (this.count() === before) return this
      if (!this.#isConnected(contact)) this.unconnected.set(hexOf(contact), contact)
      this.#dropFar()
      this.#dropSurplus()
      return this
    }
    for (const before of this.#overflow.splice(index, 1, contact)) this.emit('updated', before, contact)
    return this
  }

  override get(id: Uint8Array): Contact | null {
    return super.get(id) ?? this.#overflow[this.#indexOf(id)] ?? null
  }

  override remove(id: Uint8Array): this {
    this.removals++
    this.unconnected.delete(Id.of(id).hex)
    const index = this.#indexOf(id)
    if (index < 0) return super.remove(id)
    for (const contact of this.#overflow.splice(index, 1)) this.emit('removed', contact)
    return this
  }

  /** The nodes in the table and the connected ones that are nearest to an id. */
  override closest(id: Uint8Array, n = Number.POSITIVE_INFINITY): Contact[] {
    const target = Id.of(id)
    const connected = this.#options.nearestConnected(target, n)
    const others = [...super.closest(id, n), ...this.#overflow].filter(contact => !this.#isConnected(contact))
    return nearest([...connected, ...others], target, n)
  }

  /** True while a node is replaced by an equal one; no refresh is needed. */
  get isDropping(): boolean {
    return this.#isDropping
  }

  override count(): number {
    return super.count() + this.#overflow.length
  }

  override toArray(): Contact[] {
    return [...super.toArray(), ...this.#overflow]
  }

  /**
   * k-bucket emits `ping` when a bucket is full, to have its old contacts checked. Here the connections tell which nodes live. A near
   * newcomer is kept beside the bucket; else a connected newcomer replaces an unconnected node.
   */
  override emit<Name extends keyof KBucketEvents>(event: Name, ...args: KBucketEvents[Name]): boolean {
    if (event !== 'ping') return super.emit(event, ...args)
    const [contacts, newcomer] = args as KBucketEvents['ping']
    const dead = contacts.find(contact => !this.#isConnected(contact))
    if (this.#isNear(newcomer)) this.#keep(newcomer)
    else if (dead && this.#isConnected(newcomer)) this.remove(dead.id).add(newcomer)
    return true
  }

  /**
   * Whether the table would keep a node, so that a connection to it is worth its cost.
   *
   * @param coming nodes that are being connected: their places are reserved
   */
  wants(id: Id, coming: Id[]): boolean {
    const { localNodeId, bucketSize, neighbours, maxContacts, isConnected } = this.#options
    if (this.get(id.bytes)) return false
    const inTable = this.toArray().map(contact => Id.of(contact.id))
    const others = [...inTable.filter(isConnected), ...coming]
    const nearer = others.filter(other => compareDistances(localNodeId, other, id) < 0)
    if (nearer.length < neighbours) return true
    const bucket = commonBits(localNodeId, id)
    const inBucket = others.filter(other => commonBits(localNodeId, other) === bucket)
    return inBucket.length < bucketSize && others.length < maxContacts
  }

  /** Whether a node in the table is one of the nearest. */
  isNeighbour(id: Uint8Array): boolean {
    return this.#nearest(this.#options.neighbours).some(contact => contact.id.equals(id))
  }

  /** The nodes in the table that are nearest to this one. */
  #nearest(n?: number): Contact[] {
    return nearest(this.toArray(), this.#options.localNodeId, n)
  }

  #isConnected(contact: Contact): boolean {
    return this.#options.isConnected(Id.of(contact.id))
  }

  #indexOf(id: Uint8Array): number {
    return this.#overflow.findIndex(contact => contact.id.equals(id))
  }

  #isNear({ id }: Contact): boolean {
    const { localNodeId, neighbours } = this.#options
    const own = Id.of(id)
    const nearer = this.toArray().filter(other => compareDistances(localNodeId, Id.of(other.id), own) < 0)
    return nearer.length < neighbours
  }

  #makeRoomFor(id: Id): void {
    const { localNodeId, displacedBy } = this.#options
    const bits = commonBits(localNodeId, id)
    const bucket = this.toArray().map(contact => Id.of(contact.id))
    const displaced = displacedBy(
      id,
      bucket.filter(other => commonBits(localNodeId, other) === bits)
    )
    if (displaced) this.#drop(displaced.bytes)
  }

  #keep(contact: Contact): void {
    this.#overflow.push(contact)
    super.emit('added', contact)
  }

  /** Removes nodes beyond the maximum, from the nearest buckets that hold others: the nodes there know each other. */
  #dropSurplus(): void {
    const { localNodeId, maxContacts } = this.#options
    while (this.count() > maxContacts) {
      const all = this.#nearest()
      const bucketOf = (contact: Contact) => commonBits(localNodeId, Id.of(contact.id))
      const isSpare = (contact: Contact) =>
        !this.isNeighbour(contact.id) &&
        all.some(other => other !== contact && bucketOf(other) === bucketOf(contact))
      const surplus = all.find(isSpare) ?? all.at(-1)
      if (!surplus) return
      this.#drop(surplus.id)
    }
  }

  /** Removes kept nodes that are no longer among the nearest. */
  #dropFar(): void {
    if (this.#overflow.length === 0) return
    const near = new Set(this.#nearest(this.#options.neighbours))
    for (const far of this.#overflow.filter(contact => !near.has(contact))) this.#drop(far.id)
  }

  #drop(id: Uint8Array): void {
    this.#isDropping = true
    this.remove(id)
    this.#isDropping = false
  }
}

/** The contacts nearest to a target, the nearest first. */
function nearest(contacts: Contact[], target: Id, n = Number.POSITIVE_INFINITY): Contact[] {
  return contacts
    .map(contact => ({ contact, id: Id.of(contact.id) }))
    .sort((a, b) => compareDistances(target, a.id, b.id))
    .slice(0, n)
    .map(({ contact }) => contact)
}

/** The same contact, if its id is a `Buffer` already. */
function withBuffer(contact: Contact<Uint8Array>): Contact {
  return Buffer.isBuffer(contact.id)
    ? (contact as Contact)
    : ({ ...contact, id: asBuffer(contact.id) } as Contact)
}

function hexOf(contact: Contact): string {
  return Id.of(contact.id).hex
}
