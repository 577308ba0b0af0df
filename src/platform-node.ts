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
  readonly localDescription: Description
  createOffer(): Promise<Description>
  createAnswer(): Promise<Description>
  close(): void
}

interface NodeDataChannel extends WebRTC {
  RTCPeerConnection: new (config: object) => NativeConnection
}

/** The packages tried, in this order, where the user gives no `simple_peer_opts.wrtc`. Only the first is installed. */
const FALLBACKS = ['@roamhq/wrtc', 'werift']

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
     * Makes the offering side the DTLS client. Its handshake then starts when it has the answer, so the first flight is
     * never lost for want of a remote description, which costs a second in 6 to 23 % of connections otherwise. RFC 8842
     * asks for `actpass` in offers; libdatachannel, libwebrtc and werift accept `active`.
     */
    override get localDescription(): Description {
      const { type, sdp } = super.localDescription
      return { type, sdp: type === 'offer' ? sdp.replace('a=setup:actpass', 'a=setup:active') : sdp }
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
