/** A process of several nodes, driven over IPC by the benchmark, the tests with processes and those of interoperability. */

import { subscribe } from 'node:diagnostics_channel'
import { setTimeout as pause } from 'node:timers/promises'
import { Id } from '../../src/id.js'
import { WebTorrentDHT, type WebTorrentDHTOptions } from '../../src/index.js'
import { type Started, serve } from './child.js'
import { measureHoldings } from './holdings.js'
import { announce, askOne, lookup, put, stores } from './lookups.js'
import { eventually } from './nodes.js'
import { holdBack } from './slow-links.js'

/** What the connections of a process have cost. */
export interface Counts {
  /** `RTCPeerConnection`s made. */
  made: number
  /** Of these, those that opened. */
  opened: number
  existing: number
}

export interface StartOptions {
  bootstrap?: string[]
  /** Whether it listens, at any free port or at this one. */
  listen?: boolean | number
  /** Where it listens. Default: 127.0.0.1. */
  host?: string
  options?: WebTorrentDHTOptions
}

/** How a node is, as a test sees it. */
export interface Status {
  /** The ids in its routing table, in hex. */
  table: string[]
  /** The ids of the nodes that it is connected to. */
  connected: string[]
  /** `RTCPeerConnection`s that exist. */
  existing: number
  /** The most that ever existed at the same time. */
  peak: number
}

const nodes: WebTorrentDHT[] = []
const peaks: number[] = []
const httpStatuses: Record<string, number> = {}
let httpRequests = 0
let opened = 0

function nodeAt(index: number): WebTorrentDHT {
  const node = nodes[index]
  if (!node) throw new Error(`no node ${index}`)
  return node
}

function fault(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (process.connected) process.send?.({ event: 'fault', message })
}

async function start({ bootstrap = [], listen = false, host, options = {} }: StartOptions = {}) {
  const startedAt = performance.now()
  const node = new WebTorrentDHT({
    bootstrap: bootstrap.length > 0 ? bootstrap : false,
    simple_peer_opts: { config: { iceServers: [] } },
    ...options
  })
  const index = nodes.push(node) - 1
  node.on('error', fault)
  node.socket.node.connector.on('open', () => opened++)
  watchPeak(index)
  const ready = new Promise<void>(resolve => node.once('ready', resolve))
  const port = listen === true ? 0 : listen
  if (port !== false) await new Promise<void>(resolve => node.listen(port, host ?? '127.0.0.1', resolve))
  await ready
  const started: Started & { index: number } = {
    index,
    id: node.nodeId.toString('hex'),
    nodes: node.nodes.count(),
    milliseconds: performance.now() - startedAt,
    port: port === false ? 0 : node.address().port
  }
  return started
}

/** The number of connections grows only where a slot is taken: no moment is missed. */
function watchPeak(index: number): void {
  const { table } = nodeAt(index).socket.node
  const takeSlot = table.takeSlot.bind(table)
  peaks[index] = 0
  table.takeSlot = async (...args) => {
    const slot = await takeSlot(...args)
    peaks[index] = Math.max(peaks[index] ?? 0, table.counts.existing)
    return slot
  }
}

/** Notes what the HTTP servers of this process are asked, and what those said at which the nodes of this process joined. */
function watchHttp(): void {
  subscribe('http.server.request.start', () => httpRequests++)
  const { fetch } = globalThis
  const note = (answer: string) => {
    httpStatuses[answer] = (httpStatuses[answer] ?? 0) + 1
  }
  globalThis.fetch = async (...args) => {
    try {
      const response = await fetch(...args)
      note(String(response.status))
      return response
    } catch (error) {
      note('none')
      throw error
    }
  }
}

/**
 * Lookups of random keys near an id, one after the other, with pauses in between: a node that asks without end is over the
 * limits of those that it asks.
 *
 * @returns the milliseconds that each took
 */
async function lookupsNear(index: number, id: string, count: number, interval = 0): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    await pause(interval)
    // All but the last four bytes are the id's: its node is the nearest one, so each lookup asks it.
    const key =
      id.slice(0, -8) +
      Math.floor(Math.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0')
    times.push((await lookup(nodeAt(index), key)).milliseconds)
  }
  return times
}

/** Puts a value that no other node gets, since there is none. @returns its key, in hex */
function putAlone(index: number, value: string): Promise<string> {
  return new Promise(resolve =>
    nodeAt(index).put({ v: Buffer.from(value) }, (_, key) => resolve(key.toString('hex')))
  )
}

function get(index: number, key: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    nodeAt(index).get(key, (error, found) =>
      error ? reject(error) : resolve(found ? found.v.toString() : null)
    )
  })
}

/** Of all nodes in the process. */
function counts(): Counts {
  const all = nodes.map(node => node.socket.node.table.counts)
  const sum = (name: 'made' | 'existing') => all.reduce((total, one) => total + one[name], 0)
  return { made: sum('made'), opened, existing: sum('existing') }
}

/** The ids in a node's routing table. */
function tableOf(index: number): string[] {
  return nodeAt(index)
    .nodes.toArray()
    .map(({ id }) => id.toString('hex'))
}

function statusOf(index: number): Status {
  const { table } = nodeAt(index).socket.node
  return {
    table: tableOf(index),
    connected: [...table.connections].map(({ id }) => id?.hex ?? ''),
    existing: table.counts.existing,
    peak: peaks[index] ?? 0
  }
}

/**
 * Waits until no node of this process is connected to another one or has it in its table.
 *
 * @returns the time, in milliseconds since the epoch, to compare with that of other processes; `null` if it took too long
 */
async function whenForgotten(id: string, deadline: number): Promise<number | null> {
  const isForgotten = () =>
    nodes.every((node, index) => !node.socket.node.table.get(Id.fromHex(id)) && !tableOf(index).includes(id))
  return (await eventually(isForgotten, deadline)) ? Date.now() : null
}

/** Waits until a node is connected to another one, or is not. @returns as `whenForgotten` */
async function whenConnection(
  index: number,
  id: string,
  isThere: boolean,
  deadline: number
): Promise<number | null> {
  const { table } = nodeAt(index).socket.node
  const holds = () => (table.get(Id.fromHex(id)) !== undefined) === isThere
  return (await eventually(holds, deadline)) ? Date.now() : null
}

async function destroy(): Promise<void> {
  await Promise.all(nodes.map(node => new Promise<void>(resolve => node.destroy(resolve))))
  process.disconnect()
}

// As a service is stopped.
process.once('SIGTERM', async () => {
  await Promise.all(nodes.map(node => node.leave()))
  process.exit(0)
})
process.on('uncaughtException', fault)
process.on('unhandledRejection', fault)
process.on('disconnect', () => setTimeout(() => process.exit(0), 2000).unref())
watchHttp()
serve({
  start,
  announce: (index: number, infoHash: string, port: number) => announce(nodeAt(index), infoHash, port),
  lookup: (index: number, infoHash: string) => lookup(nodeAt(index), infoHash),
  askOne: (index: number) => askOne(nodeAt(index)),
  holdBack,
  lookupsNear,
  put: (index: number, value: string) => put(nodeAt(index), value),
  putAlone,
  get,
  cpuUsage: () => process.cpuUsage(),
  counts,
  tableOf,
  statusOf,
  whenForgotten,
  whenConnection,
  stores: (index: number, hash: string) => stores(nodeAt(index), hash),
  holdings: (index: number) => measureHoldings(nodeAt(index)),
  httpStatuses: () => httpStatuses,
  httpRequests: () => httpRequests,
  destroy
})
