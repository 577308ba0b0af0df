/** Calls of the BitTorrent API as promises, for nodes over WebRTC and over UDP alike. */

import type { FoundPeer } from '../../src/found-peer.js'
import type { BittorrentDHT } from '../../src/upstream.js'
import type { Found } from './child.js'

export function announce(node: BittorrentDHT, infoHash: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    node.announce(infoHash, port, error => (error ? reject(error) : resolve()))
  })
}

export function lookup(node: BittorrentDHT, infoHash: string): Promise<Found> {
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
