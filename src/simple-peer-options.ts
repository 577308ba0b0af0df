/** Reads the options for `simple-peer`: what a browser or Node.js would refuse only when the first connection is made. */

import { invalid, isMissing, optional, readFunction, readObject } from './arguments.js'
import { describe } from './quoting.js'
import { SimplePeer, type SimplePeerConstructor, type SimplePeerOptions } from './simple-peer.js'

/** Enough for a home router's NAT; what simple-peer uses by default, less one that is no more. */
export const DEFAULT_STUN_SERVERS = ['stun:stun.l.google.com:19302', 'stun:stun.cloudflare.com:3478']
/** The classes that `simple-peer` makes objects of. */
const CLASSES = ['RTCPeerConnection', 'RTCSessionDescription', 'RTCIceCandidate'] as const

/**
 * @param isHere without servers, none is asked
 * @param isOwnClass for `simple-peer` itself: what another class needs in `wrtc` is not known
 * @throws WebTorrentDHTError `EINVAL`
 */
export function readPeerOptions(value: unknown, isHere: boolean, isOwnClass: boolean): SimplePeerOptions {
  const name = 'options.simple_peer_opts'
  const { wrtc, ...given }: SimplePeerOptions = optional(readObject, name, value) ?? {}
  const config = optional(readObject, `${name}.config`, given.config)
  const servers = config?.iceServers
  if (!isMissing(servers)) checkServers(`${name}.config.iceServers`, servers)
  const classes = isOwnClass ? CLASSES : []
  for (const part of isMissing(wrtc) ? [] : classes) readFunction(`${name}.wrtc.${part}`, wrtc?.[part])
  return {
    ...given,
    ...(wrtc && { wrtc }),
    config: { ...config, iceServers: (servers ?? (isHere ? [] : [{ urls: DEFAULT_STUN_SERVERS }])) as never }
  }
}

/** @throws WebTorrentDHTError `EINVAL` */
export function readPeerClass(value: unknown): SimplePeerConstructor {
  return optional(readFunction<never>, 'options.simple_peer_constructor', value) ?? SimplePeer
}

/** A server is not quoted whole: it has a password. */
function checkServers(name: string, servers: unknown): void {
  if (!Array.isArray(servers)) throw invalid(name, servers, 'an array of { urls }')
  for (const [i, server] of servers.entries()) {
    const urls: unknown = server?.urls
    const isRight = [urls]
      .flat()
      .every(url => typeof url === 'string' && /^(stun|turn)s?:[^/\s]+$/i.test(url))
    if (isRight) continue
    const shown = isMissing(urls) ? describe(server) : urls
    throw invalid(`${name}[${i}].urls`, shown, "'stun:host:port' or 'turn:host:port', or an array of these")
  }
}
