/** A process of several nodes of bittorrent-dht over UDP, on this machine: what nodes over WebRTC are compared with. */

import { BittorrentDHT } from '../../src/upstream.js'
import { type Found, type Started, serve } from './child.js'

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
  const ready = new Promise(resolve => node.once('ready', resolve))
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

function announce(index: number, infoHash: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    nodeAt(index).announce(infoHash, port, error => (error ? reject(error) : resolve()))
  })
}

function lookup(index: number, infoHash: string): Promise<Found> {
  const node = nodeAt(index)
  const startedAt = performance.now()
  const found: Found = { ports: [], ids: [], first: null, milliseconds: 0 }
  const onPeer = (peer: { port: number }, hash: Buffer) => {
    if (hash.toString('hex') !== infoHash) return
    found.first ??= performance.now() - startedAt
    found.ports.push(peer.port)
  }
  node.on('peer', onPeer)
  return new Promise(resolve => {
    node.lookup(infoHash, () => {
      node.off('peer', onPeer)
      resolve({ ...found, milliseconds: performance.now() - startedAt })
    })
  })
}

async function destroy(): Promise<void> {
  await Promise.all(nodes.map(node => new Promise<void>(resolve => node.destroy(resolve))))
  setImmediate(() => process.disconnect())
}

serve({ start, announce, lookup, destroy })
