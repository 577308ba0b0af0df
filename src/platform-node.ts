/** WebRTC, HTTP, WebSockets and ed25519 in Node.js. */

import { createHmac, createPrivateKey, createPublicKey, sign, verify as verifySignature } from 'node:crypto'
import { isMainThread } from 'node:worker_threads'
import { asBuffer } from './as-buffer.js'
import type { Bytes } from './bytes.js'
import { LINK_LIMITS, LINK_PROTOCOL } from './connections/link-protocol.js'
import { probeNetwork } from './connections/network-probe.js'
import type { LinkSocket } from './connections/websocket-peer.js'
import { whenResolvable } from './entrances/name-waiting.js'
import { beginNodePost } from './entrances/node-post.js'
import { nodeEntrances } from './entrances/of-node.js'
import { createHttpServer } from './entrances/server.js'
import { MAX_TRACKER_MESSAGE, type TrackerSocket } from './entrances/tracker-socket.js'
import { messageOf } from './errors.js'
import { createExitWatch } from './exit-watch.js'
import { ownAddresses, readInterfaces } from './interfaces.js'
import type { KeyPair } from './key-pair.js'
import { adaptNodeDataChannel } from './node-datachannel.js'
import { OpenConnections } from './open-connections.js'
import type { Platform } from './platform.js'
import type { SimplePeerOptions, WebRTC } from './simple-peer.js'
import { adaptWerift } from './werift.js'
import { isStrict } from './wire/ed25519-encoding.js'

/** The packages tried after `node-datachannel`, in this order, where the user gives no `simple_peer_opts.wrtc`. */
const FALLBACKS = ['@roamhq/wrtc', 'werift']

/**
 * The same in worker threads, where native packages abort the process. `node-datachannel` keeps the constructor of data channels once
 * for the process, so they open only in the thread that loads it first; and it calls into a thread that is ending, as `@roamhq/wrtc` does.
 */
const FALLBACKS_IN_WORKERS = ['werift']

/** The fixed beginnings of ed25519 keys in DER (RFC 8410, sections 4 and 7). */
const PUBLIC_DER_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
const PRIVATE_DER_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

export const nodePlatform: Platform = {
  loadWebRTC,
  verify,
  createNodeKey: createKeyPair,
  createKeyPair,
  createHttpServer,
  openTrackerSocket,
  nodeEntrances,
  signTurn: (secret, text) => createHmac('sha1', secret).update(text).digest('base64'),
  beginPost: beginNodePost,
  openLinkSocket,
  probeNetwork,
  allowsHttp: true,
  creationLimit: null,
  onLeave: () => () => {},
  ownAddresses,
  whenResolvable,
  warn: warning => process.emitWarning(warning),
  idle: () => watchForExit?.()
}

/** Milliseconds for the other end of a WebSocket to close it too: else it keeps the process. */
const TRACKER_CLOSE_TIMEOUT = 1000

/** Lets the process exit, set once `node-datachannel` is loaded. */
let watchForExit: (() => void) | null = null

async function loadWebRTC(): Promise<SimplePeerOptions> {
  if (!isMainThread) {
    const options = await loadFallback(FALLBACKS_IN_WORKERS)
    if (options) return options
    throw new Error(
      'There is no WebRTC in a worker thread: node-datachannel would abort the process there. Run the node in the main thread or in a child process, or install werift, or pass an implementation in simple_peer_opts.wrtc'
    )
  }
  try {
    return await loadNative()
  } catch (error) {
    const options = await loadFallback(FALLBACKS)
    if (options) return options
    throw new Error(
      `WebRTC could not be loaded (${messageOf(error)}). Install node-datachannel, @roamhq/wrtc or werift, or pass one in simple_peer_opts.wrtc`,
      { cause: error }
    )
  }
}

async function loadNative(): Promise<SimplePeerOptions> {
  // Next.js would bundle it, and cannot: it finds its native library by its own place. jest fails to link what both import at once.
  const native = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ 'node-datachannel')
  const polyfill = await import(
    /* webpackIgnore: true */ /* turbopackIgnore: true */ 'node-datachannel/polyfill'
  )
  const open = OpenConnections.of(native.PeerConnection)
  watchForExit = createExitWatch(open, native.cleanup)
  return { wrtc: adaptNodeDataChannel(polyfill, open), config: loopbackConfig() }
}

async function openLinkSocket(url: string): Promise<LinkSocket> {
  const { WebSocket } = await import('ws')
  return new WebSocket(url, LINK_PROTOCOL, LINK_LIMITS)
}

async function loadFallback(names: string[]): Promise<SimplePeerOptions | null> {
  for (const name of names) {
    const loaded = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ name).catch(() => null) // not installed: try the next
    if (loaded)
      return { wrtc: name === 'werift' ? adaptWerift(loaded) : ((loaded.default ?? loaded) as WebRTC) }
  }
  return null
}

/** A machine that has no network but itself gathers no candidates, unless it is told where. */
function loopbackConfig(): { bindAddress?: string } {
  const all = readInterfaces()
  const hasOnlyItself = all.length > 0 && all.every(({ internal }) => internal)
  return hasOnlyItself ? { bindAddress: '127.0.0.1' } : {}
}

/** Node.js 20 has no WebSocket of its own, and that of later versions does not say why it fails. */
async function openTrackerSocket(url: string): Promise<TrackerSocket> {
  const { WebSocket } = await import('ws')
  const options = {
    maxPayload: MAX_TRACKER_MESSAGE,
    perMessageDeflate: false,
    closeTimeout: TRACKER_CLOSE_TIMEOUT
  }
  return new WebSocket(url, options)
}

function verify(signature: Bytes, message: Bytes, publicKey: Bytes): boolean {
  if (!isStrict(signature, publicKey)) return false
  try {
    const key = createPublicKey({
      key: Buffer.concat([PUBLIC_DER_PREFIX, publicKey]),
      format: 'der',
      type: 'spki'
    })
    return verifySignature(null, message, key, signature)
  } catch {
    return false // not a key
  }
}

function createKeyPair(seed: KeyPair['seed']): KeyPair {
  const key = createPrivateKey({
    key: Buffer.concat([PRIVATE_DER_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8'
  })
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    publicKey: Buffer.from(der.subarray(PUBLIC_DER_PREFIX.length)),
    seed,
    sign: message => sign(null, asBuffer(message), key)
  }
}
