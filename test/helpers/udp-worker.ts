/** A process of several nodes of bittorrent-dht over UDP, on this machine: what nodes over WebRTC are compared with. */

import { BittorrentDHT } from '../../src/upstream.js'
import { type Started, serve } from './child.js'
import { announce, askOne, lookup, put, stores } from './lookups.js'
import { holdBack } from './slow-links.js'

const HOST = '127.0.0.1'

const nodes: BittorrentDHT[] = []

function nodeAt(index: number): BittorrentDHT {
  const node = nodes[index]
  if (!node) throw new Error(`no node ${index}`)
  return node
}

async function start({ bootstrap = [] }: { bootstrap?: string[] }): Promise<Started & { index: number }> {
  const startedAt = performance.now()
  const node = new BittorrentDHT({ bootstrap: bootstrap.length > 0 ? bootstrap : false })
  const index = nodes.push(node) - 1
  const ready = new Promise<void>(resolve => node.once('ready', resolve))
  await new Promise<void>(resolve => node.listen(0, HOST, resolve))
  await ready
  return {
    index,
    id: node.nodeId.toString('hex'),
    nodes: node.nodes.count(),
    milliseconds: performance.now() - startedAt,
    port: node.address().port
  }
}

async function destroy(): Promise<void> {
  await Promise.all(nodes.map(node => new Promise<void>(resolve => node.destroy(resolve))))
  setImmediate(() => process.disconnect())
}

serve({
  start,
  announce: (index: number, infoHash: string, port: number) => announce(nodeAt(index), infoHash, port),
  lookup: (index: number, infoHash: string) => lookup(nodeAt(index), infoHash),
  askOne: (index: number) => askOne(nodeAt(index)),
  put: (index: number, value: string) => put(nodeAt(index), value),
  cpuUsage: () => process.cpuUsage(),
  stores: (index: number, hash: string) => stores(nodeAt(index), hash),
  holdBack,
  destroy
})
