/** WebRTC and ed25519 in a page. */

import { hashes, verify } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import type { Platform } from './platform.js'
import type { SimplePeerOptions, WebRTC } from './simple-peer.js'

hashes.sha512 = sha512

export const browserPlatform: Platform = {
  loadWebRTC,
  verify: (signature, message, publicKey) => {
    try {
      return verify(signature, message, publicKey)
    } catch {
      return false // not a key
    }
  },
  createHttpServer: null,
  // A browser refuses plain HTTP to a page that came over HTTPS ("mixed content").
  allowsHttp: globalThis.location?.protocol !== 'https:',
  idle: () => {}
}

async function loadWebRTC(): Promise<SimplePeerOptions> {
  const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = globalThis
  if (!RTCPeerConnection) throw new Error('this page has no WebRTC')
  const wrtc: WebRTC = { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate }
  return { wrtc }
}
