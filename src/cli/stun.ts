/** Asks STUN servers (RFC 8489) from one socket: how each sees it tells what kind of NAT is in between. */

import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'

const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const MAGIC_COOKIE = 0x2112a442
const XOR_MAPPED_ADDRESS = 0x0020
const HEADER_BYTES = 20
const IPV4 = 1
const DEFAULT_PORT = 3478
/** Milliseconds between two requests: a datagram may be lost. */
const REPEAT_AFTER = 500

/** Why a server is not asked: no address is known. */
export const NO_ADDRESS = 'its name has no IPv4 address here'

/** The reply of one server: how it sees the socket, or why there is none. */
export type StunAnswer =
  | { server: string; from: string; address: string; port: number; milliseconds: number }
  | { server: string; failure: string }

/**
 * Asks all servers at once over IPv4.
 *
 * @param servers `stun:host:port`
 * @param port of the socket; 0: any free one
 * @throws what the socket fails with, `EADDRINUSE` for example
 */
export async function askStunServers(
  servers: string[],
  port: number,
  timeout: number
): Promise<StunAnswer[]> {
  const socket = createSocket('udp4')
  try {
    socket.bind(port)
    await once(socket, 'listening')
    socket.on('error', () => {}) // a server that cannot be sent to is one that does not answer
    return await Promise.all(servers.map(server => askOne(socket, server, timeout)))
  } finally {
    socket.close()
  }
}

async function askOne(socket: Socket, server: string, timeout: number): Promise<StunAnswer> {
  const [, host, port] = /^stun:(\[.*\]|[^:]+)(?::(\d+))?$/i.exec(server) ?? []
  if (host === undefined) return { server, failure: 'it is not asked over UDP' }
  const found = await lookup(host.replace(/[[\]]/g, ''), 4).catch(() => null)
  if (!found) return { server, failure: NO_ADDRESS }
  const transaction = randomBytes(12)
  const request = encodeRequest(transaction)
  const startedAt = performance.now()
  return new Promise(resolve => {
    const send = () => socket.send(request, Number(port ?? DEFAULT_PORT), found.address)
    const end = (answer: StunAnswer) => {
      clearInterval(repeat)
      clearTimeout(deadline)
      socket.off('message', onMessage)
      resolve(answer)
    }
    const onMessage = (message: Buffer, { address: from }: { address: string }) => {
      const seen = decodeResponse(message, transaction)
      if (seen) end({ server, from, ...seen, milliseconds: performance.now() - startedAt })
    }
    socket.on('message', onMessage)
    const repeat = setInterval(send, REPEAT_AFTER)
    const deadline = setTimeout(() => end({ server, failure: 'it does not answer' }), timeout)
    send()
  })
}

function encodeRequest(transaction: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt16BE(BINDING_REQUEST, 0)
  header.writeUInt32BE(MAGIC_COOKIE, 4)
  transaction.copy(header, 8)
  return header
}

/** @returns the address that the server sees; `undefined` for what is no answer to this request */
function decodeResponse(message: Buffer, transaction: Buffer): { address: string; port: number } | undefined {
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
