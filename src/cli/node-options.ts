/** Makes the options of the library from the flags. */

import type { WebTorrentDHTOptions } from '../index.js'
import { isLoopback, parseHost, parsePlace } from '../place.js'
import type { Settings } from './settings.js'

/** Whose options they are: a node that serves, or one that joins for one command. */
export type Role = 'server' | 'client'

const DEFAULT_PLACE = '127.0.0.1:16881'

/** The options that the flags say; the rest is opened by `serve`: files, and what answers HTTP requests. */
export function nodeOptionsOf(settings: Settings, role: Role): WebTorrentDHTOptions {
  const { bootstrap, maxConnections, maxValues, maxPeers, trustProxy, limits, httpLimits } = settings
  const config = peerConfigOf(settings, role)
  const { network, udpDht, localNetwork } = settings
  const common = {
    ...(network !== null && { network }),
    ...(udpDht && { udpDht }),
    ...(localNetwork && { localNetwork }),
    ...(Object.keys(config).length > 0 && { simple_peer_opts: { config } })
  }
  if (role === 'client') {
    const byDefault = !udpDht && !localNetwork && [DEFAULT_PLACE]
    return { ...common, bootstrap: bootstrap.length > 0 ? bootstrap : byDefault }
  }
  const { public: place, turn, turnSecret, turnLifetime } = settings
  return {
    ...common,
    bootstrap: bootstrap.length > 0 ? bootstrap : false,
    maxConnections,
    maxValues,
    maxPeers,
    limits,
    httpLimits,
    ...(trustProxy !== null && { trustProxy }),
    ...(turnSecret !== null && { turn: { urls: turn, secret: turnSecret, lifetime: turnLifetime } }),
    ...(place && { http_address: { address: place.address, port: place.port } })
  }
}

type PeerConfig = NonNullable<NonNullable<WebTorrentDHTOptions['simple_peer_opts']>['config']>

function peerConfigOf(settings: Settings, role: Role): PeerConfig {
  const { stun, udpPort, udpDht, localNetwork, host, bootstrap } = settings
  // Nodes of one machine need no STUN server to find out their addresses.
  const isHere =
    role === 'server' &&
    !udpDht &&
    !localNetwork &&
    [host, ...bootstrap.map(text => parsePlace(text)?.host)].every(isThisMachine)
  const servers = stun ?? (isHere ? [] : null)
  return {
    ...(servers && { iceServers: servers.length > 0 ? [{ urls: servers }] : [] }),
    // One port for all connections: see the README of libdatachannel.
    ...(udpPort !== null && { enableIceUdpMux: true, portRangeBegin: udpPort, portRangeEnd: udpPort })
  }
}

/** `0.0.0.0` is not this machine alone. */
function isThisMachine(host: string | undefined): boolean {
  const parsed = parseHost(host)
  return parsed !== undefined && isLoopback(parsed) && !/^(0\.0\.0\.0|\[::\])$/.test(parsed)
}
