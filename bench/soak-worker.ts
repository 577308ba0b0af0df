/** The process of `soak.ts`: one node stays, and others join it and leave. */

import type { EventEmitter } from 'node:events'
import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { WebTorrentDHT } from '../src/index.js'
import { serve } from '../test/interop/child.js'
import type { Holdings } from './soak.js'

/** Nodes that join and leave at the same time. */
const AT_ONCE = 5
/** Milliseconds after which all that a node keeps on purpose for a while after a disconnect is gone. */
const SETTLE = 5000

let hub: WebTorrentDHT
let failed = 0

async function start(): Promise<Holdings> {
  hub = new WebTorrentDHT({ bootstrap: false, simple_peer_opts: { config: { iceServers: [] } } })
  await new Promise<void>(resolve => hub.listen(0, '127.0.0.1', resolve))
  return holdings()
}

async function comeAndGo(count: number): Promise<Holdings> {
  for (let left = count; left > 0; left -= AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, left) }, comeAndGoOnce))
  }
  return holdings()
}

async function comeAndGoOnce(): Promise<void> {
  const node = new WebTorrentDHT({
    bootstrap: [`127.0.0.1:${hub.address().port}`],
    simple_peer_opts: { config: { iceServers: [] } }
  })
  await new Promise(resolve => node.once('ready', resolve))
  if (node.nodes.count() === 0) failed++
  await new Promise<void>(resolve => node.destroy(resolve))
}

async function holdings(): Promise<Holdings> {
  await pause(SETTLE)
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await pause(50)
  }
  const resources = process.getActiveResourcesInfo()
  const timers = resources.filter(name => name === 'Timeout' || name === 'Immediate').length
  const { heapUsed: heap, rss } = process.memoryUsage()
  return {
    handles: resources.length - timers,
    timers,
    listeners: countListeners(),
    descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    heap,
    rss,
    connections: hub._rpc.socket.socket.table.counts.existing,
    failed
  }
}

function countListeners(): number {
  const { _rpc: rpc, nodes } = hub
  const { socket } = rpc.socket
  const emitters: EventEmitter[] = [
    hub,
    rpc,
    rpc.nodes,
    nodes,
    rpc.socket,
    socket,
    socket.table,
    socket.connector,
    process
  ]
  return [...new Set(emitters)].reduce((sum, emitter) => {
    return sum + emitter.eventNames().reduce((count, name) => count + emitter.listenerCount(name), 0)
  }, 0)
}

/** The callback of `destroy` is the moment from which the parent counts. */
async function destroy(): Promise<void> {
  await new Promise<void>(resolve => hub.destroy(resolve))
  setImmediate(() => process.disconnect())
}

serve({ start, comeAndGo, destroy })
