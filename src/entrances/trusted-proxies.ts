/** The option `trustProxy`: which reverse proxies stand before this node's HTTP server, and say truly whom a request comes from. */

import { invalid, readInteger } from '../arguments.js'
import { parseHost } from '../place.js'
import { isIPv4 } from '../wire/compact.js'

/** @internal Addresses that have a prefix of so many bits. */
export interface Subnet {
  /** IPv6 without brackets. */
  address: string
  prefix: number
  family: 'ipv4' | 'ipv6'
}

/** @internal How many proxies there are, or where. */
export type TrustedProxies = { hops: number } | { subnets: readonly Subnet[] }

const LOOPBACK = ['127.0.0.0/8', '::1/128']
const NAMED: Record<string, readonly string[]> = {
  loopback: LOOPBACK,
  private: [
    ...LOOPBACK,
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '169.254.0.0/16',
    'fc00::/7',
    'fe80::/10'
  ]
}
const MAX_HOPS = 16

/** @internal Reads the option. @throws WebTorrentDHTError `EINVAL` */
export function readTrustedProxies(name: string, value: unknown): TrustedProxies {
  if (typeof value === 'number') return { hops: readInteger(name, value, 1, MAX_HOPS) }
  const wanted = "'loopback', 'private', addresses or subnets ('10.0.0.0/8'), or the number of proxies"
  const subnets = [value].flat().flatMap(entry => {
    if (typeof entry !== 'string') throw invalid(name, entry, wanted)
    return (NAMED[entry] ?? [entry]).map(text => {
      const subnet = parseSubnet(text)
      if (!subnet) throw invalid(name, entry, wanted)
      return subnet
    })
  })
  if (subnets.length === 0) throw invalid(name, value, wanted)
  return { subnets }
}

function parseSubnet(text: string): Subnet | undefined {
  const [, given, digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const host = parseHost(given)
  if (host === undefined) return undefined
  const family = isIPv4(host) ? 'ipv4' : 'ipv6'
  if (family === 'ipv6' && !host.startsWith('[')) return undefined // a name
  const bits = family === 'ipv4' ? 32 : 128
  const prefix = digits === undefined ? bits : Number(digits)
  // IPv4 that is written as IPv6 would have a prefix of another length.
  if (prefix > bits || (family === 'ipv4' && given?.includes(':') && digits !== undefined)) return undefined
  return { address: host.replace(/[[\]]/g, ''), prefix, family }
}
