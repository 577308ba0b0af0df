/** The connection to one member: packets, in order, no faster than they go, and whether the other end is still there. */

import { emitter } from '../events.js'
import type { SimplePeer } from '../simple-peer.js'
import { encodeContent, encodeUnsigned, type Header, type Packet, parsePacket } from './packets.js'

const SECONDS = 1000
/** Milliseconds without a packet after which a link asks for one, and after which it is dead. */
const QUIET = 3 * SECONDS
const DEAD = 10 * SECONDS
/** Milliseconds without use after which a link ends whose place another has taken: a stream goes over one link, and its reader may pause. */
const RETIREMENT = 60 * SECONDS
/** Bytes that wait to be sent, beyond which a member does not read: it is let go. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024
/** Packets a second, with ten seconds' worth at once. */
const MAX_RATE = 2000
const BURST = 10 * MAX_RATE

/** simple-peer's streams, as far as they are used. */
interface Writable extends SimplePeer {
  /** @returns whether more may be written now; else `'drain'` says when */
  write(bytes: Uint8Array): boolean
  readonly bufferSize: number
  addStream(stream: unknown): void
  removeStream(stream: unknown): void
}

type Events = {
  packet: [packet: Packet]
  /** A media stream has come. */
  stream: [stream: unknown]
  close: []
}

export class Link extends emitter<Events>() {
  readonly id: string
  /** Whether the other end has proven its id. */
  readonly isProven: boolean
  /** Whether this end has dialled. */
  readonly isDialled: boolean
  readonly #peer: Writable
  readonly #infoHash: Buffer
  readonly #timer: ReturnType<typeof setInterval>
  readonly #pings = new Map<number, () => void>()
  #nextPing = 1
  #lastHeard = performance.now()
  /** When it has carried anything but pings. */
  #lastUsed = performance.now()
  #isRetired = false
  #tokens = BURST
  #filledAt = performance.now()
  #isClosed = false

  /** @param peer connected, or about to be */
  constructor(
    peer: SimplePeer,
    {
      id,
      isProven,
      isDialled,
      infoHash
    }: { id: string; isProven: boolean; isDialled: boolean; infoHash: Buffer }
  ) {
    super()
    this.id = id
    this.isProven = isProven
    this.isDialled = isDialled
    this.#infoHash = infoHash
    this.#peer = peer as Writable
    peer.on('data', (data: Uint8Array) => this.#received(Buffer.isBuffer(data) ? data : Buffer.from(data)))
    peer.on('stream', (stream: unknown) => this.emit('stream', stream))
    peer.on('close', () => this.close())
    peer.on('error', () => this.close())
    this.#timer = setInterval(() => this.#check(), QUIET)
  }

  get isOpen(): boolean {
    return !this.#isClosed && this.#peer.connected
  }

  /** Starts the renegotiation of media over the link, now that its own offer and answer are exchanged. */
  opened(): void {
    this.#lastHeard = performance.now()
    this.#peer.on('signal', (data: unknown) => this.send({ t: 'signal', data }))
  }

  /** Another link has taken its place: it carries what is on its way, and then ends. */
  retire(): void {
    this.#isRetired = true
  }

  /** Sends a packet; says whether it could be. */
  send(header: Header): boolean {
    return this.sendBytes(encodeUnsigned(encodeContent(header)))
  }

  sendBytes(bytes: Buffer): boolean {
    this.#lastUsed = performance.now()
    return this.#sendNow(bytes)
  }

  #sendPing(header: Header): boolean {
    return this.#sendNow(encodeUnsigned(encodeContent(header)))
  }

  #sendNow(bytes: Buffer): boolean {
    if (!this.isOpen) return false
    if (this.#peer.bufferSize > MAX_UNSENT_BYTES) {
      this.close()
      return false
    }
    try {
      this.#peer.send(bytes)
      return true
    } catch {
      return false // its channel has closed just now
    }
  }

  /** Sends a packet; resolves when there is room for the next one, with whether it could be sent. */
  write(bytes: Buffer): Promise<boolean> {
    return new Promise(resolve => {
      if (!this.isOpen) return resolve(false)
      this.#lastUsed = performance.now()
      const end = () => {
        this.off('close', end)
        this.#peer.off('drain', end)
        resolve(this.isOpen)
      }
      this.once('close', end)
      this.#peer.once('drain', end)
      if (this.#peer.write(bytes)) end()
    })
  }

  /** The round trip to the member and back, in milliseconds. */
  ping(): Promise<number> {
    const sentAt = performance.now()
    return new Promise((resolve, reject) => {
      const n = this.#nextPing++
      const fail = () => {
        this.#pings.delete(n)
        reject(new Error('the connection was closed'))
      }
      this.once('close', fail)
      this.#pings.set(n, () => {
        this.#pings.delete(n)
        this.off('close', fail)
        resolve(performance.now() - sentAt)
      })
      if (!this.#sendPing({ t: 'ping', n })) fail()
    })
  }

  addStream(stream: unknown): void {
    this.#peer.addStream(stream)
  }

  removeStream(stream: unknown): void {
    this.#peer.removeStream(stream)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#timer)
    this.#peer.destroy()
    this.emit('close')
  }

  #received(bytes: Buffer): void {
    this.#lastHeard = performance.now()
    if (this.#isClosed || !this.#take()) return
    const packet = parsePacket(bytes, this.#infoHash)
    if (!packet) return
    const { header } = packet
    if (header.t === 'ping') return void this.#sendPing({ t: 'pong', n: header.n })
    if (header.t === 'pong') return this.#pings.get(header.n)?.()
    this.#lastUsed = performance.now()
    if (header.t === 'signal') this.#signal(header.data)
    else this.emit('packet', packet)
  }

  #signal(data: unknown): void {
    try {
      this.#peer.signal(data as never)
    } catch {
      this.close() // simple-peer throws at what its WebRTC cannot read
    }
  }

  /** Whether the member may send this packet, too. */
  #take(): boolean {
    const now = performance.now()
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#filledAt) * MAX_RATE) / SECONDS)
    this.#filledAt = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  #check(): void {
    const quiet = performance.now() - this.#lastHeard
    const isOver = this.#isRetired && performance.now() - this.#lastUsed > RETIREMENT
    if ((quiet > DEAD && this.#peer.connected) || isOver) this.close()
    else if (quiet > QUIET - SECONDS) this.#sendPing({ t: 'ping', n: 0 })
  }
}
