/**
 * Keeps the routing table in step with the connections: a node enters the table when it is connected, and leaves when the
 * connection is gone.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import { type ConnectionTable, ROUTING_TAG } from '../connections/table.js'
import type { CloseReason } from '../counters.js'
import type { Id } from '../id.js'
import type { Contact } from '../upstream.js'
import type { RoutingTable } from './routing-table.js'

/**
 * Milliseconds that a node stays in the table after it closed its connection: BEP 5's "questionable". A node that comes back in
 * time keeps its place. Meanwhile it is named to nobody, and the first query that fails removes it. A node that is not heard any more
 * is removed at once: it has had its time.
 */
const QUESTIONABLE_TIME = 3000

/** Reasons after which the node at the other end lives on. */
const LIVES_ON: readonly CloseReason[] = ['no room', 'released']
/** Reasons after which nobody knows whether the node at the other end lives on. */
const NOT_HEARD: readonly CloseReason[] = ['broken', 'unresponsive']

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
  /** Called when a node is not heard any more: it may be back in a moment. */
  onSilent(id: Id): void
}

export class Membership {
  readonly #node: MembershipNode
  readonly #options: MembershipOptions
  readonly #questionable = new Map<string, ReturnType<typeof setTimeout>>()
  #isClosed = false

  constructor(node: MembershipNode, options: MembershipOptions) {
    this.#node = node
    this.#options = options
    node.table.removeFromRoutingTable = id => this.#removeFromRoutingTable(id)
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
    // Upstream waits for a message; a connection says as much.
    this.#options.add({ ...this.#node.contactOf(id), seen: Date.now() })
  }

  #disconnected(id: Id, reason: CloseReason): void {
    if (this.#isClosed) return
    this.#settle(id)
    const remove = () => {
      this.#questionable.delete(id.hex)
      this.#node.contacts.remove(id.bytes)
      // An evicted or released node can still be found by its id.
      if (LIVES_ON.includes(reason)) return
      if (NOT_HEARD.includes(reason)) this.#options.onSilent(id)
      else this.#options.onGone(id)
    }
    if (reason === 'disconnected') this.#questionable.set(id.hex, setTimeout(remove, QUESTIONABLE_TIME))
    else remove()
  }

  #settle(id: Id): void {
    clearTimeout(this.#questionable.get(id.hex))
    this.#questionable.delete(id.hex)
  }

  /** Any other node can replace a node in a bucket. The nearest nodes stay: they make the end of a lookup exact. */
  #removeFromRoutingTable(id: Id): void {
    const { contacts } = this.#node
    if (!contacts.isNeighbour(id.bytes)) contacts.remove(id.bytes)
  }
}
