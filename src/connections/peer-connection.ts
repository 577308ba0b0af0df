/**
 * One WebRTC connection to one node.
 *
 *     signalling ──> open ──> closed(reason)
 *          └────────────────────┘
 *
 * Whoever makes one closes it; the slot of the budget that it took is given back when it is closed, whatever happened in
 * between.
 */

import { emitter } from '../events.js'
import type { Description, SimplePeer } from '../simple-peer.js'
import { type HttpServerInfo, isServerInfo, parseServerInfo } from '../wire/server-info.js'
import type { Slot } from './budget.js'

/** Why a connection was closed. */
export type CloseReason =
  /** The other side closed it, or it broke. */
  | 'disconnected'
  /** Signals were exchanged, but it did not open in time. */
  | 'not opened'
  /** WebRTC failed, or the description that came was no good. */
  | 'failed'
  /** An offer that nobody answered, or whose answer can no longer be trusted. */
  | 'unused offer'
  /** Both ends are connected already, by another connection. */
  | 'duplicate'
  /** It had to make room for another. */
  | 'no room'
  /** Nobody needs it any more. */
  | 'released'
  /** The node does not answer. */
  | 'unresponsive'
  /** This node was destroyed. */
  | 'destroyed'

type State =
  | { name: 'signalling'; deadline: NodeJS.Timeout }
  | { name: 'open' }
  | { name: 'closed'; reason: CloseReason }

/** How long a description may take: candidates are gathered for half a second at most. */
const DESCRIPTION_TIMEOUT = 3000
/** Messages that came before our own side knew that the connection was open. */
const MAX_EARLY_MESSAGES = 16
/** simple-peer's data channel does not throw on a full buffer; more unsent than this means that nobody reads. */
const MAX_UNSENT_BYTES = 1024 * 1024

type Events = {
  open: []
  /** ICE hears nothing from the other end. It may come back. */
  interrupted: []
  message: [bytes: Buffer]
  /** The other end has said where its HTTP server is. */
  server: [server: HttpServerInfo]
  close: [reason: CloseReason]
}

export interface PeerConnectionOptions {
  peer: SimplePeer
  slot: Slot
  /** Milliseconds from the making to the closing of a connection that does not open. */
  timeout: number
}

export class PeerConnection extends emitter<Events>() {
  /** The simple-peer instance, as the socket's events and `get_id_mapping` give it. */
  readonly peer: SimplePeer
  readonly isInitiator: boolean
  /** The remote node's id in hex, once it is known. Set by the connection table. */
  id: string | null = null
  /** Who is expected at the other end while the connection is not open: what the signals said, in hex. */
  claimedId: string | null = null
  /** The extensions that both ends speak. */
  extensions: ReadonlySet<string> = new Set()
  /** Who needs the connection. A tagged connection is never closed for room. */
  readonly tags = new Set<string>()
  /** Transactions of queries sent on it, in hex: only for these is a reply accepted. */
  readonly awaited = new Set<string>()
  /** When the remote node was last heard, in milliseconds since the epoch. */
  lastHeard = 0
  /** Whether it left a query unanswered and has not been heard since. */
  isSilent = false
  readonly #slot: Slot
  #state: State
  #description: Promise<Description>
  #earlyMessages: Buffer[] = []
  #mayBeServerInfo = true

  constructor({ peer, slot, timeout }: PeerConnectionOptions) {
    super()
    this.peer = peer
    this.isInitiator = peer.initiator
    this.#slot = slot
    this.#state = { name: 'signalling', deadline: setTimeout(() => this.close('not opened'), timeout) }
    this.#description = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.close('failed'), DESCRIPTION_TIMEOUT)
      if (!this.isInitiator) clearTimeout(timer) // an answer begins to take time when the offer is there
      peer.once('signal', description => resolve(description as Description))
      peer.once('signal', () => clearTimeout(timer))
      this.once('close', reason => {
        clearTimeout(timer)
        reject(new Error(`connection closed: ${reason}`))
      })
    })
    this.#description.catch(() => {}) // who wants it gets the error; nobody may want it
    peer.on('connect', () => this.#opened())
    peer.on('data', data => this.#received(Buffer.from(data)))
    peer.on('iceStateChange', state => {
      if (state === 'disconnected' && this.isOpen) this.emit('interrupted')
    })
    peer.on('error', () => this.close(this.isOpen ? 'disconnected' : 'failed'))
    peer.on('close', () => this.close(this.isOpen ? 'disconnected' : 'failed'))
  }

  get isOpen(): boolean {
    return this.#state.name === 'open'
  }

  get isClosed(): boolean {
    return this.#state.name === 'closed'
  }

  /** Our offer, or our answer once the offer has been given to `accept`. Rejects if the connection closes before. */
  get description(): Promise<Description> {
    return this.#description
  }

  /** Takes the other side's offer or answer. A bad one closes the connection. */
  accept({ type, sdp }: Description): void {
    if (this.isClosed) return
    try {
      this.peer.signal({ type, sdp })
    } catch {
      this.close('failed') // simple-peer throws at what its WebRTC cannot read
    }
  }

  /** Gives a connection that is not open yet this long, in milliseconds, from now. */
  setDeadline(timeout: number): void {
    if (this.#state.name !== 'signalling') return
    clearTimeout(this.#state.deadline)
    this.#state.deadline = setTimeout(() => this.close('not opened'), timeout)
  }

  /** Settles when the connection is open (true) or closed (false). */
  whenOpen(): Promise<boolean> {
    if (this.isOpen) return Promise.resolve(true)
    if (this.isClosed) return Promise.resolve(false)
    return new Promise(resolve => {
      this.once('open', () => resolve(true))
      this.once('close', () => resolve(false))
    })
  }

  /** Sends a message; says whether it could be. */
  send(bytes: Uint8Array): boolean {
    if (!this.isOpen || !this.peer.connected) return false
    try {
      if (this.#unsentBytes > MAX_UNSENT_BYTES) return false
      this.peer.send(bytes)
      return true
    } catch {
      return false // the channel closed just now: its event is on the way
    }
  }

  /** Closes the connection. The first reason stands. */
  close(reason: CloseReason): void {
    if (this.#state.name === 'closed') return
    if (this.#state.name === 'signalling') clearTimeout(this.#state.deadline)
    this.#state = { name: 'closed', reason }
    this.#earlyMessages = []
    // simple-peer leaves this timer of up to `iceCompleteTimeout` running and with it the process.
    clearTimeout((this.peer as unknown as { _iceCompleteTimer?: NodeJS.Timeout })._iceCompleteTimer)
    this.peer.destroy()
    this.#slot.release()
    this.emit('close', reason)
  }

  get #unsentBytes(): number {
    return (this.peer as unknown as { bufferSize?: number }).bufferSize ?? 0
  }

  #opened(): void {
    if (this.#state.name !== 'signalling') return
    clearTimeout(this.#state.deadline)
    this.#state = { name: 'open' }
    this.lastHeard = Date.now()
    this.#slot.opened()
    this.emit('open')
    const early = this.#earlyMessages
    this.#earlyMessages = []
    for (const bytes of early) this.#deliver(bytes)
  }

  #received(bytes: Buffer): void {
    if (this.isOpen) this.#deliver(bytes)
    else if (!this.isClosed && this.#earlyMessages.length < MAX_EARLY_MESSAGES)
      this.#earlyMessages.push(bytes)
  }

  #deliver(bytes: Buffer): void {
    if (!this.isOpen) return
    this.lastHeard = Date.now()
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
    this.emit('message', bytes)
  }
}
