/**
 * Compact node and peer info (BEP 5): an IPv4 address and a port in six bytes, after the id for a node, before it for a
 * peer whose id is known.
 */

/** A place as k-rpc names it. */
export interface Address {
  host: string
  port: number
}

export interface CompactNode extends Address {
  id: Buffer
}

/** A peer of a torrent. `id` is the announcing node's; nodes of the predecessor and BEP 5 do not give it. */
export interface CompactPeer extends Address {
  id: Buffer | null
}

const ADDRESS_BYTES = 6

export function isIPv4(host: string): boolean {
  const octets = host.split('.')
  return octets.length === 4 && octets.every(octet => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256)
}

function encodeAddress({ host, port }: Address): Buffer {
  const bytes = Buffer.alloc(ADDRESS_BYTES)
  if (isIPv4(host)) bytes.set(host.split('.').map(Number))
  bytes.writeUInt16BE(port & 0xffff, 4)
  return bytes
}

function decodeAddress(bytes: Buffer, offset: number): Address {
  return { host: bytes.subarray(offset, offset + 4).join('.'), port: bytes.readUInt16BE(offset + 4) }
}

export function encodeNodes(nodes: CompactNode[]): Buffer {
  return Buffer.concat(nodes.flatMap(node => [node.id, encodeAddress(node)]))
}

/** Reads compact node info; what is left over at the end is ignored. */
export function decodeNodes(bytes: Buffer, idLength: number): CompactNode[] {
  const nodes: CompactNode[] = []
  const size = idLength + ADDRESS_BYTES
  for (let start = 0; start + size <= bytes.length; start += size) {
    const id = bytes.subarray(start, start + idLength)
    nodes.push({ id, ...decodeAddress(bytes, start + idLength) })
  }
  return nodes
}

/** Reads ids that stand one after the other. */
export function splitIds(bytes: Buffer, idLength: number): Buffer[] {
  return Array.from({ length: Math.floor(bytes.length / idLength) }, (_, i) =>
    bytes.subarray(i * idLength, (i + 1) * idLength)
  )
}

export function encodePeer(peer: CompactPeer): Buffer {
  const address = encodeAddress(peer)
  return peer.id ? Buffer.concat([address, peer.id]) : address
}

/** Reads compact peer info of 6 bytes, or of 6 bytes and an id. */
export function decodePeer(bytes: Buffer, idLength: number): CompactPeer | undefined {
  if (bytes.length < ADDRESS_BYTES) return undefined
  const id = bytes.length === ADDRESS_BYTES + idLength ? bytes.subarray(ADDRESS_BYTES) : null
  return { ...decodeAddress(bytes, 0), id }
}
