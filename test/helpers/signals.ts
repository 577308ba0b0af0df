/** What swarm-like tests count: the RTCPeerConnections that nodes have made, and those that opened. */

import type WebTorrentDHT from '../../src/index.js'

/** `RTCPeerConnection`s that these nodes have made since they were started. */
export function countMade(nodes: WebTorrentDHT[]): number {
  return nodes.reduce((sum, node) => sum + node.socket.node.table.counts.made, 0)
}

/** Connections of these nodes that are open. */
export function countOpen(nodes: WebTorrentDHT[]): number {
  return nodes.reduce(
    (sum, node) => sum + [...node.socket.node.table.all].filter(connection => connection.isOpen).length,
    0
  )
}
