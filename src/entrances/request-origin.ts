/** Whom an HTTP request comes from: the address of its socket, or behind proxies that are trusted, the one that they name. */

import type { IncomingMessage } from 'node:http'
import { BlockList } from 'node:net'
import { originOf, sharedOrigin } from '../connections/origin.js'
import type { TrustedProxies } from './trusted-proxies.js'

/** Headers by which proxies say that a request is somebody else's. */
const FORWARDING = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip', 'cf-connecting-ip']

/** The sender of a request. */
export interface Sender {
  /** For shares and penalties: see origin.ts. */
  origin: string
  /** The IP address: that of the socket, or the one that trusted proxies name. */
  address: string
  /** It came over a proxy that nobody said to trust: the address is not the sender's. */
  isProxied: boolean
}

/**
 * Makes the function that tells whom a request comes from.
 *
 * Anybody can send these headers. So without proxies that are trusted nothing in them is believed; but there may be one, and many
 * behind it: then there is no penalty. Where proxies are trusted, the headers of all others mean nothing.
 */
export function createSenderReader(proxies: TrustedProxies | null): (request: IncomingMessage) => Sender {
  if (proxies === null) {
    return ({ socket: { remoteAddress: address = '' }, headers }) => {
      const isProxied = FORWARDING.some(name => name in headers)
      const origin = isProxied ? null : originOf(address)
      return { origin: origin ?? sharedOrigin(address), address, isProxied }
    }
  }
  const isProxy = createCheck(proxies)
  return ({ socket, headers }) => {
    // The nearest first: each proxy puts the address that it sees at the end.
    const named = [headers['x-forwarded-for'] ?? []].flat().flatMap(value => value.split(','))
    const addresses = [socket.remoteAddress, ...named.toReversed().map(withoutPort)].map(originText)
    const address = addresses.find((address, i) => !isProxy(address, i)) ?? ''
    const origin = originOf(address)
    return { origin: origin ?? sharedOrigin(socket.remoteAddress), address, isProxied: origin === null }
  }
}

function createCheck(proxies: TrustedProxies): (address: string, hop: number) => boolean {
  if ('hops' in proxies) return (_, hop) => hop < proxies.hops
  const list = new BlockList()
  for (const { address, prefix, family } of proxies.subnets) list.addSubnet(address, prefix, family)
  return address => {
    const family = address.includes(':') ? 'ipv6' : 'ipv4'
    return originOf(address) !== null && list.check(address, family)
  }
}

/** Node.js writes IPv4 as IPv6 where a server listens on both. */
function originText(address = ''): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

/** Some proxies name the port, too. */
function withoutPort(text: string): string {
  const address = text.trim()
  const [, host] = /^\[(.+)\](?::\d+)?$/.exec(address) ?? /^([\d.]+):\d+$/.exec(address) ?? []
  return host ?? address
}
