/** What this node knows of the others at one moment: the page shows nothing else. */

import type { KnownNode, WebTorrentDHT } from 'webtorrent-dht'
import { bucketIndex, distanceShare } from './distance.js'

/** Another node. */
export interface Neighbour extends KnownNode {
  isInTable: boolean
  bucket: number
  /** From 0 (here) to 1 (as far as can be). */
  distance: number
}

export interface Counts {
  connected: number
  known: number
  inTable: number
  /** `RTCPeerConnection`s made since the start, existing now, and not open yet. */
  made: number
  existing: number
  pending: number
  /** Unanswered offers that are kept for the next use. */
  offers: number
}

export interface Neighbourhood {
  id: string
  /** The nearest first. */
  neighbours: Neighbour[]
  counts: Counts
}

export function takeNeighbourhood(dht: WebTorrentDHT): Neighbourhood {
  const id = dht.nodeId.toString('hex')
  const { socket } = dht
  const inTable = new Set(dht.nodes.toArray().map(contact => contact.id.toString('hex')))
  const neighbours = socket.known_nodes().map(node => ({
    ...node,
    isInTable: inTable.has(node.id),
    bucket: bucketIndex(id, node.id),
    distance: distanceShare(id, node.id)
  }))
  neighbours.sort((a, b) => a.distance - b.distance)
  const connected = neighbours.filter(({ state }) => state === 'connected').length
  const counts = { ...socket.connection_counts(), connected, known: neighbours.length, inTable: inTable.size }
  return { id, neighbours, counts }
}
