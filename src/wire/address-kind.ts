/** Tells from an IP address where its host is: on this machine, in a private network, or anywhere. */

import { isLocal, type Place, parseHost } from '../place.js'
import { isIPv4 } from './compact.js'

/** `unusable`: no host has it (multicast, unspecified, reserved), or it is no address. */
export type AddressKind = 'loopback' | 'private' | 'public' | 'unusable'

/** Private beside RFC 1918: link-local (RFC 3927), carrier-grade NAT (RFC 6598), benchmarks (RFC 2544). */
const PRIVATE =
  /^(10|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|198\.1[89])\./

/** Names that the Internet's DNS does not have (RFC 6762, appendix G; RFC 8375), and those without a dot. */
const PRIVATE_NAME =
  /^[^.:]+\.?$|\.(internal|intranet|private|corp|home|lan|home\.arpa|local|localhost|localdomain)\.?$/

/** Ports below are for well-known services, where strangers must not send us; these two are for HTTP. */
const LEAST_PORT = 1024
const HTTP_PORTS = [80, 443]

/** The kind of an IPv4 address, or of an IPv6 address with or without brackets. One that holds an IPv4 address is of its kind. */
export function addressKind(address: string): AddressKind {
  if (isIPv4(address)) return kindOfIPv4(address)
  if (!address.includes(':')) return 'unusable' // a name, or IPv4 in a spelling that resolvers read in their own ways
  const host = parseHost(address)
  if (host === undefined) return 'unusable'
  return isIPv4(host) ? kindOfIPv4(host) : kindOfIPv6(groupsOf(host))
}

/** Whether a host, as `parseHost` gives it, is this machine or in a private network. */
export function isNear(host: string): boolean {
  return isLocal(host) || PRIVATE_NAME.test(host) || addressKind(withoutBrackets(host)) === 'private'
}

/**
 * Whether a stranger may send us to a place, as `parsePlace` gives it. A name that the DNS of the Internet leads to a private address is
 * not noticed.
 *
 * @param trustsNear whether strangers may name this machine and private networks, too
 */
export function mayBeNamed({ host, port }: Pick<Place, 'host' | 'port'>, trustsNear: boolean): boolean {
  if (port < LEAST_PORT && !HTTP_PORTS.includes(port)) return false
  const isName = !isIPv4(host) && !host.startsWith('[')
  const kind = isName ? 'public' : addressKind(withoutBrackets(host))
  return kind !== 'unusable' && (trustsNear || (kind === 'public' && !isNear(host)))
}

export function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

function kindOfIPv4(address: string): AddressKind {
  const first = Number.parseInt(address, 10)
  if (first === 127) return 'loopback'
  if (first === 0 || first >= 224) return 'unusable'
  return PRIVATE.test(address) ? 'private' : 'public'
}

function kindOfIPv6(groups: readonly number[]): AddressKind {
  const [first = 0, second = 0, third = 0] = groups
  const leading = groups.findIndex(group => group !== 0)
  if (leading === 7 && groups[7] === 1) return 'loopback'
  if (leading === -1 || leading >= 6 || first >= 0xff00) return 'unusable' // unspecified, IPv4-compatible, multicast
  if (first === 0x2002) return kindOfIPv4(toIPv4(second, third)) // 6to4 (RFC 3056)
  if (first === 0x64 && second === 0xff9b) {
    return third === 0 ? kindOfIPv4(toIPv4(groups[6] ?? 0, groups[7] ?? 0)) : 'private' // NAT64 (RFC 6052, 8215)
  }
  if (first === 0x2001 && second === 0) return 'unusable' // Teredo: the IPv4 address of a relay's choice
  const isPrivate = (first & 0xfe00) === 0xfc00 || (first & 0xff80) === 0xfe80
  return isPrivate ? 'private' : 'public'
}

function toIPv4(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}

/** The eight groups of an IPv6 address. @param host it, as URLs have it */
export function groupsOf(host: string): number[] {
  const [head = '', tail = ''] = host.slice(1, -1).split('::')
  const read = (text: string) => (text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16)))
  const [first, last] = [read(head), read(tail)]
  return [...first, ...Array(8 - first.length - last.length).fill(0), ...last]
}
