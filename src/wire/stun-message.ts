/** The STUN messages (RFC 8489) that ask a server how it sees a socket. */

export const TRANSACTION_BYTES = 12
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const MAGIC_COOKIE = 0x2112a442
const XOR_MAPPED_ADDRESS = 0x0020
const HEADER_BYTES = 20
const IPV4 = 1

/** An address and port, as a server sees them. */
export interface MappedAddress {
  address: string
  port: number
}

/** @param transaction 12 random bytes */
export function encodeBindingRequest(transaction: Uint8Array): Buffer {
  const request = Buffer.alloc(HEADER_BYTES)
  request.writeUInt16BE(BINDING_REQUEST, 0)
  request.writeUInt32BE(MAGIC_COOKIE, 4)
  request.set(transaction, 8)
  return request
}

/** @returns what the server sees, IPv4 only; `undefined` for what is no response to this request */
export function decodeBindingResponse(message: Buffer, transaction: Uint8Array): MappedAddress | undefined {
  if (message.length < HEADER_BYTES || message.readUInt16BE(0) !== BINDING_SUCCESS) return undefined
  if (!message.subarray(8, HEADER_BYTES).equals(transaction)) return undefined
  let position = HEADER_BYTES
  while (position + 12 <= message.length) {
    const [type, length] = [message.readUInt16BE(position), message.readUInt16BE(position + 2)]
    if (type === XOR_MAPPED_ADDRESS && message[position + 5] === IPV4) {
      const port = message.readUInt16BE(position + 6) ^ (MAGIC_COOKIE >>> 16)
      const host = (message.readUInt32BE(position + 8) ^ MAGIC_COOKIE) >>> 0
      return { address: [24, 16, 8, 0].map(bits => (host >>> bits) & 0xff).join('.'), port }
    }
    position += 4 + Math.ceil(length / 4) * 4
  }
  return undefined
}
