/**
 * Where connections come from. An origin has a share of the connections, and a penalty is for an id and an origin together. Addresses
 * and neighbours are what a stranger cannot have as many of as he likes.
 *
 * Which one counts, and when:
 * - An offer over HTTP comes from the address of the request; behind a proxy that is trusted, from the one that it names.
 * - An offer over another entrance comes from the address that the entrance knows, or from the entrance.
 * - An offer over a relay comes from that neighbour: nothing in the offer can be believed.
 * - Once a connection is open, it comes from the address that ICE selected, which cannot be forged; behind TURN that is the TURN
 *   server. Browsers hide some addresses: then what counted before goes on to count.
 * - An offer of this node's own comes from nowhere until ICE has selected an address.
 */

import { isLocal, parseHost } from '../place.js'
import { isIPv4 } from '../wire/compact.js'

/** Groups of an IPv6 address that one customer has, and sets the rest of: a /64 (RFC 6177). */
const NETWORK_GROUPS = 4
const IPV6_GROUPS = 8
/** Addresses that mean all of this machine's. */
const ANY = ['0.0.0.0', '[::]']
const SHARED = 'behind '

/** An IP address as an origin: IPv6 by its /64. `null` if it is no address. */
export function originOf(address: string | undefined): string | null {
  const host = parseHost(address?.replace(/%.*$/, ''))
  if (host === undefined) return null
  if (isIPv4(host)) return host
  return host.startsWith('[') ? `${networkOf(host.slice(1, -1))}::/64` : null
}

/**
 * The origin of what comes over a proxy, or an entrance, that may hide many. It has a share, and no penalty.
 *
 * @param of its address or name
 */
export function sharedOrigin(of = ''): string {
  return SHARED + (originOf(of) ?? of)
}

export function isShared(origin: string): boolean {
  return origin.startsWith(SHARED)
}

/** Whether an origin is this machine or in a private network. */
export function isLocalOrigin(origin: string): boolean {
  return isLocal(origin.endsWith('::/64') ? `[${origin}` : origin) || origin === '0:0:0:0::/64'
}

/** Whether a server at this address is reached from this machine or a private network only. */
export function isLocalListener(address: string): boolean {
  const host = parseHost(address)
  return host !== undefined && !ANY.includes(host) && isLocal(host)
}

function networkOf(address: string): string {
  const [start = '', end] = address.split('::')
  const before = start === '' ? [] : start.split(':')
  const after = end ? end.split(':') : []
  const zeros = end === undefined ? 0 : IPV6_GROUPS - before.length - after.length
  return [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, NETWORK_GROUPS).join(':')
}
