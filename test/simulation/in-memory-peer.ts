/**
 * A `simple-peer` without WebRTC: what `simple_peer_constructor` takes. Its descriptions say a number by which the other end
 * finds it in the network. The answer leads to an open connection after four round trips: one for ICE, two for DTLS, one for
 * SCTP. Messages are reliable and keep their order. When nothing is heard of the other end, ICE says `disconnected` after
 * five to seven seconds, and the connection fails after 28 (measured with node-datachannel).
 */

import { EventEmitter } from 'node:events'
import type { ClockEvent } from './clock-event.js'
import type { ConnectionEnd, Host } from './host.js'
import type { Network } from './network.js'

const SECONDS = 1000
const DISCONNECTED_AFTER = [5 * SECONDS, 7 * SECONDS] as const
const FAILED_AFTER = 28 * SECONDS
/** Round trips from the answer's arrival to the opening, on the side that made the offer. The other side may be earlier. */
const OPENING_ROUND_TRIPS = 4
const OTHER_SIDE_EARLIER = 0.5
const FIRST_PORT = 1024

export interface InMemoryPeerOptions {
  initiator?: boolean
  host: Host
  network: Network
}

export class InMemoryPeer extends EventEmitter implements ConnectionEnd {
  readonly initiator: boolean
  readonly number: number
  readonly host: Host
  connected = false
  destroyed = false
  destroying = false
  bufferSize = 0
  remoteAddress?: string
  remotePort?: number
  localAddress?: string
  localPort?: number
  readonly #network: Network
  /** The other end, once both descriptions are known. */
  #remote: InMemoryPeer | null = null
  /** The number that the offer has which this end answers. */
  #offeredBy = 0
  /** Whether the handshake is over, so that closing reaches the other end. */
  #isEstablished = false
  #roundTrip = 0
  #lastArrival = 0
  #isMuted = false
  /** Messages that wait for a silent link. */
  #held: Uint8Array[] = []
  #silence: ClockEvent[] = []

  constructor(options: InMemoryPeerOptions) {
    super()
    this.initiator = options.initiator ?? false
    this.host = options.host
    this.#network = options.network
    this.number = this.#network.addPeer(this, this.host)
    if (this.initiator) this.#describe('offer')
  }

  get remoteHost(): Host | undefined {
    return this.#remote?.host
  }

  get isOpenAtBothEnds(): boolean {
    return this.connected && this.#remote?.connected === true
  }

  signal({ type, sdp }: { type: string; sdp: string }): void {
    const number = Number(/^v=0\r\ns=(\d+)/.exec(sdp)?.[1])
    if (this.destroying || type !== (this.initiator ? 'answer' : 'offer') || !number) {
      throw new Error('cannot signal')
    }
    if (!this.initiator) {
      this.#offeredBy = number
      this.#describe('answer')
      return
    }
    const remote = this.#network.peers.get(number) as InMemoryPeer | undefined
    if (remote && remote.#offeredBy === this.number && !remote.#remote) this.#meet(remote)
  }

  send(data: Uint8Array): void {
    if (!this.connected) throw new Error('the channel is not open')
    const { meddle } = this.host
    if (meddle) meddle(data, bytes => this.#send(bytes))
    else this.#send(data)
  }

  destroy(error?: Error): this {
    if (this.destroying) return this
    this.destroying = true
    this.connected = false
    this.#network.removePeer(this.number, this, this.host)
    for (const event of this.#silence) this.#network.clock.cancel(event)
    const remote = this.#remote
    if (remote && this.#isEstablished && !this.#isCutOff) this.#arrive(remote, () => remote.destroy())
    queueMicrotask(() => {
      this.destroyed = true
      if (error) this.emit('error', error)
      this.emit('close')
      this.#remote = null
      this.removeAllListeners()
    })
    return this
  }

  abandon(): void {
    this.#network.removePeer(this.number, this, this.host)
    this.#held = []
    this.removeAllListeners()
  }

  mute(duration: number): void {
    if (!this.connected || this.#isMuted) return
    this.#isMuted = true
    this.review()
    this.#network.clock.schedule(null, duration, () => {
      this.#isMuted = false
      this.review()
    })
  }

  review(): void {
    const remote = this.#remote
    if (!remote || !this.#isEstablished) return
    const isSilent = this.#isCutOff || remote.#isCutOff || remote.destroying
    for (const end of [this, remote]) {
      if (isSilent) end.#interrupt()
      else end.#recover()
    }
  }

  #send(given: Uint8Array): void {
    if (!this.connected) return // meddling takes time
    const data = Buffer.from(given) // as on a real channel, whoever gets it may write into it
    this.host.messages++
    this.host.bytes += data.length
    this.#network.onMessage(this.host, data)
    if (this.#isCutOff) this.#hold(data)
    else this.#transmit(data)
  }

  get #isCutOff(): boolean {
    return this.#isMuted || this.#remote === null || this.#network.isCut(this.host, this.#remote.host)
  }

  #describe(type: 'offer' | 'answer'): void {
    this.#later(this.#network.gatheringTime(this.host), () => {
      this.emit('signal', {
        type,
        sdp: `v=0\r\ns=${this.number}\r\na=fingerprint:sha-256 ${this.number}\r\n`
      })
    })
  }

  /** Goes through the handshake with the other end. Where it fails there is no event: ICE goes on trying. */
  #meet(remote: InMemoryPeer): void {
    this.#remote = remote
    remote.#remote = this
    if (this.#network.isFailing(this.host, remote.host)) return
    const roundTrip = this.#network.roundTrip(this.host, remote.host)
    this.#roundTrip = roundTrip
    remote.#roundTrip = roundTrip
    const time = OPENING_ROUND_TRIPS * roundTrip + this.#network.messageTime(roundTrip) - roundTrip / 2
    remote.#later(time - OTHER_SIDE_EARLIER * roundTrip, () => {
      if (this.destroying || this.#isCutOff || remote.#isCutOff) return
      this.#isEstablished = true
      remote.#isEstablished = true
      remote.#open()
    })
    this.#later(time, () => {
      if (this.#isEstablished) this.#open()
    })
  }

  #open(): void {
    const { host } = this.#remote ?? this
    if (this.host.isNodeJs) {
      this.localAddress = this.host.ip
      this.localPort = FIRST_PORT + (this.number % (65536 - FIRST_PORT))
    }
    if (host.isNodeJs) {
      this.remoteAddress = host.ip
      this.remotePort = FIRST_PORT + ((this.#remote?.number ?? 0) % (65536 - FIRST_PORT))
    }
    this.connected = true
    if (this.initiator) this.#network.opened++
    this.emit('connect')
    this.review() // a host may have gone while it opened
  }

  #transmit(data: Uint8Array): void {
    const remote = this.#remote as InMemoryPeer
    this.#arrive(remote, () => {
      if (remote.destroying) return
      this.#network.note(data.length ^ (remote.number << 12))
      remote.emit('data', data)
    })
  }

  /** Has something happen at the other end, after all that was sent before. */
  #arrive(remote: InMemoryPeer, run: () => void): void {
    const { clock } = this.#network
    this.#lastArrival = Math.max(this.#lastArrival, clock.now + this.#network.messageTime(this.#roundTrip))
    clock.schedule(remote.host, this.#lastArrival - clock.now, run)
  }

  #hold(data: Uint8Array): void {
    this.#held.push(data)
    this.bufferSize += data.length
  }

  #interrupt(): void {
    if (this.#silence.length > 0 || this.destroying) return
    const { clock } = this.#network
    this.#silence = [
      clock.schedule(this.host, this.#network.draw(...DISCONNECTED_AFTER), () =>
        this.emit('iceStateChange', 'disconnected', 'complete')
      ),
      clock.schedule(this.host, FAILED_AFTER, () => this.destroy(new Error('Ice connection failed.')))
    ]
  }

  #recover(): void {
    if (this.#silence.length === 0 || this.destroying) return
    for (const event of this.#silence) this.#network.clock.cancel(event)
    this.#silence = []
    for (const data of this.#held.splice(0)) this.#transmit(data)
    this.bufferSize = 0
  }

  #later(delay: number, run: () => void): void {
    this.#network.clock.schedule(this.host, delay, () => {
      if (!this.destroying) run()
    })
  }
}
