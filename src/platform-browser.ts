/** WebRTC and ed25519 in a page. */

import { asBuffer } from './as-buffer.js'
import { createEd25519 } from './browser/ed25519.js'
import { publicKeyOf } from './browser/public-key.js'
import { CreationLimit } from './connections/creation-limit.js'
import { LINK_PROTOCOL } from './connections/link-protocol.js'
import { beginFetchPost } from './entrances/fetch-post.js'
import type { KeyPair, NodeKey } from './key-pair.js'
import { parsePlace } from './place.js'
import type { Platform } from './platform.js'
import type { SimplePeerOptions, WebRTC } from './simple-peer.js'

const creationLimit = new CreationLimit()
const ed25519 = createEd25519(globalThis.crypto?.subtle)

export const browserPlatform: Platform = {
  loadWebRTC,
  verify: ed25519.verify,
  createNodeKey,
  createKeyPair,
  createHttpServer: null,
  openTrackerSocket: async url => new WebSocket(url),
  signTurn: null,
  beginPost: beginFetchPost,
  openLinkSocket: async url => new WebSocket(url, LINK_PROTOCOL),
  ...ownPlace(),
  // A browser refuses plain HTTP to a page that came over HTTPS ("mixed content").
  allowsHttp: globalThis.location?.protocol !== 'https:',
  creationLimit,
  // Chromium closes the connections of a page that is gone without a word to the other end, which then waits for ICE.
  onLeave: callback => {
    globalThis.addEventListener?.('pagehide', callback)
    return () => globalThis.removeEventListener?.('pagehide', callback)
  },
  onNetworkChange,
  warn: warning => console.warn(warning),
  idle: () => {}
}

/** Chromium on Android has it, and says what kind of network this is. Its other estimates change all the time. */
interface NetworkInformation extends EventTarget {
  readonly type?: string
}

function onNetworkChange(callback: (isNew: boolean) => void): () => void {
  const { document, navigator } = globalThis
  const { connection } = (navigator ?? {}) as { connection?: NetworkInformation }
  let type = connection?.type
  const changed = () => callback(true)
  const listeners: [EventTarget | undefined, string, (event: Event) => void][] = [
    [globalThis, 'online', changed],
    // The page was kept, without its connections, while another one was shown.
    [globalThis, 'pageshow', event => (event as PageTransitionEvent).persisted && changed()],
    [document, 'resume', changed],
    [document, 'visibilitychange', () => document.visibilityState === 'visible' && callback(false)],
    [
      connection,
      'change',
      () => {
        const isNew = connection?.type !== type
        type = connection?.type
        callback(isNew)
      }
    ]
  ]
  for (const [target, event, listener] of listeners) target?.addEventListener?.(event, listener)
  return () => {
    for (const [target, event, listener] of listeners) target?.removeEventListener?.(event, listener)
  }
}

function ownPlace(): Pick<Platform, 'ownPlace'> {
  const { location } = globalThis
  const place = /^https?:/.test(location?.protocol ?? '') ? parsePlace(location.origin) : undefined
  if (!place) return {}
  const scheme = location.protocol === 'https:' ? 'https' : 'http'
  return { ownPlace: { host: place.host, port: place.port, scheme } }
}

function createNodeKey(seed: KeyPair['seed']): NodeKey {
  return { publicKey: publicKeyOf(seed), sign: ed25519.signerOf(seed) }
}

/** Its `sign` gives the signature at once, as no WebCrypto does. */
async function createKeyPair(seed: KeyPair['seed']): Promise<KeyPair> {
  const { sign } = await import('./browser/noble.js')
  return { publicKey: publicKeyOf(seed), seed, sign: message => asBuffer(sign(message, seed)) }
}

async function loadWebRTC(): Promise<SimplePeerOptions> {
  const { RTCSessionDescription, RTCIceCandidate } = globalThis
  if (!globalThis.RTCPeerConnection) {
    const isWorker = 'WorkerGlobalScope' in globalThis
    throw new Error(isWorker ? 'a worker has no WebRTC: run the node in the page' : 'this page has no WebRTC')
  }
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
