/** A process that sends a node's HTTP server garbage, as fast as it takes it. */

import { connect } from 'node:net'
import { serve } from './child.js'

/** Requests that are written at once: the server reads them all, also where its first response ends the connection. */
const PIPELINED = 8

export interface GarbageOptions {
  port: number
  sockets: number
  /** Where the requests come from. `null`: from everywhere in 127.1.0.0/16, so that no limit per address is in the way. */
  from: string | null
}

/** Responses by status; `'0'`: none, or nothing that is one. */
export type GarbageCounts = Record<string, number>

const REQUESTS = [
  post('not json'),
  post('{"type":"offer","sdp":"v=0\\r\\n"}'),
  post(`{"type":"offer","sdp":"v=0\\r\\n${'x'.repeat(3000)}","id":"${'41'.repeat(20)}","extensions":[]}`),
  post('\x00'.repeat(2000)),
  'GET /wp-login.php HTTP/1.1\r\nHost: node\r\n\r\n',
  'DELETE / HTTP/1.1\r\nHost: node\r\n\r\n',
  'OPTIONS / HTTP/1.1\r\nHost: node\r\n\r\n',
  `POST / HTTP/1.1\r\nHost: node\r\nContent-Length: 99999999\r\n\r\n`,
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS, here?\r\n\r\n'
]

let isOver = false
const counts: GarbageCounts = {}
let next = 0

function post(body: string): string {
  return `POST / HTTP/1.1\r\nHost: node\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

function start({ port, sockets, from }: GarbageOptions): void {
  for (let i = 0; i < sockets; i++) send(port, from)
}

/** One connection; another one follows when it is closed. */
function send(port: number, from: string | null): void {
  if (isOver) return
  const localAddress =
    from ?? `127.1.${Math.floor(Math.random() * 256)}.${1 + Math.floor(Math.random() * 254)}`
  const requests = Array.from({ length: PIPELINED }, () => REQUESTS[next++ % REQUESTS.length])
  let status = '0'
  const socket = connect({ port, host: '127.0.0.1', localAddress }, () => socket.write(requests.join('')))
  socket.once('data', bytes => {
    status = /^HTTP\/1\.1 (\d{3})/.exec(bytes.toString('latin1'))?.[1] ?? '0'
    if (status === '204') socket.destroy() // the server would keep it open
  })
  socket.on('error', () => {}) // reset: the server has hung up on the rest
  socket.on('close', () => {
    counts[status] = (counts[status] ?? 0) + 1
    send(port, from)
  })
}

function stop(): GarbageCounts {
  isOver = true
  return counts
}

process.on('disconnect', () => process.exit(0))
serve({ start, stop, destroy: () => process.disconnect() })
