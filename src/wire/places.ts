/** Which ways to its maker a description names: its candidates, by what they are good for. */

import { addressKind } from './address-kind.js'
import { type KindOf, parseCandidates } from './candidates.js'

export interface Places {
  /** The addresses that its NATs have for others. */
  readonly reflexive: ReadonlySet<string>
  /** Private IPv4 addresses of its own. */
  readonly hosts: readonly string[]
  /** Whether it has a public IPv4 address of its own. */
  readonly isPublic: boolean
  /** The same for IPv6. */
  readonly hasIPv6: boolean
  /** Whether it hides addresses behind names, as tabs do. */
  readonly hasNames: boolean
  /** Whether a TURN server relays for it. */
  readonly isRelayed: boolean
}

export const NO_PLACES: Places = {
  reflexive: new Set(),
  hosts: [],
  isPublic: false,
  hasIPv6: false,
  hasNames: false,
  isRelayed: false
}

export function placesIn(sdp: string, kindOf: KindOf = addressKind): Places {
  const candidates = parseCandidates(sdp, kindOf)
  const hosts = candidates.filter(({ isHost, isName }) => isHost && !isName)
  const isIPv6 = (address: string) => address.includes(':')
  const open = hosts.filter(({ kind }) => kind === 'public')
  return {
    reflexive: new Set(candidates.flatMap(({ type, address }) => (type === 'srflx' ? address : []))),
    hosts: hosts.flatMap(({ kind, address }) => (kind === 'private' && !isIPv6(address) ? address : [])),
    isPublic: open.some(({ address }) => !isIPv6(address)),
    hasIPv6: open.some(({ address }) => isIPv6(address)),
    hasNames: candidates.some(({ isName }) => isName),
    isRelayed: candidates.some(({ type }) => type === 'relay')
  }
}

/** Whether both have a host in one network of 256 IPv4 addresses, which is what home routers make. */
export function shareSubnet(some: readonly string[], others: readonly string[]): boolean {
  return some.some(host => others.some(other => subnetOf(host) === subnetOf(other)))
}

function subnetOf(address: string): string {
  return address.split('.', 3).join('.')
}
