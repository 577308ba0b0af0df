/** WebRTC and ed25519 in a page. */

import { asBuffer } from './as-buffer.js'
import { CreationLimit } from './connections/creation-limit.js'
import type { KeyPair } from './key-pair.js'
import type { Platform } from './platform.js'
import type { SimplePeerOptions, WebRTC } from './simple-peer.js'
import type { Verify } from './upstream.js'
import { isStrict } from './wire/ed25519-encoding.js'

const ED25519 = 'Ed25519'

const creationLimit = new CreationLimit()

export const browserPlatform: Platform = {
  loadWebRTC,
  verify,
  createKeyPair,
  createHttpServer: null,
  // A browser refuses plain HTTP to a page that came over HTTPS ("mixed content").
  allowsHttp: globalThis.location?.protocol !== 'https:',
  creationLimit,
  // Chromium closes the connections of a page that is gone without a word to the other end, which then waits for ICE.
  onLeave: callback => {
    globalThis.addEventListener?.('pagehide', callback)
    return () => globalThis.removeEventListener?.('pagehide', callback)
  },
  idle: () => {}
}

async function verify(...[signature, message, publicKey]: Parameters<Verify>): Promise<boolean> {
  if (!isStrict(signature, publicKey)) return false
  try {
    const key = await crypto.subtle.importKey('raw', Buffer.from(publicKey), ED25519, false, ['verify'])
    return await crypto.subtle.verify(ED25519, key, Buffer.from(signature), Buffer.from(message))
  } catch {
    const { verify } = await import('./browser/ed25519.js') // no WebCrypto, no Ed25519 in it, or not a key
    return verify(signature, message, publicKey)
  }
}

/** WebCrypto makes no key pair of a seed. */
async function createKeyPair(seed: Buffer): Promise<KeyPair> {
  const { getPublicKey, sign } = await import('./browser/ed25519.js')
  return { publicKey: asBuffer(getPublicKey(seed)), seed, sign: message => asBuffer(sign(message, seed)) }
}

async function loadWebRTC(): Promise<SimplePeerOptions> {
  const { RTCSessionDescription, RTCIceCandidate } = globalThis
  if (!globalThis.RTCPeerConnection) throw new Error('this page has no WebRTC')
  return { wrtc: { RTCPeerConnection: createCountedClass(), RTCSessionDescription, RTCIceCandidate } }
}

/** The browser's `RTCPeerConnection`, of which the limit knows how many there are. */
function createCountedClass(): WebRTC['RTCPeerConnection'] {
  return class extends RTCPeerConnection {
    #isClosed = false

    constructor(configuration?: RTCConfiguration) {
      try {
        super(configuration)
      } catch (error) {
        creationLimit.refused()
        throw error
      }
      creationLimit.made(this)
    }

    override close(): void {
      if (!this.#isClosed) creationLimit.closed()
      this.#isClosed = true
      super.close()
    }
  }
}
