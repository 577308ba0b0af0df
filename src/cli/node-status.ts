/** The status of a serving node: `/health`, `/status` and the status page. */

import type { WebTorrentDHT } from '../index.js'
import { version } from './version.js'

export interface NodeStatus {
  version: string
  /** In hex. */
  id: string
  /** Where others join; `null` before it listens. */
  bootstrap: string | null
  /** `joining`, `connected` or `alone`. */
  status: string
  /** Why no node is connected; `null` while one is. Another node may have written it. */
  reason: string | null
  /** Seconds since the start. */
  uptime: number
  /** Connected nodes. */
  nodes: number
  /** Seconds of a processor since the start. */
  cpu: number
  /** Bytes of memory. */
  memory: number
  stats: ReturnType<WebTorrentDHT['stats']>
}

/** @param bootstrap where others join */
export function describeNode(dht: WebTorrentDHT, bootstrap: string | null): NodeStatus {
  const stats = dht.stats()
  const { user, system } = process.cpuUsage()
  return {
    version,
    id: dht.nodeId.toString('hex'),
    bootstrap,
    status: dht.status,
    reason: dht.statusReason?.message ?? null,
    uptime: Math.floor(process.uptime()),
    nodes: stats.connections.open,
    cpu: (user + system) / 1_000_000,
    memory: process.memoryUsage.rss(),
    stats
  }
}
