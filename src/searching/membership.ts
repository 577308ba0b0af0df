/**
 * Keeps the routing table in step with the connections: a node in it is connected. It enters when it is connected, and leaves when
 * the connection is gone.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import { type ConnectionTable, ROUTING_TAG } from '../connections/table.js'
import type { CloseReason } from '../counters.js'
import type { Id } from '../id.js'
import type { Contact } from '../upstream.js'
import type { RoutingTable } from './routing-table.js'

/**
 * Milliseconds that a node stays in the table after its connection was closed: BEP 5's "questionable". A node that comes
 * back within them keeps its place; meanwhile it is named to nobody, and the first query to it that fails removes it. One
 * that did not answer is removed at once: it has had its time.
 */
const QUESTIONABLE_TIME = 3000

/** Reasons that say nothing against the node at the other end. */
const MADE_ROOM: readonly CloseReason[] = ['no room', 'released']

export interface MembershipNode {
  readonly table: ConnectionTable
  readonly contacts: RoutingTable
  contactOf(id: Id): Contact
  on(event: 'connected', listener: (connection: PeerConnection, id: Id) => void): unknown
  on(event: 'disconnected', listener: (id: Id, reason: CloseReason) => void): unknown
}

export interface MembershipOptions {
  /** Adds a node to the table. */
  add(contact: Contact): void
  /** Called when a node is gone for good. */
  onGone(id: Id): void
}

export class Membership {
  readonly #node: MembershipNode
  readonly #options: MembershipOptions
  readonly #questionable = new Map<string, ReturnType<typeof setTimeout>>()
  #isClosed = false

  constructor(node: MembershipNode, options: MembershipOptions) {
    this.#node = node
    this.#options = options
    node.table.giveUp = id => this.#giveUp(id)
    node.on('connected', (_, id) => this.#connected(id))
    node.on('disconnected', (id, reason) => this.#disconnected(id, reason))
  }

  close(): void {
    this.#isClosed = true
    for (const timer of this.#questionable.values()) clearTimeout(timer)
    this.#questionable.clear()
  }

  #connected(id: Id): void {
    this.#settle(id)
    const { table, contacts } = this.#node
    if (contacts.get(id.bytes)) table.addTag(id, ROUTING_TAG)
    // Upstream waits for a message; that it is connected says as much.
    this.#options.add({ ...this.#node.contactOf(id), seen: Date.now() })
  }

  #disconnected(id: Id, reason: CloseReason): void {
    if (this.#isClosed) return
    this.#settle(id)
    const remove = () => {
      this.#questionable.delete(id.hex)
      this.#node.contacts.remove(id.bytes)
      // A node whose connection made room for another lives on, and can be found by its id.
      if (!MADE_ROOM.includes(reason)) this.#options.onGone(id)
    }
    if (reason === 'disconnected') this.#questionable.set(id.hex, setTimeout(remove, QUESTIONABLE_TIME))
    else remove()
  }

  #settle(id: Id): void {
    clearTimeout(this.#questionable.get(id.hex))
    this.#questionable.delete(id.hex)
  }

  /** A node in a bucket gives way to any other; the nearest ones are what makes the end of a lookup exact. */
  #giveUp(id: Id): void {
    const { contacts } = this.#node
    if (!contacts.isNeighbour(id.bytes)) contacts.remove(id.bytes)
  }
}
