/** The process of the node that is fuzzed. It searches and stores the while, so that strangers are asked things too. */

import type { EventEmitter } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import WebTorrentDHT, { type WebTorrentDHTOptions } from '../../src/index.js'
import { nodePlatform } from '../../src/platform-node.js'
import type { WebRTC } from '../../src/simple-peer.js'
import { serve } from '../helpers/child.js'
import { INFO_HASHES, signedValue, VALUE_KEYS, VALUES } from './messages.js'

/** Small, so that what is limited is soon at its limit, and stays there. */
const MAX_VALUES = 100
const MAX_PEERS = 200
const MAX_TABLES = 50
/** Searches at the same time, and the pause between two, in milliseconds. */
const SEARCHES = 8
const PAUSE = 20
const CHECKING_INTERVAL = 5
/** Seconds after which a connection that mutated descriptions hold up is closed. */
const PEER_CONNECTION_TIMEOUT = 2

/** What the node's process holds. */
export interface Holdings {
  /** What the node itself counts. */
  counts: { made: number; existing: number; pending: number; offers: number }
  /** What was counted apart from it. */
  peerConnections: PeerConnectionCounts
  connections: number
  /** Transactions that its connections wait for. */
  awaited: number
  /** Queries that were sent or wait to be sent. */
  queries: number
  /** Connections that are being made, and dials. */
  isConnecting: boolean
  /** Searches of the application that have not ended. */
  searches: number
  addresses: number
  connectedIds: number
  values: number
  listeners: number
  /** The most that one connection has. */
  connectionListeners: number
  timers: number
  handles: number
  heap: number
  rss: number
  /** The longest time since the last collection in which the process did one thing only, in milliseconds. */
  longestTask: number
  /** All searches so far. */
  searched: number
}

interface PeerConnectionCounts {
  made: number
  existing: number
  /** The most that existed at one time. */
  most: number
  /** Moments at which there were more than allowed, by either count. */
  overruns: number
}

export interface NodeProcessOptions {
  maxConnections: number
  /** More options of the node, as JSON. */
  options: Record<string, unknown>
}

const peerConnections: PeerConnectionCounts = { made: 0, existing: 0, most: 0, overruns: 0 }
const delays = monitorEventLoopDelay({ resolution: 10 })
let maxConnections = 0
let node: WebTorrentDHT
let searching = false
let searches = 0
let searched = 0

/** Counts `RTCPeerConnection`s where they are made and closed, whatever the node thinks. */
function countPeerConnections(webRTC: WebRTC): WebRTC {
  const Base = webRTC.RTCPeerConnection as new (config: object) => { close(): void }
  class CountedConnection extends Base {
    #isClosed = false

    constructor(config: object) {
      super(config)
      peerConnections.made++
      peerConnections.existing++
      peerConnections.most = Math.max(peerConnections.most, peerConnections.existing)
      checkBudget()
    }

    override close(): void {
      if (!this.#isClosed) peerConnections.existing--
      this.#isClosed = true
      super.close()
    }
  }
  return { ...webRTC, RTCPeerConnection: CountedConnection }
}

function checkBudget(): void {
  const { existing } = node.socket.connection_counts()
  if (Math.max(existing, peerConnections.existing) > maxConnections) peerConnections.overruns++
}

async function start({
  maxConnections: max,
  options
}: NodeProcessOptions): Promise<{ port: number; id: string }> {
  maxConnections = max
  delays.enable()
  const { wrtc, config } = await nodePlatform.loadWebRTC()
  // Bound to this machine, it can send nothing to the addresses that strangers' descriptions name.
  const config127 = { ...config, iceServers: [], bindAddress: '127.0.0.1' }
  const given: WebTorrentDHTOptions = {
    bootstrap: false,
    simple_peer_opts: { ...(wrtc && { wrtc: countPeerConnections(wrtc) }), config: config127 },
    maxConnections,
    maxPendingConnections: maxConnections,
    peer_connection_timeout: PEER_CONNECTION_TIMEOUT,
    httpLimits: { requestsPerAddress: 1e9, concurrentRequests: 1e6 },
    concurrency: 64,
    maxValues: MAX_VALUES,
    maxPeers: MAX_PEERS,
    maxTables: MAX_TABLES
  }
  node = new WebTorrentDHT({ ...given, ...options })
  node.handle('chat', () => {}) // it refuses: peers of the application's are not counted
  setInterval(checkBudget, CHECKING_INTERVAL)
  await new Promise<void>(resolve => node.listen(0, '127.0.0.1', resolve))
  return { port: node.address().port, id: node.nodeId.toString('hex') }
}

/** Begins to search, or ends it: what is under way goes on. */
function setSearching(isOn: boolean): void {
  if (isOn && !searching) for (let i = 0; i < SEARCHES; i++) setTimeout(search, PAUSE)
  searching = isOn
}

function search(): void {
  if (!searching) return
  searches++
  searched++
  startSearch(searched, () => {
    searches--
    setTimeout(search, PAUSE)
  })
}

/** Keys that are stored here already would ask nobody: `cache: false`. */
function startSearch(number: number, done: () => void): void {
  const at = <T>(list: readonly T[]) => list[number % list.length] as T
  switch (number % 6) {
    case 0:
      return void node.lookup(at(INFO_HASHES), done)
    case 1:
      return void node.get(at(VALUE_KEYS), { cache: false }, done)
    case 2:
      return void node.put({ v: at(VALUES) }, done)
    case 3:
      return node.announce(at(INFO_HASHES), 1 + (number % 60_000), done)
    case 4:
      return void node.get(signedValue(number).key, { cache: false }, done)
    default:
      return void node.lookup(Buffer.from(crypto.getRandomValues(new Uint8Array(20))), done)
  }
}

async function holdings(collects: boolean): Promise<Holdings> {
  const longestTask = delays.max / 1e6
  if (collects) {
    delays.reset()
    globalThis.gc?.()
  }
  const { socket } = node
  const { table, connector, destinations, addresses, inbound } = socket.node
  const connections = [...table.all]
  const resources = process.getActiveResourcesInfo()
  const timers = resources.filter(name => name === 'Timeout' || name === 'Immediate').length
  const { heapUsed: heap, rss } = process.memoryUsage()
  const waiting = (node._rpc as unknown as { pending: unknown[] }).pending.length
  return {
    counts: socket.connection_counts(),
    peerConnections: { ...peerConnections },
    connections: connections.length,
    awaited: connections.reduce((sum, { awaited }) => sum + awaited.size, 0),
    queries: node._rpc.socket.inflight + waiting,
    isConnecting: destinations.isConnecting,
    searches,
    addresses: [...addresses.ids].length,
    connectedIds: table.size,
    values: node._values.length,
    listeners: countListeners([
      node,
      node._rpc,
      node.nodes,
      node._rpc.socket,
      socket,
      socket.node,
      table,
      connector,
      inbound,
      process
    ]),
    connectionListeners: Math.max(0, ...connections.map(connection => countListeners([connection]))),
    timers,
    handles: resources.length - timers,
    heap,
    rss,
    longestTask,
    searched
  }
}

function countListeners(emitters: EventEmitter[]): number {
  const counts = emitters.flatMap(emitter => emitter.eventNames().map(name => emitter.listenerCount(name)))
  return counts.reduce((sum, count) => sum + count, 0)
}

// The process ends of it, as any would; whoever started it wants to know why.
process.on('uncaughtExceptionMonitor', (error: unknown) => {
  const message = String(error instanceof Error ? (error.stack ?? error) : error)
  process.send?.({ event: 'fault', message })
})

// Whoever started it is gone.
process.once('disconnect', () => process.exit())

// Places that strangers name are dialled after a while. Nobody is there, and nothing must leave this machine.
globalThis.fetch = async url => {
  throw new Error(`connect ECONNREFUSED ${String(url)}`)
}

serve({ start, setSearching, holdings })
