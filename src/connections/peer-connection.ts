/**
 * The transport: one connection to one node, over WebRTC or over WebSocket.
 *
 *     signalling ──> open ──> closed(reason)
 *          └────────────────────┘
 *
 * The code that creates a connection closes it. A closed connection always gives its slot back to the budget.
 */

import type { CloseReason, Counters } from '../counters.js'
import { emitter } from '../events.js'
import { ROUTE } from '../extensions.js'
import type { Id } from '../id.js'
import type { SimplePeer } from '../simple-peer.js'
import type { Address, Contact } from '../wire/compact.js'
import type { Description } from '../wire/description.js'
import { type HttpServerInfo, isServerInfo, parseServerInfo } from '../wire/server-info.js'
import { fingerprintOf } from '../wire/signal.js'
import type { Located } from './address-book.js'
import type { Slot } from './budget.js'
import type { Gathering } from './gathering.js'
import type { LateWay } from './late-way.js'
import type { Link, SentQuery } from './link.js'
import { originOf } from './origin.js'
import type { RateLimits } from './rate-limits.js'
import { Trickling } from './trickling.js'

type State =
  | { name: 'signalling'; deadline: NodeJS.Timeout }
  | { name: 'open' }
  | { name: 'closed'; reason: CloseReason }

const OPEN: State = { name: 'open' }

/** How long the first description may take: candidates are gathered for a second at most. */
const DESCRIPTION_TIMEOUT = 3000
/** Messages kept that came before our own side knew that the connection was open, or whose it is. */
const MAX_EARLY_MESSAGES = 16
/** simple-peer's data channel does not throw on a full buffer. With more bytes unsent, the other end does not read. */
const MAX_UNSENT_BYTES = 1024 * 1024
/** Milliseconds that as many bytes may stay unsent: a burst does not end a connection. */
const MAX_UNREAD_TIME = 5000

type Events = {
  open: []
  /** ICE hears nothing from the other end, which may come back. */
  interrupted: []
  /** The other end left a query unanswered, and has sent nothing since. */
  silent: []
  /** The other end has said where its HTTP server is. */
  server: [server: HttpServerInfo]
  close: [reason: CloseReason]
}

/** Takes the messages of all connections. */
export interface Receiver {
  receive(connection: PeerConnection, bytes: Buffer): void
}

export interface PeerConnectionOptions {
  peer: SimplePeer
  gathering: Gathering
  slot: Slot
  rateLimits: RateLimits
  frameRateLimits: RateLimits
  counters: Counters
  /** Milliseconds until an offer that is not answered, or an answering end without a description, is closed. */
  timeout: number
  origin: string | null
  isOverWebSocket: boolean
}

export class PeerConnection extends emitter<Events>() implements Link {
  // First what each message and each reply needs: V8 keeps fields in this order.
  /** The remote node's id, once it is known. */
  id: Id | null = null
  /** The node's entry in the address book, once its id is known. */
  located: Located | null = null
  /** Whether the other end relays frames, and takes queries in frames. */
  speaksRoute = false
  /** Whether the other end left a query unanswered, and has sent nothing since. */
  isSilent = false
  receiver: Receiver | null = null
  /** When the remote node was last heard, as `performance.now()` gives it, like all times here. */
  lastHeard = 0
  /** When it was last used, by either end: pings do not count. */
  lastUsed = 0
  /** How many nodes had left the routing table when it last had no place for this one. */
  noPlaceAt = -1
  /** The rate limits for what the other end sends itself. */
  readonly rateLimits: RateLimits
  /** The simple-peer instance, as the socket's events and `get_id_mapping` give it. */
  readonly peer: SimplePeer
  /** This end's candidates. */
  readonly gathering: Gathering
  readonly isInitiator: boolean
  /** Where the connection comes from: see origin.ts. */
  origin: string | null
  /** Whether a younger connection has its seat: see seats.ts. */
  isDisplaced = false
  readonly isRoute = false
  /** Whether it is a link over WebSocket: a WebRTC connection to the same node takes its place. */
  readonly isOverWebSocket: boolean
  /** Whether the other end has stated this id itself, on the connection. */
  isConfirmed = false
  /** Whether the other end is a page that came from elsewhere: see `Reach`. */
  isForeign = false
  /** The id in the other end's signal, until the connection is open. */
  claimedId: Id | null = null
  /**
   * The connected node that the other end claims to be. It is not heard until that node has said so: see `ConnectionTable.identify`.
   */
  contestedId: Id | null = null
  /** The fingerprints of the certificates of both ends, as their descriptions have them. */
  fingerprint: string | null = null
  remoteFingerprint: string | null = null
  /** The HTTP address that this node dialled for it. */
  dialled: Address | null = null
  #extensions: ReadonlySet<string> = new Set()
  /** Names of the owners that need the connection. A tagged connection is never evicted. */
  readonly tags = new Set<string>()
  /** Queries sent on it that have no reply yet; other replies are dropped. */
  readonly awaited = new Set<SentQuery>()
  /** The rate limits for frames: other nodes send them, and must not use up the limits of the relay. */
  readonly frameRateLimits: RateLimits
  /** When it was opened. */
  openedAt = 0
  /** The shortest time, in milliseconds, that a reply has taken. */
  roundTripTime = Number.POSITIVE_INFINITY
  /** When the other end last refused to release it. */
  releaseRefusedAt = Number.NEGATIVE_INFINITY
  /** Whether this node has asked to release it, or has agreed to. */
  isReleasing = false
  /** Whether it is a pooled offer, which no node has. */
  isSpareOffer = false
  readonly #slot: Slot
  readonly #counters: Counters
  #state: State
  #description: Promise<Description>
  #whenOpen: Promise<boolean> | null = null
  #trickling: Trickling | null = null
  #earlyMessages: Buffer[] = []
  #mayBeServerInfo = true
  /** Whether ICE hears nothing from the other end at present. */
  #isInterrupted = false
  /** Since when the other end does not read; 0: it does. */
  #unreadSince = 0

  constructor(options: PeerConnectionOptions) {
    super()
    const { peer, gathering, slot, rateLimits, frameRateLimits, counters, timeout, origin } = options
    this.peer = peer
    this.isOverWebSocket = options.isOverWebSocket
    this.gathering = gathering
    this.origin = origin
    this.rateLimits = rateLimits
    this.frameRateLimits = frameRateLimits
    this.#counters = counters
    this.isInitiator = peer.initiator
    this.#slot = slot
    // Until the answer is there, which sets the deadline anew.
    const reason = this.isInitiator ? 'unused offer' : 'not opened'
    this.#state = { name: 'signalling', deadline: setTimeout(() => this.close(reason), timeout) }
    this.#description = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.close('failed'), DESCRIPTION_TIMEOUT)
      if (!this.isInitiator) clearTimeout(timer) // an answer cannot be made before its offer is there
      peer.once('signal', ({ type, sdp }: Description) => {
        this.fingerprint = fingerprintOf(sdp)
        resolve({ type, sdp })
      })
      peer.once('signal', () => clearTimeout(timer))
      this.once('close', reason => {
        clearTimeout(timer)
        reject(new Error(`connection closed: ${reason}`))
      })
    })
    this.#description.catch(() => {}) // `description` may have no listener
    peer.on('connect', () => this.#opened())
    peer.on('data', data => this.#received(Buffer.isBuffer(data) ? data : Buffer.from(data)))
    peer.on('control', (length, answer) => this.#controlled(length, answer))
    peer.on('iceStateChange', state => {
      this.#isInterrupted = state === 'disconnected' || state === 'failed'
      if (state === 'disconnected' && this.isOpen) this.emit('interrupted')
    })
    peer.on('error', () => this.#ended())
    peer.on('close', () => this.#ended())
  }

  /** The node at the other end, and the address that stands for it here; `undefined` until it is known. */
  get contact(): Contact | undefined {
    return this.id && this.located ? { id: this.id, ...this.located.address } : undefined
  }

  get isOpen(): boolean {
    return this.#state.name === 'open'
  }

  get via(): Id | null {
    return this.id
  }

  /** The extensions that both ends speak. */
  get extensions(): ReadonlySet<string> {
    return this.#extensions
  }

  set extensions(extensions: ReadonlySet<string>) {
    this.#extensions = extensions
    this.speaksRoute = extensions.has(ROUTE)
  }

  /** Whether the other end relays and receives frames. */
  get takesFrames(): boolean {
    return this.speaksRoute && !this.isSilent
  }

  /**
   * The IP address of the other end, if WebRTC tells it (browsers hide it behind an mDNS name). A node on the same machine gets 127.0.0.1,
   * whatever interface WebRTC uses.
   */
  get remoteHost(): string {
    const { remoteAddress = '', localAddress } = this.peer
    return remoteAddress === localAddress ? '127.0.0.1' : remoteAddress
  }

  get isClosed(): boolean {
    return this.#state.name === 'closed'
  }

  /**
   * Our offer, or our answer once the offer has been given to `accept`, with the candidates that are there. Rejects if the connection
   * closes before.
   *
   * @param isWhole whether it waits for all of them: none can follow it
   */
  async describe(isWhole = true): Promise<Description> {
    const first = await this.#description
    if (isWhole) await this.gathering.whenWhole()
    return this.gathering.complete(first)
  }

  /**
   * Has candidates follow the descriptions of both ends on this way, in place of another one.
   *
   * @param offer of either end
   */
  trickleOver(way: LateWay, offer: Pick<Description, 'sdp'>): void {
    this.stopTrickling()
    const { peer, gathering } = this
    if (this.#state.name === 'signalling') this.#trickling = new Trickling({ peer, gathering, way, offer })
  }

  /** Has no more candidates follow. */
  stopTrickling(): void {
    this.#trickling?.stop()
    this.#trickling = null
  }

  /** The candidates that follow the descriptions, if any may. */
  get trickling(): Trickling | null {
    return this.#trickling
  }

  /** Takes the other side's offer or answer. A bad one closes the connection. */
  accept({ type, sdp }: Description): void {
    if (this.isClosed) return
    this.remoteFingerprint = fingerprintOf(sdp)
    try {
      this.peer.signal({ type, sdp })
    } catch {
      this.close('failed') // simple-peer throws at what its WebRTC cannot read
    }
  }

  /** Notes whose connection it is. */
  identify(id: Id): void {
    this.id = id
    this.peer.id = id.hex
  }

  /** Gives a connection that is not open yet this long, in milliseconds, from now. */
  setDeadline(timeout: number, reason: CloseReason = 'not opened'): void {
    if (this.#state.name !== 'signalling') return
    clearTimeout(this.#state.deadline)
    this.#state.deadline = setTimeout(() => this.close(reason), timeout)
  }

  /** Settles when the connection is open (true) or closed (false). */
  whenOpen(): Promise<boolean> {
    if (this.isOpen) return Promise.resolve(true)
    if (this.isClosed) return Promise.resolve(false)
    this.#whenOpen ??= new Promise(resolve => {
      const settle = () => {
        this.off('open', settle)
        this.off('close', settle)
        resolve(this.isOpen)
      }
      this.once('open', settle)
      this.once('close', settle)
    })
    return this.#whenOpen
  }

  /** Sends a message; says whether it could be. */
  send(bytes: Buffer): boolean {
    const isSent = this.#send(bytes)
    const { messages, bytes: counted, drops } = this.#counters
    if (isSent) {
      messages.sent++
      counted.sent += bytes.length
    } else {
      drops['not sent']++
    }
    return isSent
  }

  sendQuery(query: SentQuery, bytes: Buffer): boolean {
    this.awaited.add(query)
    return this.send(bytes)
  }

  settled(query: SentQuery, result: 'answered' | 'missed' | 'abandoned'): void {
    this.awaited.delete(query)
    if (result === 'answered') {
      this.roundTripTime = Math.min(this.roundTripTime, performance.now() - query.sentAt)
    } else if (result === 'missed' && this.lastHeard < query.sentAt && !this.isSilent) {
      this.isSilent = true
      this.emit('silent')
    }
  }

  /** Closes the connection. The first reason stands. */
  close(reason: CloseReason): void {
    if (this.#state.name === 'closed') return
    if (this.#state.name === 'signalling') clearTimeout(this.#state.deadline)
    this.#state = { name: 'closed', reason }
    this.#earlyMessages = []
    this.stopTrickling()
    // simple-peer leaves this timer of up to `iceCompleteTimeout` running and with it the process.
    clearTimeout((this.peer as unknown as { _iceCompleteTimer?: NodeJS.Timeout })._iceCompleteTimer)
    this.peer.destroy()
    this.#slot.giveBack()
    this.emit('close', reason)
    for (const query of [...this.awaited]) query.miss()
  }

  #send(bytes: Uint8Array): boolean {
    if (!this.isOpen || !this.peer.connected || this.#isUnread()) return false
    try {
      this.peer.send(bytes)
      return true
    } catch {
      return false // the channel closed just now: its event is on the way
    }
  }

  /** Whether the other end does not read, which it may not do for long. */
  #isUnread(): boolean {
    const now = performance.now()
    if (this.#unsentBytes <= MAX_UNSENT_BYTES) this.#unreadSince = 0
    else this.#unreadSince ||= now
    if (this.#unreadSince === 0) return false
    // Later: the sender does not expect an end in the midst of sending.
    if (now - this.#unreadSince > MAX_UNREAD_TIME) queueMicrotask(() => this.close('unresponsive'))
    return true
  }

  get #unsentBytes(): number {
    return (this.peer as unknown as { bufferSize?: number }).bufferSize ?? 0
  }

  /** A ping or pong of WebSocket counts as a message. Before the connection is open no ping is answered. */
  #controlled(length: number, answer?: () => void): void {
    if (!this.isOpen) return
    const excess = this.rateLimits.receive(length)
    if (!excess && !this.#isUnread()) answer?.()
    if (!excess) return
    this.#counters.drops[excess]++
    if (!this.rateLimits.take('patience')) this.close('flooding')
  }

  #ended(): void {
    if (!this.isOpen) return this.close('failed')
    if (this.#isInterrupted) return this.close('broken')
    this.close(this.isReleasing ? 'released' : 'disconnected')
  }

  #opened(): void {
    if (this.#state.name !== 'signalling') return
    clearTimeout(this.#state.deadline)
    this.#state = OPEN
    this.openedAt = performance.now()
    this.origin = originOf(this.remoteHost) ?? this.origin
    this.lastHeard = this.openedAt
    this.lastUsed = this.openedAt
    this.stopTrickling()
    this.gathering.stop()
    this.#counters.connections.opened++
    this.#slot.opened()
    this.emit('open')
    this.deliverHeld()
  }

  /** Keeps a message until `deliverHeld` is called. */
  hold(bytes: Buffer): void {
    if (this.#earlyMessages.length < MAX_EARLY_MESSAGES) this.#earlyMessages.push(bytes)
    else this.#counters.drops['too early']++
  }

  /** Receives the messages that were held. */
  deliverHeld(): void {
    const held = this.#earlyMessages
    this.#earlyMessages = []
    for (const bytes of held) this.#deliver(bytes)
  }

  #received(bytes: Buffer): void {
    this.#counters.messages.received++
    this.#counters.bytes.received += bytes.length
    if (this.isOpen) this.#deliver(bytes)
    else if (!this.isClosed) this.hold(bytes)
  }

  #deliver(bytes: Buffer): void {
    if (!this.isOpen) return
    this.lastHeard = performance.now()
    this.isSilent = false
    if (this.#mayBeServerInfo && isServerInfo(bytes)) {
      this.#mayBeServerInfo = false
      const server = parseServerInfo(bytes)
      if (!server) return
      this.peer.http_server = server
      this.emit('server', server)
      return
    }
    this.#mayBeServerInfo = false
    this.receiver?.receive(this, bytes)
  }
}
