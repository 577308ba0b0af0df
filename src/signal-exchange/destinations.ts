/** Finds the link to an address or to a node, and makes a connection if there is none. */

import { keyOf } from '../connections/address-book.js'
import type { Connector } from '../connections/connector.js'
import type { Link } from '../connections/link.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import type { Dialer } from '../entrances/dialer.js'
import type { Entrance } from '../entrances/entrance.js'
import { closedError, WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import { isMadeUp, type Place, parsePlace } from '../place.js'
import type { Routes } from '../routes/routes.js'
import type { Address } from '../wire/compact.js'
import type { Asking } from './asking.js'

interface Parts {
  connector: Connector
  routes: Routes
  asking: Asking
  dialer: Dialer
}

export class Destinations {
  readonly #parts: Parts
  readonly #ownAddresses = new Set<string>()
  #isClosed = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Notes an address of this node itself. */
  addOwn(address: Address): void {
    this.#ownAddresses.add(keyOf(address))
  }

  /**
   * The link to an address: a connection or a route. If there is neither, a connection is made: over HTTP if the user gave the
   * address, else through the nodes that have named it. An address that other nodes named is never dialled.
   *
   * @param usedRelays the first relays of a lookup's routes, in hex: see `RouteSettings`
   * @throws WebTorrentDHTError why the address cannot be reached
   */
  async reach(address: Address, usedRelays?: Set<string>): Promise<Link | 'self'> {
    if (this.#isClosed) throw closedError()
    if (this.#ownAddresses.has(keyOf(address))) return 'self'
    const { asking, routes } = this.#parts
    const id = this.#table.addresses.idAt(address)
    const way = id === undefined ? undefined : (this.#table.get(id) ?? routes.to(id, { usedRelays }))
    if (way) return way
    if (this.#placeAt(address)) return this.dialPlace(address)
    if (id !== undefined && asking.canConnect(id)) return asking.connect(id)
    throw new WebTorrentDHTError('ETIMEDOUT', `${keyOf(address)} is not a node that can be reached`)
  }

  /**
   * Connects to the node behind an HTTP address.
   *
   * @throws WebTorrentDHTError why that failed
   */
  async dialPlace(address: Address): Promise<PeerConnection | 'self'> {
    const place = this.#placeAt(address)
    if (!place) throw new WebTorrentDHTError('ETIMEDOUT', `${keyOf(address)} is no HTTP address`)
    const destination = await this.#parts.dialer.dialPlace(place, address)
    if (destination === 'self') this.addOwn(address)
    this.#table.addresses.addPlace(place, address)
    return destination
  }

  /** Connects to a node through an entrance. @throws WebTorrentDHTError why that failed */
  dialEntrance(entrance: Entrance, signal: AbortSignal): Promise<PeerConnection> {
    return this.#parts.dialer.dialEntrance(entrance, signal)
  }

  /**
   * The connection to a node that others have named, made now if there is none.
   *
   * @param mayRelay over a TURN server where need be: for an application, which has asked for this very node
   * @throws WebTorrentDHTError why that failed
   */
  connect(id: Id, mayRelay = false): Promise<PeerConnection> {
    const { asking } = this.#parts
    return mayRelay ? asking.connectAnyhow(id) : asking.connect(id)
  }

  /**
   * The link to a node for a query that must not arrive twice: its connection, or a route; else a new connection.
   *
   * @throws WebTorrentDHTError why the node cannot be reached
   */
  async linkTo(id: Id): Promise<Link> {
    return this.#table.get(id) ?? this.#parts.routes.to(id, { mayRepeat: false }) ?? this.connect(id)
  }

  /** Whether `reach` has a link, or a way to make one. */
  canReach(address: Address): boolean {
    if (this.isReached(address) || this.#placeAt(address)) return true
    const id = this.#table.addresses.idAt(address)
    return id !== undefined && this.#parts.asking.canConnect(id)
  }

  /** Whether an address is this node's own, or that of a connected node. */
  isReached(address: Address): boolean {
    return this.#ownAddresses.has(keyOf(address)) || this.#table.at(address) !== undefined
  }

  /** Whether connections are being made. */
  get isConnecting(): boolean {
    const { dialer, connector } = this.#parts
    return dialer.dials.length > 0 || connector.connecting.size > 0
  }

  /** Waits for the connections that are being made now, at most `timeout` milliseconds. */
  async whenSettled(timeout: number): Promise<void> {
    const { dialer, connector } = this.#parts
    const connecting = [...connector.connecting].map(connection => connection.whenOpen())
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise(resolve => {
      timer = setTimeout(resolve, timeout)
    })
    await Promise.race([Promise.allSettled([...dialer.dials, ...connecting]), deadline])
    clearTimeout(timer)
  }

  /** Aborts the dials under way. */
  letGo(): void {
    this.#parts.dialer.letGo()
  }

  /** Reaches no address from now on. */
  close(): void {
    this.#isClosed = true
    this.#parts.dialer.close()
  }

  get #table() {
    return this.#parts.connector.table
  }

  #placeAt(address: Address): Place | undefined {
    const { addresses } = this.#table
    const known = addresses.placeAt(address)
    if (known) return known
    const isNamedByOthers = isMadeUp(address.host) || addresses.idAt(address) !== undefined
    return isNamedByOthers ? undefined : parsePlace(address)
  }
}
