/** What a process holds for a node: what must not grow however many come and go. */

import type { EventEmitter } from 'node:events'
import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { WebTorrentDHT } from '../../src/index.js'

export interface Holdings {
  /** By `process.getActiveResourcesInfo()`, timers left out. */
  handles: number
  timers: number
  /** On all emitters of the node, and on `process`. */
  listeners: number
  /** 0 where the platform does not tell. */
  descriptors: number
  /** Bytes, after a collection of garbage if the process was started with `--expose-gc`. */
  heap: number
  rss: number
  connections: number
}

export async function measureHoldings(node: WebTorrentDHT): Promise<Holdings> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await pause(50) // finalizers run between collections
  }
  const resources = process.getActiveResourcesInfo()
  const timers = resources.filter(name => name === 'Timeout' || name === 'Immediate').length
  const { heapUsed: heap, rss } = process.memoryUsage()
  return {
    handles: resources.length - timers,
    timers,
    listeners: countListeners(node),
    descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    heap,
    rss,
    connections: node.socket.node.table.counts.existing
  }
}

function countListeners(node: WebTorrentDHT): number {
  const { _rpc: rpc, nodes } = node
  const { socket } = node
  const emitters: EventEmitter[] = [
    node,
    rpc,
    rpc.nodes,
    nodes,
    rpc.socket,
    socket,
    socket.node,
    socket.node.table,
    socket.node.connector,
    socket.node.inbound,
    process
  ]
  return [...new Set(emitters)].reduce((sum, emitter) => {
    return sum + emitter.eventNames().reduce((count, name) => count + emitter.listenerCount(name), 0)
  }, 0)
}
