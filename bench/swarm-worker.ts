/** A process of several nodes, driven over IPC by `swarm.ts`, `cost.ts`, `times.ts` and the interoperability test. */

import { WebTorrentDHT, type WebTorrentDHTOptions } from '../src/index.js'
import type { FoundPeer } from '../src/webtorrent-dht.js'
import { type Found, type Started, serve } from '../test/interop/child.js'

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
  options?: WebTorrentDHTOptions
}

const nodes: WebTorrentDHT[] = []
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

async function start({ bootstrap = [], listen = false, options = {} }: StartOptions = {}) {
  const startedAt = performance.now()
  const node = new WebTorrentDHT({
    bootstrap: bootstrap.length > 0 ? bootstrap : false,
    simple_peer_opts: { config: { iceServers: [] } },
    ...options
  })
  const index = nodes.push(node) - 1
  node.on('error', fault)
  node._rpc.socket.socket.connector.on('open', () => opened++)
  const ready = new Promise(resolve => node.once('ready', resolve))
  const port = listen === true ? 0 : listen
  if (port !== false) await new Promise<void>(resolve => node.listen(port, '127.0.0.1', resolve))
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

function announce(index: number, infoHash: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    nodeAt(index).announce(infoHash, port, error => (error ? reject(error) : resolve()))
  })
}

function lookup(index: number, infoHash: string): Promise<Found> {
  const node = nodeAt(index)
  const startedAt = performance.now()
  const found: Found = { ports: [], ids: [], first: null, milliseconds: 0 }
  const onPeer = (peer: FoundPeer, hash: Buffer) => {
    if (hash.toString('hex') !== infoHash) return
    found.first ??= performance.now() - startedAt
    found.ports.push(peer.port)
    if (peer.id) found.ids.push(peer.id.toString('hex'))
  }
  node.on('peer', onPeer)
  return new Promise(resolve => {
    node.lookup(infoHash, () => {
      node.off('peer', onPeer)
      resolve({ ...found, milliseconds: performance.now() - startedAt })
    })
  })
}

function put(index: number, value: string): Promise<string> {
  return new Promise((resolve, reject) => {
    nodeAt(index).put({ v: Buffer.from(value) }, (error, key) =>
      error ? reject(error) : resolve(key.toString('hex'))
    )
  })
}

function get(index: number, key: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    nodeAt(index).get(key, (error, found) =>
      error ? reject(error) : resolve(found ? Buffer.from(found.v).toString() : null)
    )
  })
}

/** Of all nodes in the process. */
function counts(): Counts {
  const all = nodes.map(node => node._rpc.socket.socket.table.counts)
  const sum = (name: 'made' | 'existing') => all.reduce((total, one) => total + one[name], 0)
  return { made: sum('made'), opened, existing: sum('existing') }
}

/** The ids in a node's routing table. */
function tableOf(index: number): string[] {
  return nodeAt(index)
    .nodes.toArray()
    .map(({ id }) => id.toString('hex'))
}

/** Whether a node stores a peer for a hash, or a value under it. */
function stores(index: number, hash: string): boolean {
  const node = nodeAt(index)
  return node._peers.get(hash).length > 0 || node._values.get(hash) !== undefined
}

async function destroy(): Promise<void> {
  await Promise.all(nodes.map(node => new Promise<void>(resolve => node.destroy(resolve))))
  process.disconnect()
}

process.on('uncaughtException', fault)
process.on('unhandledRejection', fault)
process.on('disconnect', () => setTimeout(() => process.exit(0), 2000).unref())
serve({ start, announce, lookup, put, get, counts, tableOf, stores, destroy })
