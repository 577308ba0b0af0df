/**
 * One socket to a tracker, open while somebody uses it. Requests and the door share it and so are one peer: a tracker sends no peer its
 * own offers.
 */

import { type ErrorCode, isError, messageOf, WebTorrentDHTError } from '../errors.js'
import { printable } from '../quoting.js'
import { failedRequest } from './failures.js'
import {
  createPeerId,
  encodeAnnounce,
  encodeAnswer,
  encodeStop,
  type OfferToCarry,
  parseTrackerMessage,
  type TrackerMessage,
  type TrackerPeer
} from './tracker-messages.js'
import { NEWCOMER, NO_DESCRIPTION, writeNodeLine } from './tracker-node-line.js'
import { MAX_TRACKER_MESSAGE, type TrackerPlatform, type TrackerSocket } from './tracker-socket.js'

/** Milliseconds for a socket to open. */
const OPEN_TIMEOUT = 8000

/** A request, or the door. */
export interface TrackerUser {
  /** Whether it answers offers. */
  readonly isDoor: boolean
  /** The socket is open: announce. */
  onOpen(): void
  onMessage(message: TrackerMessage): void
  /** The socket is closed, and this user has left. */
  onClosed(error: WebTorrentDHTError): void
}

/** Where an answer goes. */
export interface OfferSource {
  offerId: string
  from: string
}

type State =
  | { name: 'closed' }
  | { name: 'opening'; peer: TrackerPeer; timer: ReturnType<typeof setTimeout>; socket?: TrackerSocket }
  | { name: 'open'; peer: TrackerPeer; socket: TrackerSocket; isAnnounced: boolean }

export interface TrackerClientOptions {
  url: string
  /** A binary string. */
  infoHash: string
  openTrackerSocket: TrackerPlatform['openTrackerSocket']
}

export class TrackerClient {
  readonly #options: TrackerClientOptions
  readonly #users = new Set<TrackerUser>()
  #state: State = { name: 'closed' }

  constructor(options: TrackerClientOptions) {
    this.#options = options
  }

  /** Whether this peer answers offers. */
  get hasDoor(): boolean {
    return [...this.#users].some(user => user.isDoor)
  }

  /** Opens the socket, unless it is open already. */
  join(user: TrackerUser): void {
    this.#users.add(user)
    if (this.#state.name === 'open') user.onOpen()
    else if (this.#state.name === 'closed') this.#open()
  }

  /** Closes the socket, unless it is still in use. */
  leave(user: TrackerUser): void {
    if (this.#users.delete(user) && this.#users.size === 0) this.#close()
  }

  /** Has the tracker pass on these offers, one to each of some other peers. It responds with `announced`. */
  announce(offers: OfferToCarry[]): void {
    if (this.#state.name !== 'open') return
    const { peer, socket, isAnnounced } = this.#state
    this.#state.isAnnounced = true
    socket.send(encodeAnnounce(peer, { isFirst: !isAnnounced, isDoor: this.hasDoor, offers }))
  }

  answer({ offerId, from }: OfferSource, sdp: string): void {
    if (this.#state.name !== 'open') return
    const { peer, socket } = this.#state
    socket.send(encodeAnswer(peer, { isDoor: this.hasDoor, offerId, from, sdp }))
  }

  /** Says that an offer gets no answer here, so that its sender need not wait. */
  refuse(source: OfferSource, refused: string): void {
    this.answer(source, writeNodeLine(NO_DESCRIPTION, { refused }))
  }

  #open(): void {
    const { url, infoHash, openTrackerSocket } = this.#options
    // Another peer each time: the tracker may not know yet that the last socket is closed.
    const peer = { infoHash, peerId: createPeerId() }
    const timer = setTimeout(() => this.#fail('ETIMEDOUT', 'nobody answered in time'), OPEN_TIMEOUT)
    const state: State = { name: 'opening', peer, timer }
    this.#state = state
    openTrackerSocket(url).then(
      socket => {
        this.#listen(socket, peer)
        if (this.#state === state) state.socket = socket
        else socket.close()
      },
      cause => {
        if (this.#state === state) this.#end(this.#errorFor(cause))
      }
    )
  }

  #listen(socket: TrackerSocket, peer: TrackerPeer): void {
    const isCurrent = () => this.#state.name !== 'closed' && this.#state.peer === peer
    socket.addEventListener('open', () => {
      if (isCurrent()) this.#opened(socket, peer)
    })
    socket.addEventListener('message', ({ data }) => {
      const isReadable = typeof data === 'string' && data.length <= MAX_TRACKER_MESSAGE
      const message = isReadable ? parseTrackerMessage(data, peer) : undefined
      if (isCurrent() && message) this.#receive(message)
    })
    socket.addEventListener('error', ({ error }) => {
      if (isCurrent()) this.#end(this.#errorFor(error))
    })
    socket.addEventListener('close', ({ code, reason }) => {
      const said = `${code} ${printable(reason)}`.trim()
      if (isCurrent()) this.#fail('EUNREACHABLE', `the tracker closed the connection (${said})`)
    })
  }

  #opened(socket: TrackerSocket, peer: TrackerPeer): void {
    if (this.#state.name === 'opening') clearTimeout(this.#state.timer)
    this.#state = { name: 'open', peer, socket, isAnnounced: false }
    for (const user of [...this.#users]) user.onOpen()
  }

  #receive(message: TrackerMessage): void {
    if (message.kind === 'refused') return this.#fail('EREFUSED', printable(message.reason))
    if (message.kind === 'offer' && !this.hasDoor) return this.refuse(message, NEWCOMER)
    for (const user of [...this.#users]) user.onMessage(message)
  }

  #fail(code: ErrorCode, text: string): void {
    this.#end(new WebTorrentDHTError(code, `${this.#options.url}: ${text}`))
  }

  #end(error: WebTorrentDHTError): void {
    const users = [...this.#users]
    this.#users.clear()
    this.#close()
    for (const user of users) user.onClosed(error)
  }

  #close(): void {
    const state = this.#state
    this.#state = { name: 'closed' }
    if (state.name === 'opening') clearTimeout(state.timer)
    if (state.name === 'open' && state.isAnnounced) state.socket.send(encodeStop(state.peer))
    if (state.name !== 'closed') state.socket?.close()
  }

  /** Pages are told nothing but that it failed. */
  #errorFor(cause: unknown): WebTorrentDHTError {
    const { url: name } = this.#options
    if (isError(cause) && cause.name === 'SecurityError') {
      const text = `${name}: a page that came over HTTPS may not use ws://`
      return new WebTorrentDHTError('EMIXED', text, { cause })
    }
    const [, status] = /^Unexpected server response: (\d+)$/.exec(messageOf(cause)) ?? []
    if (status !== undefined) return notATracker(name, status, cause)
    return failedRequest(name, new TypeError('the WebSocket does not open', { cause }))
  }
}

function notATracker(name: string, status: string, cause: unknown): WebTorrentDHTError {
  const fail = (code: ErrorCode, text: string) =>
    new WebTorrentDHTError(code, `${name}: ${text} (${status})`, { cause })
  if (status === '429' || status === '503') return fail('EFULL', 'it is full now')
  if (status === '502' || status === '504') return fail('EUNREACHABLE', 'its proxy cannot reach it')
  return fail('ENOTANODE', 'what answers is no tracker')
}
