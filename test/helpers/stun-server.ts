/** A STUN server on this machine that answers when the test wants it to, with an address of the test's choice. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Test } from 'tape'

const BINDING_REQUEST = 0x0001
const BINDING_RESPONSE = 0x0101
const XOR_MAPPED_ADDRESS = 0x0020
const COOKIE = Buffer.of(0x21, 0x12, 0xa4, 0x42)
const HEADER_BYTES = 20

export interface StunServer {
  url: string
  /** Requests so far. */
  requests(): number
}

/**
 * @param answersAfter milliseconds from a request to its answer
 * @param seenAs the host that clients are told, in place of their own
 */
export async function startStunServer(t: Test, answersAfter: number, seenAs?: string): Promise<StunServer> {
  const socket = createSocket('udp4')
  let requests = 0
  let isClosed = false
  socket.on('message', (message, { address, port }) => {
    if (message.length < HEADER_BYTES || message.readUInt16BE(0) !== BINDING_REQUEST) return
    requests++
    const answer = answerTo(message, seenAs ?? address, port)
    setTimeout(() => {
      if (!isClosed) socket.send(answer, port, address)
    }, answersAfter)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => {
    isClosed = true
    socket.close()
  })
  return { url: `stun:127.0.0.1:${socket.address().port}`, requests: () => requests }
}

function answerTo(request: Buffer, host: string, port: number): Buffer {
  const value = Buffer.alloc(8)
  value.writeUInt8(1, 1)
  value.writeUInt16BE(port ^ COOKIE.readUInt16BE(0), 2)
  for (const [i, byte] of host.split('.').entries()) value.writeUInt8(Number(byte) ^ (COOKIE[i] ?? 0), 4 + i)
  const attribute = Buffer.alloc(4)
  attribute.writeUInt16BE(XOR_MAPPED_ADDRESS, 0)
  attribute.writeUInt16BE(value.length, 2)
  const header = Buffer.alloc(4)
  header.writeUInt16BE(BINDING_RESPONSE, 0)
  header.writeUInt16BE(attribute.length + value.length, 2)
  const transaction = request.subarray(4, HEADER_BYTES)
  return Buffer.concat([header, transaction, attribute, value])
}
