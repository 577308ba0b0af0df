/** WebRTC, HTTP and ed25519 in Node.js. */

import { createPublicKey, verify as verifySignature } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import { messageOf } from './errors.js'
import { createHttpServer } from './http-bootstrap/server.js'
import type { Platform } from './platform.js'
import type { Description, SimplePeerOptions, WebRTC } from './simple-peer.js'
import type { Verify } from './upstream.js'

/** The part of the polyfill's `RTCPeerConnection` that is adapted. */
interface NativeConnection extends EventTarget {
  onicecandidate: ((event: { candidate: null }) => void) | null
  readonly iceGatheringState: string
  createOffer(): Promise<Description>
  createAnswer(): Promise<Description>
  setRemoteDescription(description: Description): Promise<void>
  addIceCandidate(candidate: { candidate: string; sdpMid: string }): Promise<void>
  close(): void
}

interface NodeDataChannel extends WebRTC {
  RTCPeerConnection: new (config: object) => NativeConnection
}

/** The packages tried, in this order, where the user gives no `simple_peer_opts.wrtc`. Only the first is installed. */
const FALLBACKS = ['@roamhq/wrtc', 'werift']

/** Milliseconds that the answering side leaves the ICE checks to the offering side: enough for an answer to get there. */
const FIRST_CHECKS_TIME = 50

/** The fixed beginning of an ed25519 public key in DER (RFC 8410, section 4). */
const ED25519_DER_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

export const nodePlatform: Platform = {
  loadWebRTC,
  verify: createVerify(),
  createHttpServer,
  allowsHttp: true,
  idle: () => cleanUp?.()
}

/** Lets the process exit: `node-datachannel` keeps threads once it has made some 300 connections. */
let cleanUp: (() => void) | null = null
let openConnections = 0

async function loadWebRTC(): Promise<SimplePeerOptions> {
  try {
    const [native, polyfill] = await Promise.all([
      import('node-datachannel'),
      import('node-datachannel/polyfill')
    ])
    cleanUp = () => {
      if (openConnections === 0) native.cleanup() // it would kill connections of other nodes without an event
    }
    return { wrtc: adapt(polyfill as unknown as NodeDataChannel), config: loopbackConfig() }
  } catch (error) {
    for (const name of FALLBACKS) {
      const loaded = await import(name).catch(() => null) // not installed: try the next
      if (loaded) return { wrtc: (loaded.default ?? loaded) as WebRTC }
    }
    throw new Error(
      `WebRTC could not be loaded (${messageOf(error)}). Install node-datachannel, @roamhq/wrtc or werift, or pass one in simple_peer_opts.wrtc`
    )
  }
}

/** A machine that has no network but itself gathers no candidates, unless it is told where. */
function loopbackConfig(): { bindAddress?: string } {
  const hasNetwork = Object.values(networkInterfaces()).some(list => list?.some(address => !address.internal))
  return hasNetwork ? {} : { bindAddress: '127.0.0.1' }
}

/** Fits `node-datachannel`'s polyfill to what simple-peer expects. */
function adapt(polyfill: NodeDataChannel): WebRTC {
  class AdaptedConnection extends polyfill.RTCPeerConnection {
    #isClosed = false

    constructor(config: object) {
      super(config)
      openConnections++
      // The null candidate that ends gathering never comes by itself.
      this.addEventListener('icegatheringstatechange', () => {
        if (this.iceGatheringState !== 'complete' || this.#isClosed) return
        setImmediate(() => {
          if (!this.#isClosed) this.onicecandidate?.({ candidate: null })
        })
      })
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

    /**
     * Makes both sides ready before the DTLS handshake begins. Candidates follow the description, and the answering side
     * leaves the first ICE checks to the offering side. Without that, the answering side connects before the other has
     * its answer, and on a fast network the first DTLS flight is lost, which costs a second (6 to 23 % of connections),
     * or the certificate is checked before its fingerprint is there, which ends the attempt (1 to 10 %).
     */
    override async setRemoteDescription({ type, sdp }: Description): Promise<void> {
      const lines = sdp.split(/\r?\n/)
      const isCandidate = (line: string) => line.startsWith('a=candidate:')
      const others = lines.filter(line => !isCandidate(line) && line !== 'a=end-of-candidates')
      await super.setRemoteDescription({ type, sdp: others.join('\r\n') })
      const sdpMid = /^a=mid:(.*)$/m.exec(sdp)?.[1]?.trim() ?? '0'
      const addCandidates = () => {
        for (const line of this.#isClosed ? [] : lines.filter(isCandidate)) {
          super.addIceCandidate({ candidate: line.slice('a='.length), sdpMid }).catch(() => {}) // an mDNS name, for example
        }
      }
      if (type === 'answer') addCandidates()
      else setTimeout(addCandidates, FIRST_CHECKS_TIME)
    }

    override close(): void {
      if (this.#isClosed) return
      this.#isClosed = true
      openConnections--
      super.close()
    }
  }
  return { ...polyfill, RTCPeerConnection: AdaptedConnection }
}

function createVerify(): Verify {
  return (signature, message, publicKey) => {
    try {
      const key = createPublicKey({
        key: Buffer.concat([ED25519_DER_PREFIX, publicKey]),
        format: 'der',
        type: 'spki'
      })
      return verifySignature(null, message, key, signature)
    } catch {
      return false // not a key
    }
  }
}
