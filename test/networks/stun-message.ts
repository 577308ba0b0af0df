/** The one exchange of STUN (RFC 8489) that a STUN server needs: a binding request and its answer. */

import { isIPv4 } from 'node:net'

const HEADER_SIZE = 20
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const MAGIC_COOKIE = 0x2112a442
const XOR_MAPPED_ADDRESS = 0x0020
const FAMILY = { v4: 1, v6: 2 }

/** The answer that says where a request came from; `null` for anything else. */
export function answerBinding(request: Buffer, host: string, port: number): Buffer | null {
  if (request.length < HEADER_SIZE || request.readUInt16BE(0) !== BINDING_REQUEST) return null
  if (request.readUInt32BE(4) !== MAGIC_COOKIE) return null
  const mask = request.subarray(4, HEADER_SIZE) // the cookie and the transaction
  const address = addressBytes(host).map((byte, i) => byte ^ (mask[i] ?? 0))
  const value = Buffer.from([0, address.length === 4 ? FAMILY.v4 : FAMILY.v6, 0, 0, ...address])
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2)
  const attribute = Buffer.alloc(4)
  attribute.writeUInt16BE(XOR_MAPPED_ADDRESS, 0)
  attribute.writeUInt16BE(value.length, 2)
  const header = Buffer.alloc(4)
  header.writeUInt16BE(BINDING_SUCCESS, 0)
  header.writeUInt16BE(attribute.length + value.length, 2)
  return Buffer.concat([header, mask, attribute, value])
}

/** The bytes of an address as Node.js writes them. */
export function addressBytes(host: string): number[] {
  if (isIPv4(host)) return host.split('.').map(Number)
  const [left = '', right] = (host.split('%')[0] ?? '').split('::')
  const words = (text: string | undefined) =>
    text ? text.split(':').map(word => Number.parseInt(word, 16)) : []
  const [first, last] = [words(left), words(right)]
  const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last]
  return all.flatMap(word => [word >> 8, word & 255])
}
