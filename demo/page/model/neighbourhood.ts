/** What this node knows of the others at one moment: the page shows nothing else. */

import type { KnownNode, WebTorrentDHT } from 'webtorrent-dht'
import { bucketIndex, distanceShare } from './distance.js'
import type { SearchView } from './search-view.js'

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
    ...whereIs(node.id, id)
  }))
  neighbours.sort((a, b) => a.distance - b.distance)
  const connected = neighbours.filter(({ state }) => state === 'connected').length
  const counts = { ...socket.connection_counts(), connected, known: neighbours.length, inTable: inTable.size }
  return { id, neighbours, counts }
}

/** With the nodes that a search has met: they may be gone again, or were never known by more than their name. */
export function withSearched(neighbourhood: Neighbourhood, search: SearchView | null): Neighbourhood {
  const { id: own, neighbours } = neighbourhood
  const known = new Set([own, ...neighbours.map(({ id }) => id)])
  const met = (search?.nodes ?? []).filter(({ id }) => !known.has(id))
  if (met.length === 0) return neighbourhood
  const added = met.map(
    ({ id }): Neighbour => ({
      id,
      state: 'known',
      tags: [],
      isInitiator: null,
      namedBy: [],
      httpServer: null,
      isInTable: false,
      ...whereIs(id, own)
    })
  )
  return { ...neighbourhood, neighbours: [...neighbours, ...added].sort((a, b) => a.distance - b.distance) }
}

function whereIs(id: string, own: string): Pick<Neighbour, 'bucket' | 'distance'> {
  return { bucket: bucketIndex(own, id), distance: distanceShare(own, id) }
}
