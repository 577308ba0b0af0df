/**
 * Reads from an offer which implementation made it, whether it is a second attempt, and how near its maker is. An
 * `RTCPeerConnection` sees nothing but SDP, so the SDP must say all of this.
 */

import { BlockList, isIP } from 'node:net'
import { readInterfaces } from './interfaces.js'
import { MAX_ADDRESSES, MAX_CHECKED_LONG } from './wire/candidates.js'
import { isByLibdatachannel, isCareful } from './wire/description.js'

const LOCAL_SUBNETS: [address: string, prefix: number][] = [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['::1', 128],
  ['fe80::', 10],
  ['fc00::', 7]
]

function isByFirefox(sdp: string): boolean {
  return /^o=mozilla/m.test(sdp)
}

/** Whether people carried the offer here, as an invitation: its maker is the client, and begins when the answer is there, minutes later. */
export function isInvitation(sdp: string): boolean {
  return sdp.includes('a=setup:active') && isCareful(sdp)
}

/**
 * An invitation without the candidates at this machine's own addresses. An offering side that is checked before it has the answer may
 * end the handshake before it has stored the fingerprint. Its own checks arrive here in any case: no NAT or firewall is between.
 */
export function leaveOwnAddresses(sdp: string): string {
  const own = readInterfaces().map(({ address }) => address)
  const isOwn = (line: string) => line.startsWith('a=candidate:') && own.includes(addressIn(line))
  return sdp
    .split(/\r?\n/)
    .filter(line => !isOwn(line))
    .join('\r\n')
}

/** IPv6 as this machine writes it. */
function addressIn(candidate: string): string {
  const [, , , , address = ''] = candidate.split(' ')
  return isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
}

export function candidatesOf(sdp: string): string[] {
  return sdp.split(/\r?\n/).filter(line => line.startsWith('a=candidate:'))
}

/**
 * Whether the answering side makes itself the DTLS server: see node-datachannel.ts. Not where the offer has no candidate to check, as a
 * newcomer's that a server gets before a STUN server has replied.
 */
export function offersQuickWay(sdp: string): boolean {
  return isByLibdatachannel(sdp) && !isCareful(sdp) && candidatesOf(sdp).length > 0
}

/**
 * The offering side's address as a NAT maps it, as a candidate under another name: the first one over IPv4, since an IPv6 address is its
 * own. Its priority is the lowest, so that what arrives from there still counts for the candidate itself.
 */
export function mappedCandidateIn(sdp: string): ((name: number) => string) | undefined {
  const mapped = candidatesOf(sdp).find(candidate => {
    const [, , , , address = '', , , type] = candidate.split(' ')
    return type === 'srflx' && isIP(address) === 4
  })
  if (mapped === undefined) return undefined
  const [, component, transport, , address, port] = mapped.split(' ')
  return name => `a=candidate:again${name} ${component} ${transport} 1 ${address} ${port} typ srflx`
}

/**
 * How many more addresses may be checked than an offer names, which are a stranger's choice: with those they make five, and libjuice
 * sends three checks to each in the time that there is for few (candidates.ts).
 */
export function spareChecks(sdp: string): number {
  const { length } = candidatesOf(sdp).filter(candidate => isIP(addressIn(candidate)) !== 0)
  return length > MAX_CHECKED_LONG ? 0 : MAX_ADDRESSES - length
}

/**
 * Whether the answering side leaves the first ICE checks to the offering side. It does so in a second attempt, and towards another
 * implementation, for which it is the DTLS client; but only if the offering side is near. With more latency it is needless, and
 * between NATs the checks of both sides open the way. Towards Firefox it always does so: Firefox drops a ClientHello that comes before
 * the answer, so that 45 of 45 connections lost a second. libwebrtc keeps it.
 */
export function leavesChecks(sdp: string): boolean {
  if (sdp.includes('a=setup:active')) return false // its maker is the client
  if (isByLibdatachannel(sdp) && !isCareful(sdp)) return false
  return isByFirefox(sdp) || areNear(candidatesOf(sdp))
}

/** Whether all candidates are on this machine or its local network: a latency below a millisecond, and no NAT between. */
function areNear(candidates: string[]): boolean {
  const near = new BlockList()
  for (const [address, prefix] of LOCAL_SUBNETS) near.addSubnet(address, prefix, familyOf(address))
  for (const { cidr } of readInterfaces()) {
    const [address = '', prefix] = (cidr ?? '').split('/')
    if (prefix !== undefined) near.addSubnet(address, Number(prefix), familyOf(address))
  }
  return candidates.every(candidate => {
    const [, , , , address = '', , , type] = candidate.split(' ')
    if (type !== 'host') return false
    return isIP(address) === 0 ? address.endsWith('.local') : near.check(address, familyOf(address))
  })
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
