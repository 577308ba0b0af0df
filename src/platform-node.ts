/** WebRTC, HTTP and ed25519 in Node.js. */

import { createPublicKey, verify as verifySignature } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import { createHttpServer } from './entrances/server.js'
import { messageOf } from './errors.js'
import { adaptNodeDataChannel, whenAllClosed } from './node-datachannel.js'
import type { Platform } from './platform.js'
import type { SimplePeerOptions, WebRTC } from './simple-peer.js'
import type { Verify } from './upstream.js'

/** The packages tried, in this order, where the user gives no `simple_peer_opts.wrtc`. Only the first is installed. */
const FALLBACKS = ['@roamhq/wrtc', 'werift']

/** The fixed beginning of an ed25519 public key in DER (RFC 8410, section 4). */
const ED25519_DER_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

export const nodePlatform: Platform = {
  loadWebRTC,
  verify: createVerify(),
  createHttpServer,
  allowsHttp: true,
  creationLimit: null,
  onLeave: () => () => {},
  idle: () => cleanUp?.()
}

/** Lets the process exit: `node-datachannel` keeps threads once it has made some 300 connections. */
let cleanUp: (() => void) | null = null

async function loadWebRTC(): Promise<SimplePeerOptions> {
  try {
    const [native, polyfill] = await Promise.all([
      import('node-datachannel'),
      import('node-datachannel/polyfill')
    ])
    const endThreads = () => {
      try {
        native.cleanup()
      } catch {
        // Connections that were closed just now still hold their threads ("possible deadlock"). The process can only exit
        // a little later than it could have.
      }
    }
    cleanUp = () => whenAllClosed(endThreads) // it would kill connections of other nodes without an event
    return { wrtc: adaptNodeDataChannel(polyfill), config: loopbackConfig() }
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
