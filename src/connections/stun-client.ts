/** Asks STUN servers (RFC 8489) from one socket: how each sees it tells what kind of NAT is in between. */

import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import {
  decodeBindingResponse,
  encodeBindingRequest,
  type MappedAddress,
  TRANSACTION_BYTES
} from '../wire/stun-message.js'

const DEFAULT_PORT = 3478
/** Milliseconds between two requests: a datagram may be lost. */
const REPEAT_AFTER = 500

/** Why a server is not asked: no address is known. */
export const NO_ADDRESS = 'its name has no IPv4 address here'

/** A server that has answered, and how it sees the socket. */
export interface Seen extends MappedAddress {
  server: string
  /** Where the answer came from. */
  from: string
  fromPort: number
  milliseconds: number
}

/** The reply of one server: how it sees the socket, or why there is none. */
export type StunAnswer = Seen | { server: string; failure: string }

export interface AskOptions {
  /** Of the socket; 0, the default: any free one. */
  port?: number
  /** Milliseconds for all servers. */
  timeout: number
  /** Ends it: the servers that have not answered by then count as silent. */
  signal?: AbortSignal
  /** Called for each server that answers, at once. */
  onSeen?(seen: Seen): void
  /** Whether the process may exit meanwhile. */
  isBackground?: boolean
}

/**
 * Asks all servers at once over IPv4.
 *
 * @param servers `stun:host:port`
 * @throws what the socket fails with, `EADDRINUSE` for example
 */
export async function askStunServers(
  servers: readonly string[],
  { port = 0, onSeen, signal, isBackground = false, timeout }: AskOptions
): Promise<StunAnswer[]> {
  const socket = createSocket('udp4')
  if (isBackground) socket.unref()
  const deadline = new AbortController()
  const end = () => deadline.abort()
  const timer = setTimeout(end, timeout)
  if (isBackground) timer.unref()
  signal?.addEventListener('abort', end, { once: true })
  socket.on('error', () => {}) // a server that cannot be sent to is one that does not answer
  try {
    socket.bind({ port, exclusive: true }) // in a worker of a cluster, too
    await once(socket, 'listening')
    socket.setMaxListeners(0)
    if (signal?.aborted) end()
    const ask = async (server: string) => {
      const answer = await askOne(socket, server, deadline.signal)
      if ('address' in answer && !deadline.signal.aborted) onSeen?.(answer)
      return answer
    }
    return await Promise.all(servers.map(ask))
  } finally {
    signal?.removeEventListener('abort', end)
    clearTimeout(timer)
    socket.close()
  }
}

async function askOne(socket: Socket, server: string, deadline: AbortSignal): Promise<StunAnswer> {
  const [, host, port] = /^stun:(\[.*\]|[^:]+)(?::(\d+))?$/i.exec(server) ?? []
  if (host === undefined) return { server, failure: 'it is not asked over UDP' }
  const silent = { server, failure: 'it does not answer' }
  const lookedUp = lookup(host.replace(/[[\]]/g, ''), 4).catch(() => null)
  const found = await Promise.race([lookedUp, aborted(deadline)]) // a lookup cannot be ended
  if (!found) return deadline.aborted ? silent : { server, failure: NO_ADDRESS }
  const transaction = randomBytes(TRANSACTION_BYTES)
  const request = encodeBindingRequest(transaction)
  const startedAt = performance.now()
  return new Promise(resolve => {
    const send = () => socket.send(request, Number(port ?? DEFAULT_PORT), found.address)
    const end = (answer: StunAnswer) => {
      clearInterval(repeat)
      deadline.removeEventListener('abort', giveUp)
      socket.off('message', onMessage)
      resolve(answer)
    }
    const giveUp = () => end(silent)
    const onMessage = (
      message: Buffer,
      { address: from, port: fromPort }: { address: string; port: number }
    ) => {
      const seen = decodeBindingResponse(message, transaction)
      if (seen) end({ server, from, fromPort, ...seen, milliseconds: performance.now() - startedAt })
    }
    socket.on('message', onMessage)
    deadline.addEventListener('abort', giveUp, { once: true })
    const repeat = setInterval(send, REPEAT_AFTER)
    repeat.unref() // the deadline ends it
    send()
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
