/**
 * Adapts `node-datachannel` to `simple-peer`, and makes its DTLS handshake reliable on fast networks.
 *
 * ICE connects as soon as the answering side has the offer and sends checks: the offering side responds to these before it has the
 * answer. Two things can go wrong then. If the answering side is the DTLS client, its ClientHello arrives before the answer, is lost,
 * and is repeated after a second: so 58, 37 and 11 of 100 connections where signals took 0, 5 and 40 ms. If the offering side is the
 * client, the handshake may end before libdatachannel has stored the fingerprint of the certificate. Then the attempt fails, mostly
 * with latencies below a millisecond, and a retry may fail in the same way.
 *
 * So there are two ways. The quick way: the offering side is the DTLS client. It offers both roles (`actpass`, RFC 8842), and the
 * answering side takes the role of the server, if libdatachannel is at both ends. By itself libdatachannel would become the client,
 * so it gets the offer rewritten to `active`. Behind a NAT the offering side may still be too early: the answering side repeats its
 * checks (see `REPEATED_CHECKS`). Where the offer has no candidates for it to check, its ICE is up last, and the ClientHello would be
 * lost. Then it is the client: the offering side makes the first check, so it has the answer by then.
 *
 * The careful way, for a retry: the answering side is the DTLS client. From behind a NAT that let nothing in, the offering side has sent
 * its own check by then, so its ICE is up first. And the answering side leaves the first ICE checks to a near offering side. That side makes them once it has the answer; candidates follow the description. On one machine none of 1,650 such connections failed or
 * stalled, with three processes on two cores. It takes 60 ms instead of 10, because libjuice sends a check only every 50 ms.
 */

import type * as polyfill from 'node-datachannel/polyfill'
import {
  candidatesOf,
  isInvitation,
  leaveOwnAddresses,
  leavesChecks,
  mappedCandidateIn,
  offersQuickWay,
  spareChecks
} from './offer-reading.js'
import type { OpenConnections } from './open-connections.js'
import type { SimplePeerOptions, WebRTC } from './simple-peer.js'
import { type Description, markCareful } from './wire/description.js'

/**
 * Milliseconds that the answering side leaves the ICE checks to the offering side: enough for the answer to arrive over relays. If it
 * takes longer, the first flight of the handshake is lost, and sometimes the attempt fails.
 */
const FIRST_CHECKS_TIME = 500

/**
 * Milliseconds after the answer at which the answering side of the quick way checks the offering side's NAT again, the most useful first.
 * That NAT lets nothing in before the offering side has the answer, and the next check of libjuice would come too late: the ClientHello
 * arrives one and a half round trips after the answer did, and libdatachannel drops it where no check was answered by then. A check in
 * the round trip about the answer's arrival is in time.
 */
const REPEATED_CHECKS = [45, 15, 120, 250]

/**
 * Milliseconds between closing the channel and closing the connection. If both are closed at once, libdatachannel sometimes does not
 * tell the other end: 8 of 88 tabs of Chromium noticed a node's leaving only seconds later, by missing pings.
 */
const FAREWELL_TIME = 100

/** States of ICE before a check was answered. */
const UNANSWERED = ['new', 'checking']

/** The part of the polyfill's `RTCPeerConnection` that is adapted. */
interface NativeConnection extends EventTarget {
  onicecandidate: ((event: { candidate: null }) => void) | null
  readonly iceGatheringState: string
  readonly connectionState: string
  readonly iceConnectionState: string
  readonly localDescription: Description
  createOffer(): Promise<Description>
  createAnswer(): Promise<Description>
  setRemoteDescription(description: Description): Promise<void>
  addIceCandidate(candidate: { candidate: string; sdpMid: string }): Promise<void>
  close(): void
}

export function adaptNodeDataChannel(webRTC: typeof polyfill, open: OpenConnections): WebRTC {
  const Base = webRTC.RTCPeerConnection as unknown as new (config: object) => NativeConnection

  class AdaptedConnection extends Base {
    readonly #isCareful: boolean
    /** An offer of the quick way, with the candidates that came after it. */
    #quickOffer: string | null = null
    #isAnswered = false
    #repeating: NodeJS.Timeout[] = []
    #isClosed = false

    constructor(config: NonNullable<SimplePeerOptions['config']>) {
      super({ ...config, iceServers: config.iceServers?.map(escapeCredentials) })
      this.#isCareful = config.careful === true
      open.opened()
      // The null candidate that ends gathering never comes by itself.
      this.addEventListener('icegatheringstatechange', () => {
        if (this.iceGatheringState === 'complete') setImmediate(() => this.#gathered())
      })
    }

    override get localDescription(): Description {
      const { type, sdp } = super.localDescription
      if (this.#quickOffer !== null && !this.#isAnswered) {
        this.#isAnswered = true // it leaves now
        this.#repeatChecks(this.#quickOffer)
      }
      return { type, sdp: type === 'offer' && this.#isCareful ? markCareful(sdp) : sdp }
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
      if (type === 'answer') return this.#isCareful ? this.#setApart(type, sdp, 0) : this.#set(type, sdp)
      if (isInvitation(sdp)) return this.#set(type, leaveOwnAddresses(sdp))
      if (leavesChecks(sdp)) return this.#setApart(type, sdp, FIRST_CHECKS_TIME)
      if (!offersQuickWay(sdp)) return this.#set(type, sdp)
      await this.#set(type, sdp.replace('a=setup:actpass', 'a=setup:active'))
      this.#quickOffer = sdp
    }

    override async addIceCandidate(given: { candidate: string; sdpMid: string }): Promise<void> {
      await super.addIceCandidate(given)
      if (this.#quickOffer === null || this.#repeating.length > 0) return
      this.#quickOffer += `\r\na=${given.candidate}`
      if (this.#isAnswered) this.#repeatChecks(this.#quickOffer)
    }

    override close(): void {
      if (this.#isClosed) return
      this.#isClosed = true
      for (const timer of this.#repeating) clearTimeout(timer)
      const close = () => {
        super.close()
        open.closed()
      }
      if (this.connectionState === 'connected') setTimeout(close, FAREWELL_TIME)
      else close()
    }

    #set(type: Description['type'], sdp: string): Promise<void> {
      return super.setRemoteDescription({ type, sdp })
    }

    /** Sets a description without its candidates, and adds these later. */
    async #setApart(type: Description['type'], sdp: string, delay: number): Promise<void> {
      const others = sdp.split(/\r?\n/).filter(line => !/^a=(candidate:|end-of-candidates)/.test(line))
      await this.#set(type, others.join('\r\n'))
      setTimeout(() => this.#addCandidates(candidatesOf(sdp), midIn(sdp)), delay)
    }

    /** libjuice checks each candidate that it is given, the same place under another foundation too. */
    #repeatChecks(sdp: string): void {
      const mapped = mappedCandidateIn(sdp)
      if (mapped === undefined) return
      const sdpMid = midIn(sdp)
      this.#repeating = REPEATED_CHECKS.slice(0, spareChecks(sdp)).map((time, i) =>
        setTimeout(() => {
          if (UNANSWERED.includes(this.iceConnectionState)) this.#addCandidates([mapped(i)], sdpMid)
        }, time)
      )
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

function midIn(sdp: string): string {
  return /^a=mid:(\S+)/m.exec(sdp)?.[1] ?? '0'
}

/** The polyfill puts them into a URL as they are, from which libdatachannel reads them with their escapes. */
function escapeCredentials<Server extends { username?: string; credential?: string }>(
  server: Server
): Server {
  const { username, credential } = server
  return {
    ...server,
    ...(username !== undefined && { username: encodeURIComponent(username) }),
    ...(credential !== undefined && { credential: encodeURIComponent(credential) })
  }
}
