/** The package's entry in Node.js. */

import { setDefaultPlatform } from './platform.js'
import { nodePlatform } from './platform-node.js'
import { WebTorrentDHT } from './webtorrent-dht.js'

setDefaultPlatform(nodePlatform)

export { type ErrorCode, WebTorrentDHTError } from './errors.js'
export type { HttpLimits } from './http-bootstrap/server-interface.js'
export { KRPCSocketWebRTC } from './k-rpc-socket-webrtc.js'
export { KRPCWebRTC } from './k-rpc-webrtc.js'
export type { BootstrapPlace, WebTorrentDHTOptions } from './options.js'
export type { Platform } from './platform.js'
export type { SimplePeer, SimplePeerConstructor, SimplePeerOptions, WebRTC } from './simple-peer.js'
export type { Contact, MutablePut, StoredValue, Verify } from './upstream.js'
export { WebRTCSocket } from './webrtc-socket.js'
export type { FoundPeer } from './webtorrent-dht.js'
export {
  WebTorrentDHT,
  WebTorrentDHT as Client,
  WebTorrentDHT as default,
  WebTorrentDHT as Server,
  WebTorrentDHT as 'module.exports'
}
