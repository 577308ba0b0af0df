/** All that differs between Node.js and a browser, in one value that each entry of the package provides. */

import type { Awaitable } from './awaitable.js'
import type { Bytes } from './bytes.js'
import type { CreationLimit } from './connections/creation-limit.js'
import type { LinkSocket } from './connections/websocket-peer.js'
import type { NodeEntrances } from './entrances/of-node.js'
import type { BeginPost } from './entrances/posting.js'
import type { HttpServer, HttpServerOptions } from './entrances/server-interface.js'
import type { TrackerPlatform } from './entrances/tracker-socket.js'
import type { SignTurn } from './entrances/turn-credentials.js'
import type { KeyPair, NodeKey } from './key-pair.js'
import type { ProbeNetwork } from './network-kind.js'
import type { SimplePeerOptions } from './simple-peer.js'
import type { KindOf } from './wire/candidates.js'
import type { HttpServerInfo } from './wire/server-info.js'

export interface Platform extends TrackerPlatform {
  /**
   * The options for `simple-peer` that make WebRTC work here. Loads the native binding at the first call.
   *
   * @throws if there is no WebRTC
   */
  loadWebRTC(): Promise<SimplePeerOptions>
  /** The ed25519 verification of proofs, and of BEP 44 mutable values. */
  verify(signature: Bytes, message: Bytes, publicKey: Bytes): Awaitable<boolean>
  /** A node's key of a seed of 32 bytes: the public key is there at once. */
  createNodeKey(seed: KeyPair['seed']): NodeKey
  /** The ed25519 key pair of a seed of 32 bytes. */
  createKeyPair(seed: KeyPair['seed']): Awaitable<KeyPair>
  /** Makes the HTTP server that newcomers get in through; `null` where none can be opened. */
  createHttpServer: ((options: HttpServerOptions) => HttpServer) | null
  /** The ways in that pages do not have. Default: none. */
  nodeEntrances?: NodeEntrances
  /** Signs the credentials of TURN servers; `null` where there is no HTTP server to hand them out. */
  signTurn: SignTurn | null
  /** Begins a POST request. */
  beginPost: BeginPost
  /** Opens a WebSocket of the protocol of links; `null` where there is none. @throws if the URL may not be opened */
  openLinkSocket: ((url: string) => Promise<LinkSocket>) | null
  /** Where this page came from: no other scheme is spoken there. */
  ownPlace?: HttpServerInfo
  /** Whether plain HTTP may be used (not from a page that was loaded over HTTPS). */
  allowsHttp: boolean
  /** Asks STUN servers which network this machine is in. Pages cannot: their connections tell. */
  probeNetwork?: ProbeNetwork
  /** The limit on making `RTCPeerConnection`s that all nodes here share; `null` where there is none. */
  creationLimit: CreationLimit | null
  /**
   * Calls back when this page is being left, so that connections can be closed while there is time.
   *
   * @returns a function that ends it
   */
  onLeave(callback: () => void): () => void
  /**
   * Calls back when the network may be another now (`isNew`), or this page goes on after a pause. Default: never.
   *
   * @returns a function that ends it
   */
  onNetworkChange?(callback: (isNew: boolean) => void): () => void
  /** The addresses of this machine but those of loopback; `null` where the system does not tell. When they change, the network has. */
  ownAddresses?(): string[] | null
  /**
   * Waits until the name of a host can be looked up, where a look-up that nobody answers costs more than time. Default: no waiting.
   *
   * @throws what `fetch` throws for such a name, once the signal is aborted
   */
  whenResolvable?(host: string, signal: AbortSignal): Promise<void>
  /** Prints a warning that nobody listens for. */
  warn(warning: Error): void
  /** Tells the kind of an address in another way: tests have no addresses but those of loopback. */
  addressKind?: KindOf
  /** Called when a node has closed its last connection, so that the process can exit. */
  idle(): void
}

let defaultPlatform: Platform | null = null

/** Called once by each entry of the package. */
export function setDefaultPlatform(platform: Platform): void {
  defaultPlatform = platform
}

export function getDefaultPlatform(): Platform | null {
  return defaultPlatform
}
