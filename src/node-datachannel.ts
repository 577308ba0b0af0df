/**
 * `node-datachannel`, fitted to what `simple-peer` expects and to fast networks.
 *
 * libdatachannel's handshake runs beside the calls that set descriptions, and both ends' ICE connects as soon as the
 * answering side has the offer. Where the latency is below a millisecond two things go wrong. If the answering side begins
 * the DTLS handshake, its first flight is lost, because the offering side has no answer yet: 6 to 23 % of connections took
 * a second longer. If the offering side begins, the handshake may be over before libdatachannel has stored the fingerprint
 * to check the certificate with: under load some attempts failed, and again when repeated.
 *
 * So there are two ways. The quick one: the offering side begins (`a=setup:active`). The careful one, for a second attempt:
 * the answering side leaves the first ICE checks to the offering side, which makes them once it has the answer, and candidates
 * follow the description. On one machine none of 1,650 connections failed or stalled so, with three processes on two cores; it
 * takes 60 ms instead of 10, because libjuice sends a check only every 50 ms.
 */

import type * as polyfill from 'node-datachannel/polyfill'
import type { SimplePeerOptions, WebRTC } from './simple-peer.js'
import type { Description } from './wire/description.js'

/**
 * Milliseconds that the answering side leaves the ICE checks to the offering side: enough for the answer to get there over relays.
 * Where it takes longer, the first flight of the handshake is lost, and now and then the attempt.
 */
const FIRST_CHECKS_TIME = 500

/**
 * Milliseconds from the closing of the channel to that of the connection. Closed at once, libdatachannel now and then does not
 * send the former: 8 of 88 tabs of Chromium noticed only by missing pings, seconds later, that a node had left.
 */
const FAREWELL_TIME = 100

let openConnections = 0
let onAllClosed: (() => void) | null = null

/** Calls back when no connection of this process is open, now or later; only the last callback counts. */
export function whenAllClosed(callback: () => void): void {
  onAllClosed = callback
  noteClosed()
}

function noteClosed(): void {
  if (openConnections > 0) return
  onAllClosed?.()
  onAllClosed = null
}

/** The part of the polyfill's `RTCPeerConnection` that is adapted. */
interface NativeConnection extends EventTarget {
  onicecandidate: ((event: { candidate: null }) => void) | null
  readonly iceGatheringState: string
  readonly connectionState: string
  readonly localDescription: Description
  createOffer(): Promise<Description>
  createAnswer(): Promise<Description>
  setRemoteDescription(description: Description): Promise<void>
  addIceCandidate(candidate: { candidate: string; sdpMid: string }): Promise<void>
  close(): void
}

export function adaptNodeDataChannel(webRTC: typeof polyfill): WebRTC {
  const Base = webRTC.RTCPeerConnection as unknown as new (config: object) => NativeConnection

  class AdaptedConnection extends Base {
    readonly #isCareful: boolean
    #isClosed = false

    constructor(config: NonNullable<SimplePeerOptions['config']>) {
      super(config)
      this.#isCareful = config.careful === true
      openConnections++
      // The null candidate that ends gathering never comes by itself.
      this.addEventListener('icegatheringstatechange', () => {
        if (this.iceGatheringState === 'complete') setImmediate(() => this.#gathered())
      })
    }

    /** RFC 8842 asks for `actpass` in offers; libdatachannel, libwebrtc and werift accept `active`. */
    override get localDescription(): Description {
      const { type, sdp } = super.localDescription
      const isQuickOffer = type === 'offer' && !this.#isCareful
      return { type, sdp: isQuickOffer ? sdp.replace('a=setup:actpass', 'a=setup:active') : sdp }
    }

    // simple-peer assigns to `sdp`, which is read-only in the polyfill's descriptions.
    override async createOffer(): Promise<Description> {
      const { type, sdp } = await super.createOffer()
      return { type, sdp }
    }

    override async createAnswer(): Promise<Description> {
      const { type, sdp } = await super.createAnswer()
      return { type, sdp }
    }

    override async setRemoteDescription({ type, sdp }: Description): Promise<void> {
      const isQuick = type === 'offer' ? sdp.includes('a=setup:active') : !this.#isCareful
      if (isQuick) return super.setRemoteDescription({ type, sdp })
      const lines = sdp.split(/\r?\n/)
      const candidates = lines.filter(line => line.startsWith('a=candidate:'))
      const others = lines.filter(line => !/^a=(candidate:|end-of-candidates)/.test(line))
      await super.setRemoteDescription({ type, sdp: others.join('\r\n') })
      const sdpMid = /^a=mid:(\S+)/m.exec(sdp)?.[1] ?? '0'
      setTimeout(() => this.#addCandidates(candidates, sdpMid), type === 'offer' ? FIRST_CHECKS_TIME : 0)
    }

    override close(): void {
      if (this.#isClosed) return
      this.#isClosed = true
      const close = () => {
        super.close()
        openConnections--
        noteClosed()
      }
      if (this.connectionState === 'connected') setTimeout(close, FAREWELL_TIME)
      else close()
    }

    #gathered(): void {
      if (!this.#isClosed) this.onicecandidate?.({ candidate: null })
    }

    #addCandidates(lines: string[], sdpMid: string): void {
      if (this.#isClosed) return
      for (const line of lines) {
        const candidate = line.slice('a='.length)
        this.addIceCandidate({ candidate, sdpMid }).catch(() => {}) // one of no use here, an mDNS name for example
      }
    }
  }
  return { ...webRTC, RTCPeerConnection: AdaptedConnection }
}
