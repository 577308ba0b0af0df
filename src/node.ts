/**
 * A node, put together from its parts: connections, routes, queries under way, signal exchange and the entrances. The classes that
 * users hold are faces of it: faces/.
 */

import type { AddressBook } from './connections/address-book.js'
import { shareOut } from './connections/budget.js'
import { Connector } from './connections/connector.js'
import { isLocalListener } from './connections/origin.js'
import type { PeerConnection } from './connections/peer-connection.js'
import { ConnectionTable, ROUTING_TAG } from './connections/table.js'
import type { CloseReason } from './counters.js'
import { Dialer } from './entrances/dialer.js'
import { HttpEntrance } from './entrances/http-entrance.js'
import { KnownSchemes } from './entrances/known-schemes.js'
import { OtherServers } from './entrances/other-servers.js'
import { Serving } from './entrances/serving.js'
import type { WebTorrentDHTError } from './errors.js'
import { emitter } from './events.js'
import { Id } from './id.js'
import { Inbound } from './krpc/inbound.js'
import { Ledger } from './krpc/ledger.js'
import { NODE_METHODS } from './krpc/methods.js'
import { Outbound } from './krpc/outbound.js'
import { createLog, type Log } from './log.js'
import { NetworkChanges } from './network-changes.js'
import type { ResolvedOptions } from './options.js'
import { parseHost } from './place.js'
import { ApplicationSignals } from './reaching/application-signals.js'
import { Frames } from './routes/frames.js'
import { Recursion } from './routes/recursion.js'
import { Routes } from './routes/routes.js'
import { RoutingTable } from './searching/routing-table.js'
import { Answering } from './signal-exchange/answering.js'
import { Asking } from './signal-exchange/asking.js'
import { Destinations } from './signal-exchange/destinations.js'
import { Following } from './signal-exchange/following.js'
import { KeepAlive } from './signal-exchange/keep-alive.js'
import { LateCandidates } from './signal-exchange/late-candidates.js'
import { Leading } from './signal-exchange/leading.js'
import { Pinging } from './signal-exchange/pinging.js'
import { Relaying } from './signal-exchange/relaying.js'
import { Releasing } from './signal-exchange/releasing.js'
import type { SimplePeer } from './simple-peer.js'
import { TopicStore } from './storing/topic-store.js'
import type { Contact } from './upstream.js'
import type { Address } from './wire/compact.js'
import type { HttpServerInfo } from './wire/server-info.js'

/** Of a node that has no address yet. */
const NOWHERE = { host: '0.0.0.0', port: 0 }
/** Milliseconds in which a server may take a link over WebSocket where there is no WebRTC. */
const LINK_TIMEOUT = 6000

type Events = {
  /** The HTTP server listens; `null`: there is none on this platform. */
  listening: [address: Address | null]
  /** The HTTP server cannot listen. */
  error: [error: WebTorrentDHTError]
  /** There is no WebRTC here: told once. */
  withoutWebRTC: [error: WebTorrentDHTError]
  /** A function of the application's own has failed. */
  warning: [error: Error]
  /** A place could not be dialled. */
  unreachable: [address: Address, error: WebTorrentDHTError]
  connected: [connection: PeerConnection, id: Id]
  disconnected: [id: Id, reason: CloseReason]
  /** The other side's signal named extensions. */
  extensions: [peer: SimplePeer, extensions: string[]]
  /** A connection that was dialled is that of a known node now. */
  dialled: [address: Address, connection: PeerConnection]
  /** A connected node has said where its HTTP server is. */
  server: [server: HttpServerInfo, connection: PeerConnection]
  /** A node has left the routing table, and none has taken its place. */
  lost: [id: Id]
  /** A node that the routing table has a place for could not be connected. */
  incomplete: []
  /** A node is gone for good: what it has announced is of no use. */
  gone: [id: Id]
  /** The network may be another now, or this machine has slept. */
  networkChanged: []
  /** A node is not heard any more, and no longer connected: it may be back in a moment. */
  silent: [id: Id]
}

export class Node extends emitter<Events>() {
  readonly options: ResolvedOptions
  readonly log: Log
  readonly table: ConnectionTable
  readonly connector: Connector
  readonly ledger: Ledger
  readonly routes: Routes
  readonly recursion: Recursion
  readonly inbound: Inbound
  readonly outbound: Outbound
  readonly destinations: Destinations
  readonly following: Following
  readonly leading: Leading
  readonly relaying: Relaying
  readonly late: LateCandidates
  readonly applicationSignals: ApplicationSignals
  readonly schemes: KnownSchemes
  readonly serving: Serving
  /** The values that this node stores under topics. */
  readonly topics: TopicStore
  /** The routing table; `clearContacts` makes a new one. */
  contacts: RoutingTable
  readonly #entrance: HttpEntrance
  readonly #keepAlive: KeepAlive
  readonly #networkChanges: NetworkChanges
  readonly #stopWatchingLeave: () => void
  #seenAs: Address | null = null
  #isClosed = false
  readonly #onClosed: (() => void)[] = []
  #hasClosed = false
  #hasToldMissing = false

  constructor(options: ResolvedOptions) {
    super()
    this.setMaxListeners(0)
    const { id, maxConnections, maxPendingConnections: maxPending, platform } = options
    this.options = options
    this.topics = new TopicStore(platform.verify)
    this.log = createLog(id.hex)
    const table = new ConnectionTable({ id, maxConnections, maxPending, log: this.log })
    this.table = table
    table.seats.exemptsLocal = options.exemptLocal ?? true
    this.connector = new Connector(options, table)
    this.ledger = new Ledger(table.counters)
    this.routes = new Routes(options, table, this.ledger)
    this.recursion = new Recursion(options, table, this.routes.costs)
    this.contacts = this.#createContacts()
    const { connector, ledger, routes, recursion } = this

    this.late = new LateCandidates(options, table, ledger, routes)
    const { late } = this
    const asking = new Asking(options, connector, ledger, { routes, late })
    const pinging = new Pinging(options, ledger)
    const answering = new Answering(options, connector, pinging, asking)
    const releasing = new Releasing(options, table, ledger)
    this.relaying = new Relaying(options, table, ledger)
    this.applicationSignals = new ApplicationSignals(options, ledger, connector, late)
    this.following = new Following(options, connector)
    this.leading = new Leading(options, { table, relaying: this.relaying, routes, recursion, node: this })
    const { surroundings } = connector
    const load = () =>
      connector.factory.load().catch((error: WebTorrentDHTError) => {
        this.#tellMissing(error)
        throw error
      })
    this.#entrance = new HttpEntrance(options, {
      answering,
      counters: table.counters,
      log: this.log,
      load,
      surroundings,
      others: new OtherServers(table, ledger)
    })
    const onFailed = (error: WebTorrentDHTError) => this.emit('warning', error)
    this.serving = new Serving(options, { answering, surroundings, onFailed })
    const onUnreachable = (address: Address, error: WebTorrentDHTError) =>
      this.emit('unreachable', address, error)
    this.schemes = new KnownSchemes([
      ...options.state.nodes,
      ...(platform.ownPlace ? [platform.ownPlace] : [])
    ])
    const { schemes, log } = this
    const dialer = new Dialer(options, { connector, schemes, log, onFailed: onUnreachable })
    this.destinations = new Destinations({ connector, routes, asking, dialer })
    this.#keepAlive = new KeepAlive(table, pinging, () => this.#networkChanges.slept())

    const frames = new Frames(table, ledger, routes, options.idLength)
    const identify = (connection: PeerConnection, id: Id) => connector.identifyByMessage(connection, id)
    this.inbound = new Inbound({ id, table, identify, ledger, frames, recursion, log: this.log })
    const { following, destinations, inbound } = this
    this.outbound = new Outbound({ id, ledger, inbound, destinations, following })
    const { idLength } = options
    const { neighboursOfNeighbours } = routes
    const { relaying, applicationSignals } = this
    const methods = { id, idLength, table, releasing, neighboursOfNeighbours }
    const parts = { ...methods, answering, relaying, applicationSignals, late }
    for (const create of NODE_METHODS) inbound.addMethod(create(parts), { isAboutConnections: true })
    connector.receiver = inbound

    table.eviction.requestRelease = connection => releasing.request(connection)
    neighboursOfNeighbours.start()
    this.#stopWatchingLeave = platform.onLeave(() => table.closeAll())
    this.#networkChanges = new NetworkChanges({
      platform,
      table,
      pingAll: heardWithin => this.#keepAlive.pingAll(heardWithin),
      letGo: () => {
        destinations.letGo()
        connector.letGo()
      },
      onBack: () => connector.isBack(),
      onChanged: () => this.emit('networkChanged')
    })
    this.#watch(pinging)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get addresses(): AddressBook {
    return this.table.addresses
  }

  /** Why there is no WebRTC here, as far as this node has tried: `ENOWEBRTC`. */
  get missingWebRTC(): WebTorrentDHTError | null {
    return this.connector.factory.missing
  }

  /** Where the HTTP server listens, else where the first node that was connected saw this one. */
  get address(): Address | null {
    return this.#entrance.address ?? this.#seenAs
  }

  /**
   * Starts the HTTP server.
   *
   * @param mayFallBack take any free port if this one is taken
   * @throws WebTorrentDHTError `EINVAL` if it was started before; `ECLOSED`
   */
  listen(port: number, host: string, mayFallBack: boolean): void {
    this.#entrance.listen(port, host, mayFallBack)
  }

  /** Empties the routing table. */
  clearContacts(): RoutingTable {
    for (const { id } of this.contacts.toArray()) this.table.deleteTag(Id.of(id), ROUTING_TAG)
    this.contacts = this.#createContacts()
    return this.contacts
  }

  /** The contact of a connected node. */
  contactOf(id: Id): Contact {
    return { id: id.bytes, ...(this.addresses.addressOf(id) ?? NOWHERE) }
  }

  /** Closes all connections and the HTTP server; calls back once everything is closed and the port is free. */
  close(callback: () => void): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#keepAlive.close()
    this.#networkChanges.close()
    this.#stopWatchingLeave()
    this.serving.close()
    this.destinations.close()
    this.routes.close()
    this.applicationSignals.close()
    this.ledger.close()
    this.connector.close()
    const done = () => {
      this.options.platform.idle()
      this.#hasClosed = true
      callback()
      for (const next of this.#onClosed) next()
    }
    // simple-peer closes its connection in a microtask; the port is free when the server says so.
    setTimeout(() => this.#entrance.close(done), 0)
  }

  /** Calls back once everything is closed, if it is already, too. */
  whenClosed(callback: () => void): void {
    if (this.#hasClosed) queueMicrotask(callback)
    else this.#onClosed.push(callback)
  }

  #createContacts(): RoutingTable {
    const { id, bucketSize, lookupWidth, maxConnections } = this.options
    const contacts = new RoutingTable({
      localNodeId: id,
      bucketSize,
      neighbours: lookupWidth,
      maxContacts: shareOut(maxConnections).routing,
      displacedBy: (other, bucket) => {
        const connections = bucket.flatMap(mate => this.table.get(mate) ?? [])
        return this.table.seats.displacedInBucket(this.table.get(other), connections)
      },
      isConnected: other => this.table.get(other) !== undefined,
      nearestConnected: (target, count) =>
        this.table.nearest(target, count).map(connection => this.contactOf(connection.id as Id))
    })
    contacts.on('added', ({ id }) => void this.table.addTag(Id.of(id), ROUTING_TAG))
    contacts.on('removed', ({ id }) => {
      this.table.deleteTag(Id.of(id), ROUTING_TAG)
      if (!contacts.isDropping) this.emit('lost', Id.of(id))
    })
    return contacts
  }

  /** Told once. A node that joins over WebSocket does without WebRTC; one that is to listen does not. */
  #tellMissing(error: WebTorrentDHTError): void {
    if (this.#hasToldMissing) return
    this.#hasToldMissing = true
    this.emit('withoutWebRTC', error)
  }

  #watch(pinging: Pinging): void {
    const { table, connector } = this
    table.on('interrupted', connection => this.#keepAlive.ping(connection))
    table.on('silent', connection => void pinging.isAlive(connection))
    table.on('contested', async (connection, rival) => {
      // Both were proven. The node need not be asked, and on a slow link the question would come back too late.
      const isUpgrade = connection.isOverWebSocket && !rival.isOverWebSocket
      const isProven = isUpgrade && connection.id !== null && connector.proofs.needsProof(connection.id)
      table.settle(rival, isProven || (await pinging.owns(connection, rival.remoteFingerprint)))
    })
    table.on('connected', (connection, id) => {
      this.#seenAs ??= seenAt(connection)
      this.emit('connected', connection, id)
    })
    table.on('disconnected', (id, reason) => this.emit('disconnected', id, reason))
    connector.on('open', connection => this.#entrance.introduce(connection))
    connector.on('server', (server, connection) => this.emit('server', server, connection))
    connector.on('extensions', (peer, names) => this.emit('extensions', peer, names))
    connector.on('dialled', (address, connection) => this.emit('dialled', address, connection))
    connector.once('missing', async (error, isBroken) => {
      if (!isBroken) await this.destinations.whenSettled(LINK_TIMEOUT)
      if (isBroken || table.isAlone) this.#tellMissing(error)
    })
    this.#entrance.on('error', error => this.emit('error', error))
    this.#entrance.on('warning', error => this.emit('warning', error))
    this.#entrance.on('listening', address => {
      if (address) table.seats.exemptsLocal = this.options.exemptLocal ?? isLocalListener(address.host)
      if (address) this.serving.listening(address)
      if (address) this.destinations.addOwn({ ...address, host: parseHost(address.host) ?? address.host })
      this.emit('listening', address)
    })
  }
}

/** Where the other end sees this node, if WebRTC says so. */
function seenAt({ peer }: PeerConnection): Address | null {
  const { localAddress, localPort, remoteAddress } = peer
  if (localAddress === undefined || localPort === undefined) return null
  return { host: localAddress === remoteAddress ? '127.0.0.1' : localAddress, port: localPort }
}
