/** Places where nodes are found over HTTP, as users, states and other nodes name them. */

import { type Address, isIPv4 } from './wire/compact.js'

/** A place to dial over HTTP: what the user gave, as a URL's origin and path, or `host:port` without a scheme. */
export interface Endpoint {
  /** In the order in which they are tried. */
  urls: string[]
}

/** A place to dial: an IPv4 `host:port` that is its own address, or a name or URL that needs one. */
export interface BootstrapNode {
  endpoint: Endpoint
  address: Address | null
}

/**
 * Reads a place that the user gave: a `host:port` string, `{host, port}`, or a URL. HTTPS is tried first where no scheme
 * is given, except for addresses of this machine and of private networks, which have no certificates.
 *
 * @returns undefined if it is no place that could be dialled
 */
export function parseBootstrapNode(place: unknown): BootstrapNode | undefined {
  if (typeof place === 'object' && place !== null) {
    const { host, address, port } = place as Record<string, unknown>
    return parseHostPort(String(host ?? address), Number(port))
  }
  if (typeof place !== 'string') return undefined
  if (/^https?:\/\//i.test(place)) {
    return URL.canParse(place) ? { endpoint: { urls: [new URL(place).href] }, address: null } : undefined
  }
  const colon = place.lastIndexOf(':')
  return parseHostPort(place.slice(0, colon), Number(place.slice(colon + 1)))
}

function parseHostPort(host: string, port: number): BootstrapNode | undefined {
  const isPort = Number.isInteger(port) && port > 0 && port < 65536
  // Not a name, not IPv4, not [IPv6]: `::ffff:127.0.0.1`, for example, which WebTorrent passes on from its peers.
  if (!isPort || !/^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)$/i.test(host) || !URL.canParse(`http://${host}:${port}`)) {
    return undefined
  }
  const urls = isLocal(host)
    ? [`http://${host}:${port}/`]
    : [`https://${host}:${port}/`, `http://${host}:${port}/`]
  return { endpoint: { urls }, address: isIPv4(host) ? { host, port } : null }
}

/** Whether a host is this machine or in a private network (RFC 1918). */
export function isLocal(host: string): boolean {
  return /^(localhost|\[::1\]|127\.[\d.]+|10\.[\d.]+|192\.168\.[\d.]+|172\.(1[6-9]|2\d|3[01])\.[\d.]+)$/i.test(
    host
  )
}
