/** A server, or nodes that join it and keep to themselves, as pages do that want nothing: a process of `bench links`. */

import { setTimeout as pause } from 'node:timers/promises'
import WebTorrentDHT, { type WebTorrentDHTOptions } from '../src/index.js'
import { nodePlatform } from '../src/platform-node.js'
import { CERTIFICATES } from '../test/helpers/certificates.js'
import { serve } from '../test/helpers/child.js'
import { keepToItself } from '../test/helpers/line.js'
import { createNode, destroyAll } from '../test/helpers/nodes.js'

export type LinkKind = 'WebRTC' | 'WebSocket' | 'WebSocket with TLS'

const nodes: WebTorrentDHT[] = []

/** @returns the port */
async function listen(kind: LinkKind, connections: number): Promise<number> {
  const [{ cert, key }] = CERTIFICATES
  const node = await createNode({
    maxConnections: connections,
    maxPendingConnections: connections,
    ...(kind === 'WebSocket with TLS' && { tls: { cert, key } })
  })
  nodes.push(node)
  return node.address().port
}

/** Joins one after the other. @returns milliseconds for each */
async function join(kind: LinkKind, port: number, count: number): Promise<number[]> {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  const loadWebRTC = () => Promise.reject(new Error('switched off'))
  const options: WebTorrentDHTOptions = {
    bootstrap: `${kind === 'WebSocket with TLS' ? 'https' : 'http'}://localhost:${port}/`,
    simple_peer_opts: { config: { iceServers: [] } },
    ...(kind !== 'WebRTC' && { platform: { ...nodePlatform, loadWebRTC } })
  }
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const at = performance.now()
    const node = keepToItself(new WebTorrentDHT(options))
    nodes.push(node)
    await new Promise<void>(resolve => node.socket.once('node_connected', () => resolve()))
    times.push(performance.now() - at)
    await node.promises.ready()
  }
  return times
}

/** Milliseconds of CPU time that the process has used. */
function cpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Bytes that the process keeps. */
async function memory(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await pause(100)
  }
  return process.memoryUsage.rss()
}

serve({
  listen,
  join,
  cpu,
  memory,
  connected: () => nodes[0]?.socket.node.table.size,
  destroy: () => destroyAll(...nodes).then(() => void setTimeout(() => process.exit(), 100))
})
