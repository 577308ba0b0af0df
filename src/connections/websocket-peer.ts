/**
 * A WebSocket with the interface of simple-peer, so that a `PeerConnection` runs over it.
 *
 *     handshake (texts) ──> connected (bytes) ──> destroyed
 *          └──────────────────────────────────────────┘
 */

import { WebTorrentDHTError } from '../errors.js'
import { emitter } from '../events.js'
import type { SimplePeer } from '../simple-peer.js'
import type { Description } from '../wire/description.js'

/** The part of a WebSocket that browsers' and the package `ws` have in common, and what only the latter has: pings, and an end at once. */
export interface LinkSocket {
  binaryType: string
  readonly bufferedAmount: number
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void
  addEventListener(type: 'error', listener: (event: object) => void): void
  send(data: unknown): void
  close(code?: number, reason?: string): void
  terminate?(): void
  on?(event: 'ping' | 'pong', listener: (data: Uint8Array) => void): unknown
  pong?(data: Uint8Array): void
}

/** Why a server takes no link: codes of RFC 6455, section 7.4.1, and of its registry. */
export const REFUSAL = { bad: 1008, full: 1013 } as const

/** Messages kept that come before the offer is checked: the client does not wait for that. */
const MAX_EARLY_MESSAGES = 16
/** Milliseconds for the other end to confirm that the link is refused. */
const CLOSE_TIMEOUT = 1000

/** The addresses of a link, as far as they are known. */
export type LinkEnds = Pick<SimplePeer, 'remoteAddress' | 'remotePort' | 'localAddress'>

export class WebSocketPeer extends emitter<Record<string, unknown[]>>() implements SimplePeer {
  readonly initiator: boolean
  readonly remoteAddress?: string
  readonly remotePort?: number
  readonly localAddress?: string
  id?: string
  http_server?: { host: string; port: number }
  connected = false
  destroyed = false
  readonly #socket: LinkSocket
  #own: Description | null = null
  #early: unknown[] = []
  #error: unknown
  #failure: WebTorrentDHTError | null = null

  /** @param initiator whether this end is the client */
  constructor(socket: LinkSocket, initiator: boolean, ends: LinkEnds = {}) {
    super()
    this.initiator = initiator
    Object.assign(this, ends)
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', ({ data }) => this.#received(data))
    socket.on?.('ping', data => this.emit('control', data.length, () => socket.pong?.(data)))
    socket.on?.('pong', data => this.emit('control', data.length))
    socket.addEventListener('close', ({ code, reason }) => this.#closed(`${code} ${reason}`.trim()))
    socket.addEventListener('error', event => {
      if ('error' in event) this.#error = event.error // 'close' follows
    })
  }

  /** Bytes that wait to be sent. */
  get bufferSize(): number {
    return this.#socket.bufferedAmount
  }

  /** Waits for a text of the handshake. @throws WebTorrentDHTError `ECONNFAILED` if the link is closed before */
  nextText(): Promise<string> {
    return new Promise((resolve, reject) => {
      const onClose = () => {
        this.off('text', onText)
        reject(this.#failure)
      }
      const onText = (text: unknown) => {
        this.off('close', onClose)
        resolve(String(text))
      }
      if (this.destroyed) return reject(this.#failure)
      this.once('text', onText)
      this.once('close', onClose)
    })
  }

  /** Sends a text of the handshake. */
  sendText(text: string): void {
    if (!this.destroyed) this.#socket.send(text)
  }

  /** Sets the description of this end. */
  describe(own: Description): void {
    this.#own = own
    if (this.initiator) this.emit('signal', own)
  }

  /** Takes the description of the other end. With that the client is connected. */
  signal(_description: Description): void {
    if (this.initiator) queueMicrotask(() => this.open())
    else this.emit('signal', this.#own)
  }

  /** Ends the handshake: from now on there are messages. The server calls this once it has taken the offer. */
  open(): void {
    if (this.connected || this.destroyed) return
    this.connected = true
    this.emit('connect')
    for (const data of this.#early.splice(0)) this.emit('data', data)
  }

  send(data: Uint8Array | string): void {
    this.#socket.send(data)
  }

  destroy(): void {
    if (this.destroyed) return
    if (this.#socket.terminate) this.#socket.terminate()
    else this.#socket.close()
    this.#closed('closed here')
  }

  /** Ends the handshake with a reason that the client is told. */
  refuse(code: number, reason: string): void {
    if (this.destroyed) return
    this.#socket.close(code, shorten(reason))
    const timer = setTimeout(() => this.#socket.terminate?.(), CLOSE_TIMEOUT)
    this.#socket.addEventListener('close', () => clearTimeout(timer))
    this.#closed(reason)
  }

  #received(data: unknown): void {
    if (this.destroyed) return
    if (this.connected) this.emit('data', data)
    else if (typeof data === 'string') this.emit('text', data)
    else if (this.#early.length < MAX_EARLY_MESSAGES) this.#early.push(data)
  }

  #closed(reason: string): void {
    if (this.destroyed) return
    this.destroyed = true
    this.connected = false
    this.#early = []
    const cause = this.#error
    this.#failure = new WebTorrentDHTError('ECONNFAILED', `no link over WebSocket: ${reason}`, { cause })
    this.emit('close')
  }
}

/** A reason has at most 123 bytes (RFC 6455, section 5.5). */
function shorten(reason: string): string {
  return Buffer.from(reason.slice(0, 123))
    .subarray(0, 123)
    .toString()
    .replace(/\ufffd+$/, '')
}
