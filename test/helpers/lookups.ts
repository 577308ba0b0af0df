/** Calls of the BitTorrent API as promises, for nodes over WebRTC and over UDP alike. */

import { randomBytes } from 'node:crypto'
import type { BittorrentDHT } from '../../src/upstream.js'
import type { FoundPeer } from '../../src/upstream-events.js'
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

/** Stores a value; gives its key in hex. */
export function put(node: BittorrentDHT, value: string): Promise<string> {
  return new Promise((resolve, reject) => {
    node.put({ v: Buffer.from(value) }, (error, key) =>
      error ? reject(error) : resolve(key.toString('hex'))
    )
  })
}

/** Asks a node of the routing table for peers; gives the milliseconds until it answers, `null` if it does not. */
export function askOne(node: BittorrentDHT): Promise<number | null> {
  const contacts = node.nodes.toArray()
  const contact = contacts[Math.floor(Math.random() * contacts.length)]
  if (!contact) return Promise.resolve(null)
  const query = { q: 'get_peers', a: { id: node.nodeId, info_hash: randomBytes(20) } }
  const startedAt = performance.now()
  return new Promise(resolve =>
    node._rpc.query(contact, query, error => resolve(error ? null : performance.now() - startedAt))
  )
}

/** Whether a node stores a peer for a hash, or a value under it. */
export function stores(node: BittorrentDHT, hash: string): boolean {
  return node._peers.get(hash).length > 0 || node._values.get(hash) !== undefined
}
