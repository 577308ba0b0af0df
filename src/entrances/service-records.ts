/** How nodes are advertised in the local network: DNS-SD (RFC 6763), the service `_webtorrent-dht._tcp`. */

import type { DnsPacket, DnsRecord } from './multicast-dns.js'

export const LOCAL_NETWORK = 'the local network'
export const SERVICE = '_webtorrent-dht._tcp.local'
/** Seconds, as RFC 6762 (section 10) has it: with the host's name or without. */
const HOST_TTL = 120
const SERVICE_TTL = 4500
/** Records looked at in a message. */
const MAX_RECORDS = 64

/** A node that is advertised. */
export interface Advertised {
  network: string
  port: number
}

export interface Advertisement extends Advertised {
  /** A name that no other node in the local network has. */
  label: string
  /** The IPv4 addresses where it listens. */
  addresses: readonly string[]
}

/** @param isOver whether the node no longer listens: others forget it then */
export function recordsOf(
  { label, network, port, addresses }: Advertisement,
  isOver = false
): { answers: DnsRecord[]; additionals: DnsRecord[] } {
  const name = `${label}.${SERVICE}`
  const host = `${label}.local`
  const [serviceTtl, hostTtl] = isOver ? [0, 0] : [SERVICE_TTL, HOST_TTL]
  return {
    answers: [{ name: SERVICE, type: 'PTR', ttl: serviceTtl, data: name }],
    additionals: [
      { name, type: 'SRV', ttl: hostTtl, flush: true, data: { priority: 0, weight: 0, port, target: host } },
      { name, type: 'TXT', ttl: serviceTtl, flush: true, data: [`network=${network}`] },
      ...addresses.map(data => ({ name: host, type: 'A' as const, ttl: hostTtl, flush: true, data }))
    ]
  }
}

/** Whether a message asks for nodes. */
export function asksForNodes({ questions }: DnsPacket): boolean {
  return recordsIn(questions).some(({ name, type }) => isService(name) && (type === 'PTR' || type === 'ANY'))
}

/** The nodes that a message advertises, in whatever order its records come. */
export function readAdvertised({ answers, additionals }: DnsPacket): Advertised[] {
  const records = [...recordsIn(answers), ...recordsIn(additionals)]
  const names = records.flatMap(({ name, type, ttl, data }) =>
    type === 'PTR' && isService(name) && ttl !== 0 && typeof data === 'string' ? data.toLowerCase() : []
  )
  return [...new Set(names)].flatMap(name => {
    const own = records.filter(record => record.name.toLowerCase() === name)
    const port = portIn(own.find(({ type }) => type === 'SRV')?.data)
    const network = networkIn(own.find(({ type }) => type === 'TXT')?.data)
    return port === undefined || network === undefined ? [] : { port, network }
  })
}

interface ReadRecord {
  name: string
  type: unknown
  ttl: unknown
  data: unknown
}

function recordsIn(list: unknown): ReadRecord[] {
  if (!Array.isArray(list)) return []
  return list.slice(0, MAX_RECORDS).flatMap((record: unknown) => {
    if (typeof record !== 'object' || record === null) return []
    const { name, type, ttl, data } = record as Record<string, unknown>
    return typeof name === 'string' ? { name, type, ttl, data } : []
  })
}

function isService(name: string): boolean {
  return name.toLowerCase() === SERVICE
}

function portIn(data: unknown): number | undefined {
  const { port } = (typeof data === 'object' && data !== null ? data : {}) as { port?: unknown }
  return typeof port === 'number' && port > 0 && port < 65536 ? port : undefined
}

function networkIn(data: unknown): string | undefined {
  const texts = (Array.isArray(data) ? data : [data]).map(text =>
    text instanceof Uint8Array ? Buffer.from(text).toString() : ''
  )
  return texts.find(text => text.startsWith('network='))?.slice('network='.length)
}
