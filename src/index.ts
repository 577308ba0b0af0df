/** The package's entry in Node.js. */

import { callable } from './callable.js'
import { type ErrorCode, WebTorrentDHTError } from './errors.js'
import { KRPCSocketWebRTC as KRPCSocketWebRTCClass } from './k-rpc-socket-webrtc.js'
import { KRPCWebRTC as KRPCWebRTCClass } from './k-rpc-webrtc.js'
import { setDefaultPlatform } from './platform.js'
import { nodePlatform } from './platform-node.js'
import { WebRTCSocket } from './webrtc-socket.js'
import { WebTorrentDHT } from './webtorrent-dht.js'

setDefaultPlatform(nodePlatform)

export const KRPCWebRTC = callable(KRPCWebRTCClass)
export type KRPCWebRTC = KRPCWebRTCClass
export const KRPCSocketWebRTC = callable(KRPCSocketWebRTCClass)
export type KRPCSocketWebRTC = KRPCSocketWebRTCClass

// `require('webtorrent-dht')` gives the class itself; the other names are found on it.
Object.assign(WebTorrentDHT, {
  Client: WebTorrentDHT,
  Server: WebTorrentDHT,
  WebTorrentDHT,
  KRPCWebRTC,
  KRPCSocketWebRTC,
  WebRTCSocket,
  WebTorrentDHTError
})

export type { HttpLimits } from './http-bootstrap/server-interface.js'
export type { BootstrapPlace, WebTorrentDHTOptions } from './options.js'
export type { Platform } from './platform.js'
export type { SimplePeer, SimplePeerConstructor, SimplePeerOptions, WebRTC } from './simple-peer.js'
export type { Contact, MutablePut, StoredValue, Verify } from './upstream.js'
export type { FoundPeer } from './webtorrent-dht.js'
export {
  type ErrorCode,
  WebRTCSocket,
  WebTorrentDHT,
  WebTorrentDHT as Client,
  WebTorrentDHT as default,
  WebTorrentDHT as Server,
  WebTorrentDHT as 'module.exports',
  WebTorrentDHTError
}
