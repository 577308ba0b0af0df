/** The package `multicast-dns`, with the types that it lacks. Nothing else imports it. Loaded in Node.js only, when it is used. */

import createSocket from 'multicast-dns'

/** A record as the package takes it. */
export interface DnsRecord {
  name: string
  type: 'PTR' | 'SRV' | 'TXT' | 'A'
  /** Seconds that others may keep it; 0: it is no more. */
  ttl: number
  /** Whether it replaces what others have of this name and type (RFC 6762, section 10.2). */
  flush?: boolean
  data: unknown
}

/** A message that came. What is in it may be anything. */
export interface DnsPacket {
  questions?: unknown
  answers?: unknown
  additionals?: unknown
}

export interface MulticastDns {
  on(event: 'query' | 'response', listener: (packet: DnsPacket, from: { address: string }) => void): this
  on(event: 'error', listener: (error: Error) => void): this
  once(event: 'ready', listener: () => void): this
  query(questions: { name: string; type: string }[]): void
  respond(packet: { answers: DnsRecord[]; additionals?: DnsRecord[] }, sent?: () => void): void
  destroy(closed?: () => void): void
}

export interface MulticastOptions {
  /** The port; default: 5353, that of multicast DNS. */
  port?: number
  /** The IPv4 address of the interface to use. Default: it comes in on all, and goes out on the one that the system takes. */
  interface?: string
}

export function openMulticastDns(options: MulticastOptions): MulticastDns {
  // Bound to the address of one interface, a socket gets no multicast on Linux.
  return createSocket({ ...options, bind: '0.0.0.0' })
}
