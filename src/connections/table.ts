/**
 * All connections of a node: by remote id and address, with their tags, within the budget. It decides which of two
 * connections to the same node stays.
 */

import { type CloseReason, Counters } from '../counters.js'
import { emitter } from '../events.js'
import type { Log } from '../log.js'
import { type Address, isIPv4 } from '../wire/compact.js'
import { AddressBook } from './address-book.js'
import { BanList } from './ban-list.js'
import { Budget, type Purpose, type Slot, shareOut } from './budget.js'
import { MakingRoom } from './making-room.js'
import type { PeerConnection } from './peer-connection.js'

/** How long a connection that lost against another to the same node may still bring replies: a query's life. */
const DUPLICATE_GRACE = 2500
/**
 * Offers of two nodes to each other can cross while neither connection is open. Later on a second connection to a node that is
 * connected is by somebody who uses its id, or by a node that was started anew.
 */
const CROSSING_TIME = 5000
/** Tag of the connections to nodes in the routing table. */
export const ROUTING_TAG = 'k-rpc-webrtc'

type Events = {
  /** A node is connected: its first connection is open and its id known. */
  connected: [id: string]
  /** A node's last connection is gone. */
  disconnected: [id: string, reason: CloseReason]
  /** ICE hears nothing from a node that is connected. */
  interrupted: [connection: PeerConnection]
  /** A node did not answer a query, and has said nothing since. */
  silent: [connection: PeerConnection]
  /** Another connection says that it is to the node of this one. */
  contested: [connection: PeerConnection]
  /** All connections were closed. */
  closed: []
  /** Nothing will come back for these queries: the connection was closed, or no route is left. */
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
  readonly counters = new Counters()
  readonly room: MakingRoom
  readonly bans = new BanList()
  /** Has the routing table give up its claim to a node, if another will do as well. */
  giveUp: (id: string) => void = () => {}
  readonly #budget: Budget
  readonly #all = new Set<PeerConnection>()
  readonly #byId = new Map<string, PeerConnection>()
  readonly #log: Log

  constructor({ id, maxConnections, maxPending, log }: ConnectionTableOptions) {
    super()
    this.setMaxListeners(0) // many wait for a connection at the same time
    this.id = id
    this.#log = log
    this.room = new MakingRoom({ id, maxConnections, all: this.#all, byId: this.#byId })
    this.#budget = new Budget(maxConnections, maxPending, this.room)
  }

  /** Every connection that is not closed. */
  get all(): ReadonlySet<PeerConnection> {
    return this.#all
  }

  /** `RTCPeerConnection`s made since the start, existing now, and not open yet. */
  get counts(): { made: number; existing: number; pending: number } {
    return {
      made: this.counters.connections.made,
      existing: this.#budget.taken,
      pending: this.#budget.pending
    }
  }

  /** The ids of the nodes that are connected, in hex. */
  get ids(): IterableIterator<string> {
    return this.#byId.keys()
  }

  /** The connections to nodes, one for each. */
  get connections(): IterableIterator<PeerConnection> {
    return this.#byId.values()
  }

  /** How many nodes are connected. */
  get size(): number {
    return this.#byId.size
  }

  /** Whether no node is connected. */
  get isAlone(): boolean {
    return this.size === 0
  }

  /** Takes a slot for a new connection. @throws WebTorrentDHTError `EFULL` */
  takeSlot(purpose: Purpose, origin: string | null): Promise<Slot> {
    return this.#budget.take(purpose, origin)
  }

  /** Watches a connection from its making on. */
  add(connection: PeerConnection): void {
    this.counters.connections.made++
    this.#all.add(connection)
    connection.on('interrupted', () => this.emit('interrupted', connection))
    connection.on('silent', () => this.emit('silent', connection))
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
        this.off('closed', settle)
        resolve(this.#byId.get(id))
      }
      const timer = setTimeout(settle, timeout)
      this.on('connected', check)
      this.on('closed', settle)
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
    connection.identify(id)
    const other = this.#byId.get(id)
    if (other && !this.#replaces(connection, other)) {
      if (dialled) this.addresses.connected(id, dialled, null)
      // Which of two offers of the other side was first may look different there: it decides, and closes one.
      const isTheirChoice = !connection.isInitiator && !other.isInitiator
      if (!isTheirChoice || !isRecent(other)) this.#retire(connection)
      if (!isRecent(other)) this.emit('contested', other)
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

  /** Says that nothing will come back for these queries any more. */
  gaveUp(transactions: string[]): void {
    if (transactions.length > 0) this.emit('unanswered', transactions)
  }

  /** @returns false if the node is not connected, or applications have tagged all connections that they may */
  addTag(id: string, tag: string): boolean {
    const connection = this.#byId.get(id)
    if (!connection) return false
    if (tag !== ROUTING_TAG && !isOfApplication(connection)) {
      const tagged = [...this.#byId.values()].filter(isOfApplication).length
      if (tagged >= shareOut(this.#budget.max).application) return false
    }
    connection.tags.add(tag)
    return true
  }

  /** Takes a tag off. An untagged connection stays while there is room. */
  deleteTag(id: string, tag: string): void {
    const connection = this.#byId.get(id)
    if (connection?.tags.delete(tag)) connection.lastUsed = performance.now()
  }

  closeAll(): void {
    for (const connection of [...this.#all]) connection.close('destroyed')
    this.emit('closed')
  }

  /** The same, for good. */
  close(): void {
    this.closeAll()
    this.#budget.close()
  }

  /**
   * Two nodes that connect to each other at once must keep the same connection of the two: that of which the node with
   * the smaller id made the offer. Of two offers by the same node the first one stays, see `identify`.
   */
  #replaces(connection: PeerConnection, other: PeerConnection): boolean {
    if (connection.isInitiator === other.isInitiator || !isRecent(other)) return false
    return connection.isInitiator === this.id < (connection.id as string)
  }

  /** Lets a duplicate bring the replies that are under way, then closes it. */
  #retire(connection: PeerConnection): void {
    connection.tags.clear()
    const timer = setTimeout(() => {
      const isLeft = this.#byId.get(connection.id as string) === connection // the other one is closed meanwhile
      if (!isLeft) connection.close('duplicate')
    }, DUPLICATE_GRACE)
    connection.once('close', () => clearTimeout(timer))
  }

  #closed(connection: PeerConnection, reason: CloseReason): void {
    this.#all.delete(connection)
    this.counters.closed[reason]++
    if (reason === 'unused offer') this.counters.offers.wasted++
    if (reason === 'flooding')
      for (const name of [connection.id, connection.origin]) if (name) this.bans.ban(name)
    this.#log('closed connection to %s: %s', connection.id ?? 'a node not known', reason)
    const { id } = connection
    if (id !== null && this.#byId.get(id) === connection) this.#lost(id, connection, reason)
    this.gaveUp([...connection.awaited])
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
}

function isRecent(connection: PeerConnection): boolean {
  return performance.now() - connection.openedAt < CROSSING_TIME
}

function isOfApplication({ tags }: PeerConnection): boolean {
  return tags.size > Number(tags.has(ROUTING_TAG))
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
