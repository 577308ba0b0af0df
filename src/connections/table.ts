/**
 * All connections of a node: by remote id and address, with their tags, within the budget. After a glare (two nodes connect to each
 * other at once) it decides which of the two connections stays.
 */

import { type CloseReason, Counters } from '../counters.js'
import { emitter } from '../events.js'
import type { Id } from '../id.js'
import { IdTree } from '../id-tree.js'
import type { Log } from '../log.js'
import { type Address, isIPv4 } from '../wire/compact.js'
import { AddressBook } from './address-book.js'
import { BanList } from './ban-list.js'
import { Budget, type Purpose, type Slot, shareOut } from './budget.js'
import { isTheirChoice, replaces, retire } from './duplicates.js'
import { Eviction } from './eviction.js'
import type { PeerConnection } from './peer-connection.js'
import { Seats } from './seats.js'

/** Tag of the connections to nodes in the routing table. */
export const ROUTING_TAG = 'k-rpc-webrtc'

/** Milliseconds that a node counts as full after it has refused somebody. */
const FULL_TIME = 10_000

/** A server has thousands of connections. */
const ROUND_TRIPS_COMPARED = 32

type Events = {
  /** A node is connected: its first connection is open and its id known. */
  connected: [connection: PeerConnection, id: Id]
  /** A node's last connection is gone. */
  disconnected: [id: Id, reason: CloseReason]
  /** ICE hears nothing from a node that is connected. */
  interrupted: [connection: PeerConnection]
  /** A node did not reply to a query, and has sent nothing since. */
  silent: [connection: PeerConnection]
  /** Another connection claims to lead to the same node as this one. Call `settle` once the node has said whether it does. */
  contested: [connection: PeerConnection, rival: PeerConnection]
  /** A connection that was contested is the node's connection now. */
  settled: [connection: PeerConnection, id: Id]
  /** All connections were closed. */
  closed: []
}

export interface ConnectionTableOptions {
  /** This node's id. */
  id: Id
  maxConnections: number
  maxPending: number
  log: Log
}

export class ConnectionTable extends emitter<Events>() {
  readonly id: Id
  readonly addresses = new AddressBook()
  readonly counters = new Counters()
  readonly eviction: Eviction
  readonly bans = new BanList()
  readonly seats: Seats
  /** Removes a node from the routing table, if any other node would do as well. */
  removeFromRoutingTable: (id: Id) => void = () => {}
  readonly #budget: Budget
  readonly #all = new Set<PeerConnection>()
  readonly #byId = new Map<string, PeerConnection>()
  /** The same connections, to find the nearest to an id. */
  readonly #tree = new IdTree<PeerConnection>()
  readonly #log: Log
  #refusedAt = Number.NEGATIVE_INFINITY

  constructor({ id, maxConnections, maxPending, log }: ConnectionTableOptions) {
    super()
    this.setMaxListeners(0) // many wait for a connection at the same time
    this.id = id
    this.#log = log
    this.seats = new Seats(maxConnections, connection => void this.eviction.closeDisplaced(connection))
    this.eviction = new Eviction({ id, maxConnections, all: this.#all, byId: this.#byId, seats: this.seats })
    this.#budget = new Budget(maxConnections, maxPending, this.eviction)
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

  /** The connections to nodes, one for each. */
  get connections(): IterableIterator<PeerConnection> {
    return this.#byId.values()
  }

  /** How many nodes are connected. */
  get size(): number {
    return this.#byId.size
  }

  /** The median of the shortest round trips of some connections, in milliseconds; `null` if none is known. */
  get roundTripTime(): number | null {
    const some = [...this.#byId.values()].slice(-ROUND_TRIPS_COMPARED)
    const known = some.map(({ roundTripTime }) => roundTripTime).filter(Number.isFinite)
    known.sort((a, b) => a - b)
    return known[known.length >> 1] ?? null
  }

  /** Whether no node is connected. */
  get isAlone(): boolean {
    return this.size === 0
  }

  /** Takes a slot for a new connection. @throws WebTorrentDHTError `EFULL` */
  takeSlot(purpose: Purpose, origin: string | null): Promise<Slot> {
    return this.#budget.take(purpose, origin).catch(error => {
      if (purpose === 'inbound') this.#refusedAt = performance.now()
      throw error
    })
  }

  /** Whether newcomers are, or were of late, refused for want of room. */
  get isFull(): boolean {
    return performance.now() - this.#refusedAt < FULL_TIME
  }

  /** Watches a connection from its making on. */
  add(connection: PeerConnection): void {
    this.counters.connections.made++
    this.#all.add(connection)
    connection.on('interrupted', () => this.emit('interrupted', connection))
    connection.on('silent', () => this.emit('silent', connection))
    connection.once('open', () => this.seats.take(connection))
    connection.once('close', reason => this.#closed(connection, reason))
  }

  /** The open connection to a node. */
  get(id: Id | null | undefined): PeerConnection | undefined {
    return id ? this.#byId.get(id.hex) : undefined
  }

  /** The connected nodes that are nearest to an id, the nearest first. */
  nearest(target: Id, count: number, accepts?: (connection: PeerConnection) => boolean): PeerConnection[] {
    return this.#tree.nearest(target, count, accepts)
  }

  /** The open connection to the node at an address. */
  at(address: Address): PeerConnection | undefined {
    return this.get(this.addresses.idAt(address))
  }

  /**
   * Waits for a connection to a node.
   *
   * @param timeout in milliseconds; after it the result is undefined
   */
  whenConnected(id: Id, timeout: number): Promise<PeerConnection | undefined> {
    return new Promise(resolve => {
      const check = () => {
        if (this.get(id)) settle()
      }
      const settle = () => {
        clearTimeout(timer)
        this.off('connected', check)
        this.off('closed', settle)
        resolve(this.get(id))
      }
      const timer = setTimeout(settle, timeout)
      this.on('connected', check)
      this.on('closed', settle)
      check()
    })
  }

  /**
   * Notes which node is at the other end of an open connection.
   *
   * A second connection under the id of a connected node is a claim: it may be anybody's. It stays without an id, and what comes on it
   * is held, until the node has said on its first connection whether the second one is its own too (bep.md, "Two nodes, one connection").
   *
   * @param dialled the HTTP address that we dialled
   * @returns false if another connection to the node is in use
   */
  identify(connection: PeerConnection, id: Id, dialled: Address | null = null): boolean {
    if (connection.isClosed || connection.contestedId) return false
    const other = this.get(id)
    if (other) {
      if (dialled) this.addresses.connected(id, dialled, null)
      if (other === connection) return false
      connection.contestedId = id
      this.emit('contested', other, connection)
      return false
    }
    if (this.bans.isBanned(id, connection.origin)) {
      connection.close('flooding')
      return false
    }
    connection.identify(id)
    connection.located = this.addresses.connected(id, dialled, observedAddress(connection))
    this.#put(id, connection)
    this.#log('connected to %s', id.hex)
    this.emit('connected', connection, id)
    return true
  }

  /** Ends a contest. @param isOwn whether the connected node has said that the rival connection is its own, too */
  settle(rival: PeerConnection, isOwn: boolean): void {
    const id = rival.contestedId
    const other = this.get(id)
    if (!id || !other || rival.isClosed) return
    if (!isOwn) return rival.close('duplicate')
    rival.contestedId = null
    rival.identify(id)
    if (replaces(rival, other, this.id)) {
      rival.located = this.addresses.connected(id, rival.dialled, observedAddress(rival))
      this.#put(id, rival)
      for (const tag of other.tags) rival.tags.add(tag)
      this.#retire(other)
      this.emit('settled', rival, id)
    } else {
      rival.located = other.located
      if (!isTheirChoice(rival, other)) this.#retire(rival)
    }
    rival.deliverHeld()
  }

  /** Whether this node has a connection whose own end has this certificate. */
  hasFingerprint(fingerprint: string): boolean {
    return [...this.#all].some(connection => connection.fingerprint === fingerprint)
  }

  /** @returns false if the node is not connected, or applications have tagged all connections that they may */
  addTag(id: Id, tag: string): boolean {
    const connection = this.get(id)
    if (!connection) return false
    if (tag !== ROUTING_TAG && !isOfApplication(connection)) {
      const tagged = [...this.#byId.values()].filter(isOfApplication).length
      if (tagged >= shareOut(this.#budget.max).application) return false
    }
    connection.tags.add(tag)
    return true
  }

  /** Removes a tag. An untagged connection may be evicted. */
  deleteTag(id: Id, tag: string): void {
    const connection = this.get(id)
    if (connection?.tags.delete(tag)) connection.lastUsed = performance.now()
  }

  closeAll(): void {
    for (const connection of [...this.#all]) connection.close('destroyed')
    this.emit('closed')
  }

  /** Closes all connections, and takes no more. */
  close(): void {
    this.closeAll()
    this.#budget.close()
  }

  /** Closes a duplicate, unless the other connection was closed meanwhile. */
  #retire(connection: PeerConnection): void {
    retire(connection, () => this.get(connection.id) === connection)
  }

  #closed(connection: PeerConnection, reason: CloseReason): void {
    this.#all.delete(connection)
    this.counters.closed[reason]++
    if (reason === 'unused offer') this.counters.offers.wasted++
    if (reason === 'flooding') this.bans.ban(connection.id, connection.origin)
    this.#log('closed connection to %s: %s', connection.id?.hex ?? 'a node not known', reason)
    const { id } = connection
    if (id !== null && this.get(id) === connection) this.#lost(id, connection, reason)
  }

  #put(id: Id, connection: PeerConnection): void {
    this.#byId.set(id.hex, connection)
    this.#tree.set(id, connection)
  }

  #lost(id: Id, connection: PeerConnection, reason: CloseReason): void {
    const duplicate = [...this.#all].find(other => other.id?.equals(id) && other.isOpen)
    if (duplicate) {
      for (const tag of connection.tags) duplicate.tags.add(tag)
      this.#put(id, duplicate)
      return
    }
    this.#byId.delete(id.hex)
    this.#tree.delete(id)
    this.addresses.disconnected(id)
    this.emit('disconnected', id, reason)
    this.#decideForRival(id, reason)
  }

  /** A node that was found dead may be back on its second connection, as any other newcomer. A node that left has none. */
  #decideForRival(id: Id, reason: CloseReason): void {
    for (const rival of [...this.#all].filter(({ contestedId }) => contestedId?.equals(id))) {
      if (!isFoundDead(reason) || this.get(id)) {
        rival.close('duplicate')
        continue
      }
      rival.contestedId = null
      if (this.identify(rival, id, rival.dialled)) this.emit('settled', rival, id)
      rival.deliverHeld()
    }
  }
}

function isFoundDead(reason: CloseReason): boolean {
  return reason === 'unresponsive' || reason === 'broken'
}

function isOfApplication({ tags }: PeerConnection): boolean {
  return tags.size > Number(tags.has(ROUTING_TAG))
}

/** The real address of the other end, if it is known. */
function observedAddress({ peer, remoteHost: host }: PeerConnection): Address | null {
  return isIPv4(host) ? { host, port: peer.remotePort ?? 0 } : null
}
