/**
 * The routing table: k-buckets, and beyond their size the nodes nearest to this one. Buckets of two are enough to get
 * close to any target; to know *all* nodes that are closest to it, which makes the end of a lookup exact, the nodes there
 * must know their neighbourhood.
 *
 * Searches and answers look further than the table: at all nodes that are connected, since asking these costs nothing.
 */

import { type Contact, KBucket } from '../upstream.js'
import { countCommonBits } from './common-bits.js'

export interface RoutingTableOptions {
  localNodeId: Buffer
  /** Nodes in a bucket (Kademlia's k). */
  bucketSize: number
  /** Of how many nearest nodes all are kept, whatever their buckets hold. */
  neighbours: number
  /** Nodes in the whole table, each of which is a connection. */
  maxContacts: number
  /** Whether there is a connection to a node. */
  isConnected: (id: Buffer) => boolean
  /** All nodes that are connected. */
  connected: () => Contact[]
}

export class RoutingTable extends KBucket {
  readonly #options: RoutingTableOptions
  /** The nodes that are near and found no place in a bucket, the nearest first. */
  #overflow: Contact[] = []
  #isDropping = false

  constructor(options: RoutingTableOptions) {
    super({ localNodeId: options.localNodeId, numberOfNodesPerKBucket: options.bucketSize })
    this.#options = options
  }

  override add(contact: Contact): this {
    const index = this.#indexOf(contact.id)
    if (index < 0) {
      const before = this.count()
      super.add(contact)
      if (this.count() === before) return this
      this.#dropFar()
      this.#dropSurplus()
      return this
    }
    this.emit('updated', this.#overflow[index], contact)
    this.#overflow[index] = contact
    return this
  }

  override get(id: Uint8Array): Contact | null {
    return super.get(id) ?? this.#overflow[this.#indexOf(id)] ?? null
  }

  override remove(id: Uint8Array): this {
    const index = this.#indexOf(id)
    if (index < 0) return super.remove(id)
    this.emit('removed', ...this.#overflow.splice(index, 1))
    return this
  }

  /** The nodes in the table and the connected ones that are nearest to an id. */
  override closest(id: Uint8Array, n = Number.POSITIVE_INFINITY): Contact[] {
    const connected = this.#options.connected()
    const others = this.toArray().filter(contact => !this.#options.isConnected(contact.id))
    return this.#nearest([...connected, ...others], id, n)
  }

  /** Whether the node that is being removed gives way to others that are as good. */
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
   * k-bucket emits `ping` when a bucket is full, to have its old contacts checked. Here a connection says whether a node
   * lives: a near node is kept beside the bucket, and elsewhere one without a connection gives way to one with.
   */
  override emit(event: string, ...args: unknown[]): boolean {
    if (event !== 'ping') return super.emit(event, ...args)
    const [contacts, newcomer] = args as [Contact[], Contact]
    const dead = contacts.find(contact => !this.#options.isConnected(contact.id))
    if (this.#isNear(newcomer)) this.#keep(newcomer)
    else if (dead && this.#options.isConnected(newcomer.id)) this.remove(dead.id).add(newcomer)
    return true
  }

  /**
   * Whether a node that is not in the table would be kept, so that a connection to it is worth its cost.
   *
   * @param coming nodes that are being connected: their places are taken
   */
  wants(id: Uint8Array, coming: Uint8Array[]): boolean {
    const { localNodeId, bucketSize, neighbours, maxContacts, isConnected } = this.#options
    if (this.get(id)) return false
    const inTable = this.toArray().filter(contact => isConnected(contact.id))
    const others = [...inTable.map(contact => contact.id), ...coming]
    const distance = this.distance(id, localNodeId)
    if (others.filter(other => this.distance(other, localNodeId) < distance).length < neighbours) return true
    const bucket = countCommonBits(localNodeId, id)
    const inBucket = others.filter(other => countCommonBits(localNodeId, other) === bucket)
    return inBucket.length < bucketSize && others.length < maxContacts
  }

  /** Whether a node in the table is one of the nearest. */
  isNeighbour(id: Uint8Array): boolean {
    const { localNodeId, neighbours } = this.#options
    return this.#nearest(this.toArray(), localNodeId, neighbours).some(contact => contact.id.equals(id))
  }

  #nearest(contacts: Contact[], id: Uint8Array, n: number): Contact[] {
    const distances = contacts.map(contact => ({ contact, distance: this.distance(contact.id, id) }))
    distances.sort((a, b) => a.distance - b.distance)
    return distances.slice(0, n).map(({ contact }) => contact)
  }

  #indexOf(id: Uint8Array): number {
    return this.#overflow.findIndex(contact => contact.id.equals(id))
  }

  #isNear(contact: Contact): boolean {
    const { localNodeId, neighbours } = this.#options
    const distance = this.distance(contact.id, localNodeId)
    const nearer = this.toArray().filter(other => this.distance(other.id, localNodeId) < distance)
    return nearer.length < neighbours
  }

  #keep(contact: Contact): void {
    this.#overflow.push(contact)
    super.emit('added', contact)
  }

  /** Of too many nodes, one of a bucket that has others goes, the nearest such bucket's first: nodes there know each other. */
  #dropSurplus(): void {
    const { localNodeId, maxContacts } = this.#options
    while (this.count() > maxContacts) {
      const all = this.#nearest(this.toArray(), localNodeId, Number.POSITIVE_INFINITY)
      const bucketOf = (contact: Contact) => countCommonBits(localNodeId, contact.id)
      const isSpare = (contact: Contact) =>
        !this.isNeighbour(contact.id) &&
        all.some(other => other !== contact && bucketOf(other) === bucketOf(contact))
      const surplus = all.find(isSpare) ?? all.at(-1)
      if (!surplus) return
      this.#drop(surplus)
    }
  }

  /** Nearer nodes may have come since. */
  #dropFar(): void {
    if (this.#overflow.length === 0) return
    const { localNodeId, neighbours } = this.#options
    const near = new Set(this.#nearest(this.toArray(), localNodeId, neighbours))
    for (const far of this.#overflow.filter(contact => !near.has(contact))) this.#drop(far)
  }

  #drop(contact: Contact): void {
    this.#isDropping = true
    this.remove(contact.id)
    this.#isDropping = false
  }
}
