/** Reads lists of ICE servers, as `RTCPeerConnection` takes them. */

import type { SimplePeerOptions } from './simple-peer.js'

type IceServers = NonNullable<SimplePeerOptions['config']>['iceServers']

/** Whether a TURN server is among them. The application gave them: anything may stand there. */
export function namesTurn(servers: IceServers): boolean {
  return Array.isArray(servers) && servers.some(server => [server?.urls].flat().some(isTurn))
}

function isTurn(url: unknown): boolean {
  return typeof url === 'string' && /^turns?:/i.test(url)
}
