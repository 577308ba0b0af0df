/** Makes connections: takes a slot, then makes the `RTCPeerConnection`. */

import { closedError, isError, messageOf, WebTorrentDHTError } from '../errors.js'
import type { ResolvedOptions } from '../options.js'
import type { SimplePeer, SimplePeerOptions } from '../simple-peer.js'
import type { Slot } from './budget.js'
import { Gathering, type GatheringTimes, gatheringTimes, TIMES_FOR_TURN } from './gathering.js'
import type { Network } from './network.js'
import { PeerConnection } from './peer-connection.js'
import { RateLimits } from './rate-limits.js'
import { watchReflexive } from './reflexive.js'
import type { IceServer } from './stun-servers.js'
import type { ConnectionTable } from './table.js'
import { TurnServers } from './turn-servers.js'

/** Errors of browsers for a wrong configuration. */
const MISTAKES = ['TypeError', 'SyntaxError', 'InvalidAccessError', 'NotSupportedError']
const METHODS = ['on', 'once', 'off', 'signal', 'send', 'destroy'] as const

/** @param isBroken there is one, which makes no connections */
type OnMissing = (error: WebTorrentDHTError, isBroken: boolean) => void

export class ConnectionFactory {
  /** For connections that do not open otherwise: second attempts use them. */
  readonly turnServers = new TurnServers()
  readonly #options: ResolvedOptions
  readonly #table: ConnectionTable
  readonly #network: Network
  #webRTC: Promise<SimplePeerOptions> | null = null
  #platformOptions: SimplePeerOptions = {}
  #missing: WebTorrentDHTError | null = null
  /** Whether a connection was made: one that is not is for want of room, then. */
  #hasWorked = false
  #isClosed = false
  readonly #onMissing: OnMissing

  /** @param onMissing called each time that WebRTC is found to be missing */
  constructor(options: ResolvedOptions, table: ConnectionTable, network: Network, onMissing: OnMissing) {
    this.#options = options
    this.#table = table
    this.#network = network
    this.#onMissing = onMissing
  }

  /** Why there is no WebRTC here, as far as anybody has tried: `ENOWEBRTC`. */
  get missing(): WebTorrentDHTError | null {
    return this.#missing
  }

  /**
   * Makes a connection, which then needs the exchange of descriptions.
   *
   * @param initiator whether this node makes the offer
   * @param isCareful slower but surer, after a failed attempt: see node-datachannel.ts
   * @param origin the origin of the other side's offer, see `PeerConnection.origin`
   * @throws WebTorrentDHTError `EFULL` if the budget is used up, `ENOWEBRTC` if there is no WebRTC
   */
  async create(initiator: boolean, isCareful = false, origin: string | null = null): Promise<PeerConnection> {
    await this.load()
    this.#checkOpen()
    const slot = await this.#table.takeSlot(initiator ? 'outbound' : 'inbound', origin)
    const { creationLimit } = this.#options.platform
    try {
      await creationLimit?.take()
      try {
        return await this.#make(slot, { initiator, isCareful, origin })
      } finally {
        creationLimit?.giveBack()
      }
    } catch (error) {
      slot.giveBack()
      throw error
    }
  }

  /**
   * Makes a connection over a WebSocket that is there already. The connection closes it.
   *
   * @throws WebTorrentDHTError `EFULL` if the budget is used up, `ECONNFAILED` if the peer was closed meanwhile
   */
  async createOver(peer: SimplePeer, origin: string | null): Promise<PeerConnection> {
    this.#checkOpen()
    const slot = await this.#table.takeSlot(peer.initiator ? 'outbound' : 'inbound', origin)
    if (!peer.destroyed && !this.#isClosed) return this.#add(peer, slot, { origin, isOverWebSocket: true })
    slot.giveBack()
    throw new WebTorrentDHTError('ECONNFAILED', 'the link was closed')
  }

  /**
   * Loads WebRTC early: if loading fails for want of a file descriptor, it fails for good.
   *
   * @throws WebTorrentDHTError `ENOWEBRTC`
   */
  async load(): Promise<void> {
    this.#network.check()
    this.#platformOptions = await this.#loadWebRTC()
  }

  /** Prepares `createApplicationPeer`. @throws WebTorrentDHTError `EFULL` if the browser makes no more now; `ENOWEBRTC` */
  async prepare(): Promise<void> {
    const { creationLimit } = this.#options.platform
    await this.load()
    await creationLimit?.take()
    creationLimit?.giveBack()
  }

  /** Whether there is a TURN server, of the application's own or granted by a bootstrap node. */
  get hasTurn(): boolean {
    return this.hasOwnTurn || this.turnServers.current.length > 0
  }

  /** Whether the application has given a TURN server, which all connections then use. */
  get hasOwnTurn(): boolean {
    return this.#network.servers.turn.length > 0
  }

  /**
   * Makes a peer. One for the application takes no slot, and is not in the table.
   *
   * @param isCareful as in `create`
   * @param needsTurn whether its description is of no use without a relayed candidate
   */
  createPeer(initiator: boolean, isCareful = false, needsTurn = false): SimplePeer {
    const { simplePeerConstructor: SimplePeer, simplePeerOptions } = this.#options
    const { iceServers, asked } = this.#network.chooseServers()
    const granted = this.#granted(isCareful || needsTurn)
    const peer = new SimplePeer({
      iceCompleteTimeout: this.#gatheringTimes(isCareful, needsTurn).first,
      ...this.#platformOptions,
      ...simplePeerOptions,
      config: { ...this.#config, iceServers: [...iceServers, ...granted], careful: isCareful },
      trickle: false,
      initiator
    })
    watchReflexive(peer, asked, this.#network)
    return peer
  }

  /** Watches what a peer gathers, which was made just now. */
  gather(peer: SimplePeer, isCareful = false, needsTurn = false): Gathering {
    const { first, whole } = this.#gatheringTimes(isCareful, needsTurn)
    return new Gathering(peer, whole - (this.#options.simplePeerOptions.iceCompleteTimeout ?? first))
  }

  /** Makes no more connections. */
  close(): void {
    this.#isClosed = true
    this.turnServers.close()
  }

  async #make(
    slot: Slot,
    { initiator, isCareful, origin }: { initiator: boolean; isCareful: boolean; origin: string | null }
  ): Promise<PeerConnection> {
    this.#checkOpen() // a node may be destroyed while it waits
    let peer: SimplePeer
    try {
      peer = this.createPeer(initiator, isCareful)
      checkMethods(peer)
    } catch (cause) {
      throw this.#noteMissing(`no WebRTC connection can be made: ${messageOf(cause)}`, cause)
    }
    if (isRefused(peer)) throw this.#refusal(await errorOf(peer))
    this.#missing = null
    this.#hasWorked = true
    return this.#add(peer, slot, { origin, isCareful })
  }

  #add(
    peer: SimplePeer,
    slot: Slot,
    {
      origin,
      isCareful = false,
      isOverWebSocket = false
    }: { origin: string | null; isCareful?: boolean; isOverWebSocket?: boolean }
  ): PeerConnection {
    const connection = new PeerConnection({
      peer,
      gathering: this.gather(peer, isCareful),
      slot,
      rateLimits: new RateLimits(this.#options.limits),
      frameRateLimits: new RateLimits(this.#options.limits),
      counters: this.#table.counters,
      timeout: this.#options.peerConnectionTimeout,
      origin,
      isOverWebSocket
    })
    this.#table.add(connection)
    return connection
  }

  get #config(): NonNullable<SimplePeerOptions['config']> {
    return { ...this.#platformOptions.config, ...this.#options.simplePeerOptions.config }
  }

  /** The TURN servers that bootstrap nodes have handed out. */
  #granted(isUsed: boolean): IceServer[] {
    return isUsed ? this.turnServers.current : []
  }

  #gatheringTimes(isCareful: boolean, needsTurn: boolean): GatheringTimes {
    const hasTurn = this.hasOwnTurn || this.#granted(isCareful || needsTurn).length > 0
    return hasTurn && needsTurn ? TIMES_FOR_TURN : gatheringTimes(this.#table.roundTripTime, hasTurn)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closedError()
  }

  #loadWebRTC(): Promise<SimplePeerOptions> {
    if (this.#options.simplePeerOptions.wrtc) return Promise.resolve({})
    this.#webRTC ??= this.#options.platform.loadWebRTC().catch((error: unknown) => {
      this.#webRTC = null // the user may install one while the process runs
      throw this.#noteMissing(messageOf(error), isError(error) ? error.cause : error, false)
    })
    return this.#webRTC
  }

  /** Of a browser or a system at its limit, or of a WebRTC that does not work with the options given. */
  #refusal(cause: unknown): WebTorrentDHTError {
    const isMistake = isError(cause) && MISTAKES.includes(cause.name)
    if (!this.#hasWorked && (isMistake || !this.#options.platform.creationLimit))
      return this.#noteMissing(`no WebRTC connection can be made: ${messageOf(cause)}`, cause)
    return new WebTorrentDHTError('EFULL', 'no more connections can be made now', { cause })
  }

  #noteMissing(reason: string, cause: unknown, isBroken = true): WebTorrentDHTError {
    this.#missing = new WebTorrentDHTError('ENOWEBRTC', reason, { cause })
    if (!this.#isClosed) this.#onMissing(this.#missing, isBroken)
    return this.#missing
  }
}

/** Whether no `RTCPeerConnection` was made. simple-peer then destroys itself, and emits an error later. */
function isRefused(peer: SimplePeer): boolean {
  return (peer as { destroying?: boolean }).destroying === true
}

function errorOf(peer: SimplePeer): Promise<unknown> {
  return new Promise(resolve => {
    for (const event of ['error', 'close']) peer.once(event, resolve)
  })
}

/** @throws TypeError for what is no peer: a class of the application's own may make anything */
function checkMethods(peer: SimplePeer): void {
  const missing = METHODS.find(name => typeof peer[name] !== 'function')
  if (missing) throw new TypeError(`simple_peer_constructor makes objects without \`${missing}\``)
}
