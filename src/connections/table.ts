/**
 * All connections of a node: by remote id and address, with their tags, within the budget. It decides which of two
 * connections to the same node stays, and which goes when room is needed.
 */

import { emitter } from '../events.js'
import type { Log } from '../log.js'
import { type Address, isIPv4 } from '../wire/compact.js'
import { AddressBook } from './address-book.js'
import { Budget, type Slot } from './budget.js'
import type { CloseReason, PeerConnection } from './peer-connection.js'

/** How long a connection that lost against another to the same node may still bring replies: a query's life. */
const DUPLICATE_GRACE = 2500

type Events = {
  /** A node is connected: its first connection is open and its id known. */
  connected: [id: string]
  /** A node's last connection is gone. */
  disconnected: [id: string, reason: CloseReason]
  /** ICE hears nothing from a node that is connected. */
  interrupted: [connection: PeerConnection]
  /** A node did not answer a query, and has said nothing since. */
  silent: [connection: PeerConnection]
  /** A connection was closed while these queries waited for an answer on it. */
  unanswered: [transactions: string[]]
}

export interface ConnectionTableOptions {
  /** This node's id, in hex. */
  id: string
  maxConnections: number
  maxPending: number
  log: Log
}

export class ConnectionTable extends emitter<Events>() {
  readonly id: string
  readonly addresses = new AddressBook()
  readonly #budget: Budget
  readonly #all = new Set<PeerConnection>()
  readonly #byId = new Map<string, PeerConnection>()
  readonly #log: Log
  #made = 0

  constructor({ id, maxConnections, maxPending, log }: ConnectionTableOptions) {
    super()
    this.id = id
    this.#log = log
    this.#budget = new Budget(maxConnections, maxPending, () => this.#makeRoom())
  }

  /** Every connection that is not closed. */
  get all(): ReadonlySet<PeerConnection> {
    return this.#all
  }

  /** `RTCPeerConnection`s made since the start, existing now, and not open yet. */
  get counts(): { made: number; existing: number; pending: number } {
    return { made: this.#made, existing: this.#budget.taken, pending: this.#budget.pending }
  }

  /** The ids of the nodes that are connected, in hex. */
  get ids(): IterableIterator<string> {
    return this.#byId.keys()
  }

  /** Whether no node is connected. */
  get isAlone(): boolean {
    return this.#byId.size === 0
  }

  /** Takes a slot for a new connection. @throws WebTorrentDHTError `EFULL` */
  takeSlot(): Slot {
    return this.#budget.take()
  }

  /** Watches a connection from its making on. */
  add(connection: PeerConnection): void {
    this.#made++
    this.#all.add(connection)
    connection.on('interrupted', () => this.emit('interrupted', connection))
    connection.once('close', reason => this.#closed(connection, reason))
  }

  /** The open connection to a node. */
  get(id: string): PeerConnection | undefined {
    return this.#byId.get(id)
  }

  /** The open connection to the node at an address. */
  at(address: Address): PeerConnection | undefined {
    const id = this.addresses.idAt(address)
    return id === undefined ? undefined : this.#byId.get(id)
  }

  /**
   * Waits for a node to be connected.
   *
   * @param timeout in milliseconds; after it there is no connection, and the result undefined
   */
  whenConnected(id: string, timeout: number): Promise<PeerConnection | undefined> {
    return new Promise(resolve => {
      const check = () => {
        if (this.#byId.has(id)) settle()
      }
      const settle = () => {
        clearTimeout(timer)
        this.off('connected', check)
        resolve(this.#byId.get(id))
      }
      const timer = setTimeout(settle, timeout)
      this.on('connected', check)
      check()
    })
  }

  /**
   * Says whose connection it is, now that it is open.
   *
   * @param dialled where it was reached over HTTP
   * @returns false if there was a connection already, which stays in its place
   */
  identify(connection: PeerConnection, id: string, dialled: Address | null = null): boolean {
    if (connection.isClosed) return false
    connection.id = id
    connection.peer.id = id
    const other = this.#byId.get(id)
    if (other && !this.#replaces(connection, other)) {
      if (dialled) this.addresses.connected(id, dialled, null)
      // Which of two offers of the other side was first may look different there: it decides, and closes one.
      const isTheirChoice = !connection.isInitiator && !other.isInitiator
      if (!isTheirChoice) this.#retire(connection)
      return false
    }
    this.addresses.connected(id, dialled, observedAddress(connection))
    this.#byId.set(id, connection)
    if (other) {
      for (const tag of other.tags) connection.tags.add(tag)
      this.#retire(other)
    } else {
      this.#log('connected to %s', id)
      this.emit('connected', id)
    }
    return true
  }

  /** Says that a query to a node was not answered. If nothing else was heard from it either, it may be gone. */
  missed(connection: PeerConnection, sentAt: number): void {
    if (connection.lastHeard >= sentAt || connection.isSilent) return
    connection.isSilent = true
    this.emit('silent', connection)
  }

  addTag(id: string, tag: string): void {
    this.#byId.get(id)?.tags.add(tag)
  }

  /** Takes a tag off. An untagged connection stays while there is room. */
  deleteTag(id: string, tag: string): void {
    this.#byId.get(id)?.tags.delete(tag)
  }

  closeAll(): void {
    for (const connection of [...this.#all]) connection.close('destroyed')
  }

  /**
   * Two nodes that connect to each other at once must keep the same connection of the two: that of which the node with
   * the smaller id made the offer. Of two offers by the same node the first one stays, see `identify`.
   */
  #replaces(connection: PeerConnection, other: PeerConnection): boolean {
    if (connection.isInitiator === other.isInitiator) return false
    return connection.isInitiator === this.id < (connection.id as string)
  }

  /** Lets a duplicate bring the replies that are under way, then closes it. */
  #retire(connection: PeerConnection): void {
    connection.tags.clear()
    const timer = setTimeout(() => connection.close('duplicate'), DUPLICATE_GRACE)
    connection.once('close', () => clearTimeout(timer))
  }

  #closed(connection: PeerConnection, reason: CloseReason): void {
    this.#all.delete(connection)
    this.#log('closed connection to %s: %s', connection.id ?? 'a node not known', reason)
    const { id } = connection
    if (id !== null && this.#byId.get(id) === connection) this.#lost(id, connection, reason)
    if (connection.awaited.size > 0) this.emit('unanswered', [...connection.awaited])
  }

  #lost(id: string, connection: PeerConnection, reason: CloseReason): void {
    const duplicate = [...this.#all].find(other => other.id === id && other.isOpen)
    if (duplicate) {
      for (const tag of connection.tags) duplicate.tags.add(tag)
      this.#byId.set(id, duplicate)
      return
    }
    this.#byId.delete(id)
    this.addresses.disconnected(id)
    this.emit('disconnected', id, reason)
  }

  /** Closes the untagged connection that has been idle longest. The furthest one goes first among equals. */
  #makeRoom(): boolean {
    let candidate: PeerConnection | undefined
    for (const connection of this.#all) {
      if (!connection.isOpen || connection.tags.size > 0 || connection.awaited.size > 0) continue
      if (!candidate || this.#isSparedBefore(candidate, connection)) candidate = connection
    }
    candidate?.close('no room')
    return candidate !== undefined
  }

  #isSparedBefore(first: PeerConnection, second: PeerConnection): boolean {
    // One that nobody uses goes first: it does not say whose it is, or its node has another one.
    if (this.#isInUse(first) !== this.#isInUse(second)) return this.#isInUse(first)
    if (first.lastHeard !== second.lastHeard) return first.lastHeard > second.lastHeard
    if (first.id === null || second.id === null) return second.id === null
    return distance(this.id, first.id) < distance(this.id, second.id)
  }

  #isInUse(connection: PeerConnection): boolean {
    return connection.id !== null && this.#byId.get(connection.id) === connection
  }
}

/**
 * The real address of the other end, where WebRTC tells it (browsers hide it behind an mDNS name). A node on the same
 * machine is at 127.0.0.1, over whichever interface WebRTC reaches it.
 */
function observedAddress({ peer }: PeerConnection): Address | null {
  const { remoteAddress = '', remotePort: port = 0, localAddress } = peer
  const host = remoteAddress === localAddress ? '127.0.0.1' : remoteAddress
  return isIPv4(host) ? { host, port } : null
}

/** The XOR metric, as a number that keeps the order of what is not almost equal. */
function distance(first: string, second: string): bigint {
  return BigInt(`0x${first}`) ^ BigInt(`0x${second}`)
}
