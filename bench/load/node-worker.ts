/** The process under test of `load.ts`: one node with real sockets, and how its event loop and processor fare. */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import WebTorrentDHT from '../../src/index.js'
import { BittorrentDHT } from '../../src/upstream.js'
import { serve } from '../../test/helpers/child.js'

export type Transport = 'WebRTC' | 'UDP'

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
let node: BittorrentDHT | undefined
let startedAt = 0
let cpuBefore = process.cpuUsage()

/** @returns the port at which it listens */
async function start(transport: Transport, clients: number): Promise<number> {
  node = transport === 'UDP' ? new BittorrentDHT({ bootstrap: false }) : createNode(clients)
  const listening = node
  await new Promise<void>((resolve, reject) => {
    listening.once('error', reject)
    listening.listen(0, HOST, resolve)
  })
  return node.address().port
}

function createNode(clients: number): WebTorrentDHT {
  const maxConnections = Math.ceil(CONNECTIONS_PER_CLIENT * clients) + 16
  return new WebTorrentDHT({
    bootstrap: false,
    maxConnections,
    maxPendingConnections: maxConnections,
    simple_peer_opts: { config: { iceServers: [] } },
    httpLimits: { requestsPerAddress: 100 * clients }
  })
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

async function destroy(): Promise<void> {
  await new Promise<void>(resolve => (node ? node.destroy(resolve) : resolve()))
  process.disconnect()
}

process.on('disconnect', () => setTimeout(() => process.exit(0), 2000).unref())
serve({ start, begin, end, destroy })
