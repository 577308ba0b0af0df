/** `simple-peer`, with the part of its types that is used here. It reads and writes one `RTCPeerConnection`. */

import simplePeer from 'simple-peer'
import type { EventEmitter } from './events.js'
import type { Description } from './wire/description.js'

/** A `simple-peer` instance: one `RTCPeerConnection` with one data channel. */
export interface SimplePeer extends EventEmitter {
  readonly initiator: boolean
  readonly connected: boolean
  readonly destroyed: boolean
  readonly remoteAddress?: string
  readonly remotePort?: number
  readonly localAddress?: string
  readonly localPort?: number
  /** The remote node's id in hex, once it is known (set by this package, as its predecessor did). */
  id?: string
  /** Where the remote node's HTTP server is, if it said that it has one. */
  http_server?: { host: string; port: number }
  signal(description: Description): void
  send(data: Uint8Array | string): void
  destroy(error?: Error): void
}

/** A WebRTC implementation, as `simple-peer` takes it in `wrtc`. */
export interface WebRTC {
  RTCPeerConnection: unknown
  RTCSessionDescription: unknown
  RTCIceCandidate: unknown
}

/** The options of `simple-peer` that matter here; all others pass through. */
export interface SimplePeerOptions {
  initiator?: boolean
  trickle?: boolean
  /** The WebRTC implementation to use in place of the platform's. */
  wrtc?: WebRTC
  /** Passed to `RTCPeerConnection`; the keys beyond the standard's reach the native layer of Node.js. */
  config?: {
    iceServers?: { urls: string | string[]; username?: string; credential?: string }[]
    [key: string]: unknown
  }
  sdpTransform?: (sdp: string) => string
  /** How long to gather candidates, in milliseconds, after the first one. */
  iceCompleteTimeout?: number
  [key: string]: unknown
}

export type SimplePeerConstructor = new (options: SimplePeerOptions) => SimplePeer

interface Message {
  data: string | ArrayBuffer | Buffer
}

/** simple-peer as it is, with the method that is overridden. */
const Upstream: new (options: SimplePeerOptions) => SimplePeer & { _onChannelMessage(event: Message): void } =
  simplePeer

/** simple-peer takes no `ArrayBuffer` of another realm, as messages are in tests under jsdom. */
class AnyRealmPeer extends Upstream {
  override _onChannelMessage(event: Message): void {
    const { data } = event
    const isKnown = typeof data === 'string' || Buffer.isBuffer(data) || data instanceof ArrayBuffer
    super._onChannelMessage(isKnown ? event : { data: Buffer.from(data) })
  }
}

/** @internal */
export const SimplePeer: SimplePeerConstructor = AnyRealmPeer
