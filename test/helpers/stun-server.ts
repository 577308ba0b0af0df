/** A STUN server on this machine, which sees what a test wants it to see. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Test } from 'tape'

export interface StunOptions {
  host?: string
  /** The address that it sees; default: the true one. */
  sees?: string
  /** Added to the port that it sees, as a symmetric NAT would. */
  shift?: number
  /** Requests that are lost first. */
  lost?: number
  /** Milliseconds from a request to its answer. */
  answersAfter?: number
}

export interface StunServer {
  url: string
  /** Requests so far, lost ones too. */
  requests: number
  /** Answers from now on, or no longer. */
  isDead: boolean
  sees: string | undefined
  shift: number
}

export async function createStunServer(t: Test, options: StunOptions = {}): Promise<StunServer> {
  const { host = '127.0.0.1', sees, shift = 0, lost = 0, answersAfter = 0 } = options
  const socket = createSocket('udp4')
  let isClosed = false
  t.teardown(() => {
    isClosed = true
    socket.close()
  })
  const server: StunServer = { url: '', requests: 0, isDead: false, sees, shift }
  socket.on('message', (request, { address, port }) => {
    if (server.requests++ < lost || server.isDead) return
    const answer = encodeAnswer(request, server.sees ?? address, port + server.shift)
    const send = () => {
      if (isClosed) return
      socket.send(answer.subarray(0, 5), port, address) // what is cut short is no answer
      socket.send(answer, port, address)
    }
    if (answersAfter === 0) send()
    else setTimeout(send, answersAfter)
  })
  socket.bind(0, host)
  await once(socket, 'listening')
  server.url = `stun:${host}:${socket.address().port}`
  return server
}

function encodeAnswer(request: Buffer, address: string, port: number): Buffer {
  const answer = Buffer.alloc(32)
  answer.writeUInt16BE(0x0101, 0)
  answer.writeUInt16BE(12, 2)
  request.copy(answer, 4, 4, 20)
  answer.writeUInt16BE(0x0020, 20)
  answer.writeUInt16BE(8, 22)
  answer[25] = 1
  answer.writeUInt16BE((port ^ 0x2112) & 0xffff, 26)
  for (const [i, octet] of address.split('.').map(Number).entries())
    answer[28 + i] = octet ^ (answer[4 + i] ?? 0)
  return answer
}
