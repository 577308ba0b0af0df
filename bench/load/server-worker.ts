/** The process under test of `load.ts` and `pages.ts`: one server with real sockets, and how its event loop and processor fare. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import WebTorrentDHT from '../../src/index.js'
import { BittorrentDHT } from '../../src/upstream.js'
import { CERTIFICATES } from '../../test/helpers/certificates.js'
import { serve } from '../../test/helpers/child.js'
import { type BareServer, serveDataChannels, serveWebSockets } from './bare-servers.js'

/** How the clients come, to a node or to a server of bare links. */
export type Transport =
  | 'WebRTC'
  | 'WebSocket'
  | 'WebSocket with TLS'
  | 'UDP'
  | 'bare WebRTC'
  | 'bare WebRTC, one port'
  | 'bare WebSocket'

/** How the process fared since `begin`. */
export interface Fare {
  seconds: number
  /** CPU time in seconds. */
  user: number
  system: number
  /** The longest time, in milliseconds, that a timer of the event loop came late. */
  worstDelay: number
}

const HOST = '127.0.0.1'
/** A node keeps an eighth of its connections for its own, and makes room when few are left. */
const CONNECTIONS_PER_CLIENT = 1.25
/** Milliseconds. What the histogram says includes it. */
const RESOLUTION = 10
const NANOSECONDS_PER_MILLISECOND = 1e6

const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
let server: BareServer | undefined
let startedAt = 0
let cpuBefore = process.cpuUsage()

/** @param replyBytes how long the replies of a bare server are @returns the port at which it listens */
async function start(transport: Transport, clients: number, replyBytes = 0): Promise<number> {
  server = await open(transport, clients, replyBytes)
  return server.port
}

async function open(transport: Transport, clients: number, replyBytes: number): Promise<BareServer> {
  if (transport === 'bare WebRTC') return serveDataChannels(replyBytes)
  if (transport === 'bare WebRTC, one port') return serveDataChannels(replyBytes, await freeUdpPort())
  if (transport === 'bare WebSocket') return serveWebSockets(replyBytes)
  const node =
    transport === 'UDP'
      ? new BittorrentDHT({ bootstrap: false })
      : createNode(clients, transport === 'WebSocket with TLS')
  await new Promise<void>((resolve, reject) => {
    node.once('error', reject)
    node.listen(0, HOST, resolve)
  })
  return {
    port: node.address().port,
    get links() {
      return node instanceof WebTorrentDHT ? node.socket.node.table.size : 0
    },
    close: () => new Promise<void>(resolve => node.destroy(resolve))
  }
}

function createNode(clients: number, withTls: boolean): WebTorrentDHT {
  const [{ cert, key }] = CERTIFICATES
  const maxConnections = Math.ceil(CONNECTIONS_PER_CLIENT * clients) + 16
  return new WebTorrentDHT({
    bootstrap: false,
    ...(withTls && { tls: { cert, key } }),
    maxConnections,
    maxPendingConnections: maxConnections,
    simple_peer_opts: { config: { iceServers: [] } },
    httpLimits: { requestsPerAddress: 100 * clients, concurrentRequests: 100 * clients }
  })
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, HOST)
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

function begin(): void {
  delay.reset()
  delay.enable()
  startedAt = performance.now()
  cpuBefore = process.cpuUsage()
}

function end(): Fare {
  const { user, system } = process.cpuUsage(cpuBefore)
  delay.disable()
  return {
    seconds: (performance.now() - startedAt) / 1000,
    user: user / 1e6,
    system: system / 1e6,
    worstDelay: Math.max(0, delay.max / NANOSECONDS_PER_MILLISECOND - RESOLUTION)
  }
}

/** Bytes that the process keeps. */
async function memory(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await pause(100)
  }
  return process.memoryUsage.rss()
}

/** Open file descriptors, on Linux. */
async function descriptors(): Promise<number> {
  return (await readdir('/proc/self/fd')).length
}

async function destroy(): Promise<void> {
  await server?.close()
  process.disconnect()
}

process.on('disconnect', () => setTimeout(() => process.exit(0), 2000).unref())
serve({ start, begin, end, memory, descriptors, links: () => server?.links, destroy })
