/**
 * Compact node and peer info (BEP 5): an IPv4 address and a port in six bytes, after the id for a node, before it for a
 * peer whose id is known.
 */

import { Id } from '../id.js'

/** A place as k-rpc names it. */
export interface Address {
  host: string
  port: number
}

/** A node, and the address that stands for it here. */
export interface Contact extends Address {
  id: Id
}

/** A peer of a torrent. `id` is the announcing node's; nodes of the predecessor and BEP 5 do not give it. */
export interface CompactPeer extends Address {
  id: Id | null
}

export const MAX_PORT = 65535

const ADDRESS_BYTES = 6
const ZERO = 0x30

export function isIPv4(host: string): boolean {
  return parseIPv4(host) !== undefined
}

/** The four octets as one number; `undefined` for what is no IPv4 address. */
function parseIPv4(host: string): number | undefined {
  let address = 0
  let octet = -1
  let octets = 0
  for (let i = 0; i <= host.length; i++) {
    const digit = host.charCodeAt(i) - ZERO
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return undefined // a leading zero
      octet = Math.max(0, octet) * 10 + digit
      if (octet > 255) return undefined
    } else {
      const isEnd = i === host.length
      if (octet < 0 || !(isEnd || host[i] === '.')) return undefined
      address = address * 256 + octet
      octets++
      octet = -1
    }
  }
  return octets === 4 ? address : undefined
}

function writeAddress(bytes: Buffer, offset: number, { host, port }: Address): void {
  bytes.writeUInt32BE(parseIPv4(host) ?? 0, offset)
  bytes.writeUInt16BE(port & 0xffff, offset + 4)
}

function readAddress(bytes: Buffer, offset: number): Address {
  const host = `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`
  return { host, port: bytes.readUInt16BE(offset + 4) }
}

/** Writes compact node info of one node; that of several stands one after the other. */
export function encodeNode(node: Contact): Buffer {
  const { bytes: id } = node.id
  const bytes = Buffer.alloc(id.length + ADDRESS_BYTES)
  bytes.set(id)
  writeAddress(bytes, id.length, node)
  return bytes
}

/** Reads compact node info; what is left over at the end is ignored. */
export function decodeNodes(bytes: Buffer, idLength: number): Contact[] {
  const nodes: Contact[] = []
  const size = idLength + ADDRESS_BYTES
  for (let start = 0; start + size <= bytes.length; start += size) {
    const { host, port } = readAddress(bytes, start + idLength)
    nodes.push({ id: Id.of(bytes.subarray(start, start + idLength)), host, port })
  }
  return nodes
}

/** Reads ids that stand one after the other. */
export function splitIds(bytes: Buffer, idLength: number): Id[] {
  return Array.from({ length: Math.floor(bytes.length / idLength) }, (_, i) =>
    Id.of(bytes.subarray(i * idLength, (i + 1) * idLength))
  )
}

/** Writes ids one after the other. */
export function joinIds(ids: readonly Id[]): Buffer {
  return Buffer.concat(ids.map(({ bytes }) => bytes))
}

export function encodePeer(peer: CompactPeer): Buffer {
  const bytes = Buffer.alloc(ADDRESS_BYTES + (peer.id?.bytes.length ?? 0))
  writeAddress(bytes, 0, peer)
  if (peer.id) bytes.set(peer.id.bytes, ADDRESS_BYTES)
  return bytes
}

/** Reads compact peer info of 6 bytes, or of 6 bytes and an id. */
export function decodePeer(bytes: Buffer, idLength: number): CompactPeer | undefined {
  if (bytes.length < ADDRESS_BYTES) return undefined
  const id = bytes.length === ADDRESS_BYTES + idLength ? Id.of(bytes.subarray(ADDRESS_BYTES)) : null
  return { ...readAddress(bytes, 0), id }
}
