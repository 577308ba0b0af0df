/** Turns signals into connections: it answers offers, accepts answers to our own, and learns who is at the other end. */

import { onAbort } from '../abort-signals.js'
import { WebTorrentDHTError } from '../errors.js'
import { emitter } from '../events.js'
import { acceptedExtensions, TRICKLE } from '../extensions.js'
import type { Id } from '../id.js'
import type { ResolvedOptions } from '../options.js'
import { FOR_NODE, Proofs } from '../proofs.js'
import type { SimplePeer } from '../simple-peer.js'
import type { Reach } from '../wire/candidates.js'
import type { Address } from '../wire/compact.js'
import type { Description } from '../wire/description.js'
import type { HttpServerInfo } from '../wire/server-info.js'
import type { HttpSignal, Signal } from '../wire/signal.js'
import type { Checks } from './checks.js'
import { giveWay } from './duplicates.js'
import { ConnectionFactory } from './factory.js'
import type { LateWay } from './late-way.js'
import type { Link } from './link.js'
import { Meeting } from './meeting.js'
import { Network } from './network.js'
import { type Lease, OfferPool } from './offers.js'
import type { PeerConnection, Receiver } from './peer-connection.js'
import { type Attempt, firstOpenTimeout, timeAlone } from './retry.js'
import { Surroundings } from './surroundings.js'
import type { ConnectionTable } from './table.js'
import { UdpWatch } from './udp-watch.js'

/** Milliseconds from an answer to an open connection, over the slowest links. */
const OPEN_TIMEOUT = 5000
/** The same for a first attempt over a fast link: early enough for another one within the life of a query. */
const SHORTEST_OPEN_TIMEOUT = 700

type Events = {
  /** A connection is open. Its node may not be known yet. */
  open: [connection: PeerConnection]
  /** A connection that we dialled has a known node now. */
  dialled: [address: Address, connection: PeerConnection]
  extensions: [peer: SimplePeer, extensions: string[]]
  /** WebRTC is found to be missing, or to be there and make no connections. */
  missing: [error: WebTorrentDHTError, isBroken: boolean]
  /** The other end has said where its HTTP server is. */
  server: [server: HttpServerInfo, connection: PeerConnection]
}

/** The facts about the other end before the connection is open. */
export interface RemoteEnd {
  id: Id | null
  dialled: Address | null
  /** Of whoever handed its description on. */
  reach: Reach
  /** Milliseconds to open, if people hand the descriptions on. Nothing waits for it, nor are its checks limited then. */
  patience?: number
}

/** An offer that is answered, beside its signal. */
export interface Answered {
  /** The way that it took, if candidates can follow on it. */
  late?: LateWay | null
}

/** How a connection comes to be whose answer is accepted. */
export interface Opening {
  /** Milliseconds that offer and answer took to travel, if another attempt can follow. */
  signalTime?: number
  /** Which of two attempts it is. */
  attempt?: Attempt
}

export class Connector extends emitter<Events>() {
  readonly table: ConnectionTable
  readonly offers: OfferPool
  readonly surroundings: Surroundings
  readonly proofs: Proofs
  readonly udp = new UdpWatch(
    () => this.network.blockedChanged(),
    () => [...this.table.all].some(({ isOpen, isOverWebSocket }) => isOpen && !isOverWebSocket)
  )
  readonly network: Network
  readonly meeting: Meeting
  /** Takes the messages of all connections that are made from now on. */
  receiver: Receiver | null = null
  readonly #options: ResolvedOptions
  readonly factory: ConnectionFactory
  readonly #connecting = new Set<PeerConnection>()

  constructor(options: ResolvedOptions, table: ConnectionTable) {
    super()
    this.table = table
    this.#options = options
    this.surroundings = new Surroundings(options)
    this.network = new Network({
      options,
      surroundings: this.surroundings,
      isBlocked: () => this.udp.isBlocked && this.factory.missing === null
    })
    this.meeting = new Meeting(this.network, this.surroundings)
    this.proofs = new Proofs(options, table.counters)
    const onMissing = (error: WebTorrentDHTError, isBroken: boolean) => this.emit('missing', error, isBroken)
    this.factory = new ConnectionFactory(options, table, this.network, onMissing)
    if (options.state.isBlocked) this.udp.block()
    this.offers = new OfferPool(this.factory, options.peerConnectionTimeout, table.counters)
    table.on('settled', connection => {
      if (connection.dialled) this.emit('dialled', connection.dialled, connection)
    })
  }

  /**
   * Encloses a description in a signal, with the proof of this node's id.
   *
   * @param to the node that it is for; `null` if it is not known yet
   * @param offered the extensions of the offer that it answers; `null` for an offer
   */
  async toSignal(
    { type, sdp }: Description,
    to: Id | null,
    offered: readonly string[] | null = null,
    purpose = FOR_NODE
  ): Promise<Signal> {
    const own = this.#options.extensions
    const described = purpose === FOR_NODE ? this.meeting.describe({ type, sdp }) : { type, sdp }
    return {
      id: this.#options.id,
      ...(await this.proofs.prove(described, purpose, to)),
      extensions: offered ? acceptedExtensions(offered, own) : [...own]
    }
  }

  /**
   * Accepts the answer to our offer, and waits for the connection to open.
   *
   * @param opening how long it took so far, and whether another attempt can follow
   * @throws WebTorrentDHTError `ENOTPROVEN` if it lacks the proof of its id; `ECONNFAILED` if the connection does not open
   */
  async acceptAnswer(
    lease: Lease,
    answer: Omit<HttpSignal, 'id'>,
    remote: RemoteEnd,
    { signalTime = Number.POSITIVE_INFINITY, attempt }: Opening = {}
  ): Promise<PeerConnection> {
    try {
      if (remote.id) await this.proofs.check(remote.id, answer, lease.purpose)
    } catch (error) {
      lease.discard() // the node itself may still answer it
      throw error
    }
    const connection = lease.use()
    if (attempt?.lost.aborted) connection.close('duplicate')
    this.#adopt(connection, answer, remote)
    if (connection.extensions.has(TRICKLE)) connection.trickling?.follow()
    else connection.stopTrickling()
    if (attempt) {
      const descriptions = [await connection.describe(false), answer]
      return this.#openBeside(connection, attempt, timeAlone(SHORTEST_OPEN_TIMEOUT, signalTime, descriptions))
    }
    const timeout = firstOpenTimeout(SHORTEST_OPEN_TIMEOUT, signalTime)
    connection.setDeadline(Math.min(this.#openTimeout, timeout))
    const isOpen = await connection.whenOpen()
    if (lease.purpose === FOR_NODE) isOpen ? this.udp.opened() : this.udp.failed()
    return this.#whatOpened(connection)
  }

  /** Waits for a connection that is one of two attempts: the loser is neither used nor counted as failed. */
  async #openBeside(connection: PeerConnection, attempt: Attempt, time: number): Promise<PeerConnection> {
    connection.setDeadline(this.#openTimeout)
    onAbort(attempt.lost, () => giveWay(connection))
    attempt.answered(time)
    const isOpen = await connection.whenOpen()
    if (isOpen) this.udp.opened()
    else if (!attempt.lost.aborted) this.udp.failed()
    return this.#whatOpened(connection)
  }

  /** If the node is connected already, this connection is not heard before it is settled whose it is. */
  #whatOpened(connection: PeerConnection): PeerConnection {
    if (connection.isOpen) return this.table.get(connection.contestedId) ?? connection
    throw new WebTorrentDHTError('ECONNFAILED', 'the connection did not open')
  }

  /** Accepts an answer, whose proof was checked, with the connection that made the offer. It opens, or is closed. */
  acceptWith(connection: PeerConnection, answer: Omit<HttpSignal, 'id'>, remote: RemoteEnd): void {
    this.#adopt(connection, answer, remote)
    connection.once('open', () => this.udp.opened())
  }

  /**
   * Answers the other side's offer, whose proof was checked.
   *
   * @param origin where the offer came from
   * @param reach of whoever handed it on
   * @returns the answer
   * @throws WebTorrentDHTError `EFULL` if there is no room, `ECONNFAILED` if the offer is no good
   */
  async answer(
    offer: Omit<HttpSignal, 'id'>,
    id: Id | null,
    origin: string,
    reach: Reach,
    { late = null }: Answered = {}
  ): Promise<Signal> {
    const connection = await this.factory.create(false, false, origin)
    const isSpoken = [offer.extensions, this.#options.extensions].every(names => names.includes(TRICKLE))
    if (late && isSpoken) connection.trickleOver(late, offer)
    return this.answerWith(connection, offer, { id, dialled: null, reach })
  }

  /** Makes a link over WebSocket a connection, by the other side's offer, whose proof was checked. @throws WebTorrentDHTError `EFULL` */
  async takeLink(
    offer: Omit<HttpSignal, 'id'>,
    link: SimplePeer,
    { id, origin, reach }: { id: Id | null; origin: string; reach: Reach }
  ): Promise<void> {
    this.#adopt(await this.factory.createOver(link, origin), offer, { id, dialled: null, reach })
  }

  /** Answers an offer with a connection that was made for it. @throws WebTorrentDHTError `ECONNFAILED` if the offer is no good */
  async answerWith(
    connection: PeerConnection,
    offer: Omit<HttpSignal, 'id'>,
    remote: RemoteEnd
  ): Promise<Signal> {
    this.#adopt(connection, offer, remote)
    connection.once('open', () => this.udp.opened())
    try {
      const { trickling } = connection
      const description = await connection.describe(!trickling || this.meeting.isHard)
      const answer = await this.toSignal(description, remote.id, offer.extensions)
      trickling?.follow(description)
      return answer
    } catch (cause) {
      throw new WebTorrentDHTError('ECONNFAILED', 'the offer was not accepted', { cause })
    }
  }

  /**
   * Notes which node is at the other end of a connection.
   *
   * @param dialled the HTTP address that we dialled
   */
  identify(connection: PeerConnection, id: Id, dialled: Address | null = connection.dialled): void {
    const isFirst = this.table.identify(connection, id, dialled)
    if (isFirst && dialled) this.emit('dialled', dialled, connection)
  }

  /** The reach of the neighbour that a link leads over. */
  reachOf({ via }: Pick<Link, 'via'>): Reach {
    const connection = this.table.get(via)
    return connection?.isForeign ? 'foreign' : this.surroundings.ofNeighbour(connection?.peer)
  }

  /** Notes which node the first message on a connection names. An id that is bound to a key would need a signal with its proof. */
  identifyByMessage(connection: PeerConnection, id: Id): void {
    if (!this.proofs.needsProof(id)) return this.identify(connection, id)
    this.proofs.refuse(id)
    connection.close('failed')
  }

  /** Connections that are not open yet, though both signals are there; none that wait for people. */
  get connecting(): ReadonlySet<PeerConnection> {
    return this.#connecting
  }

  /** Lets go of what was made in another network: offers, attempts under way, and what was found out there. */
  letGo(): void {
    this.offers.clear()
    this.udp.forget()
    this.network.forget()
    for (const connection of [...this.#connecting]) connection.close('not opened')
  }

  /** Lets go of what was made while no node was connected: in an outage offers come without public addresses. */
  isBack(): void {
    this.offers.clear()
    this.network.probe()
  }

  close(): void {
    this.factory.close()
    this.network.close()
    this.table.close()
  }

  get #openTimeout(): number {
    return Math.min(OPEN_TIMEOUT, this.#options.peerConnectionTimeout)
  }

  #adopt(
    connection: PeerConnection,
    signal: Omit<HttpSignal, 'id'>,
    { id, dialled, reach, patience }: RemoteEnd
  ): void {
    connection.setDeadline(patience ?? this.#openTimeout)
    connection.claimedId = id
    connection.dialled = dialled
    connection.isForeign = reach === 'foreign'
    connection.extensions = new Set(acceptedExtensions(signal.extensions, this.#options.extensions))
    connection.receiver = this.receiver
    connection.once('server', server => this.emit('server', server, connection))
    connection.once('open', () => {
      if (id !== null) this.identify(connection, id)
      this.emit('open', connection)
    })
    if (signal.extensions.length > 0) this.emit('extensions', connection.peer, signal.extensions)
    const description = this.surroundings.limit(signal, reach)
    let checks: Checks | null = null
    if (patience === undefined) {
      this.#connecting.add(connection)
      connection.whenOpen().then(() => this.#connecting.delete(connection))
      const onUnanswered = () => connection.close('not opened')
      checks = this.surroundings.limitChecks(connection.peer, description, onUnanswered)
    }
    connection.accept(description)
    connection.trickling?.remote.described(description, reach, this.surroundings, checks)
  }
}
