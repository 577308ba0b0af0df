/** A DHT of UDP on loopback: some nodes of bittorrent-dht. */

import type { Test } from 'tape'
import { BittorrentDHT } from '../../src/upstream.js'

const HOST = '127.0.0.1'

export interface UdpNetwork {
  nodes: BittorrentDHT[]
  /** Where it is joined, as `host:port`. */
  bootstrap: string[]
}

export async function createUdpNetwork(t: Test, size: number): Promise<UdpNetwork> {
  const nodes: BittorrentDHT[] = []
  const bootstrap: string[] = []
  for (let i = 0; i < size; i++) {
    const node = new BittorrentDHT({ bootstrap: bootstrap.length > 0 ? bootstrap : false })
    nodes.push(node)
    const ready = new Promise<void>(resolve => node.once('ready', resolve))
    await new Promise<void>(resolve => node.listen(0, HOST, resolve))
    await ready
    if (i === 0) bootstrap.push(`${HOST}:${node.address().port}`)
  }
  t.teardown(() => Promise.all(nodes.map(node => new Promise<void>(resolve => node.destroy(resolve)))))
  return { nodes, bootstrap }
}
