/** Two connections between the same two nodes: both must keep the same one (bep.md, "Two nodes, one connection"). */

import type { Id } from '../id.js'
import type { PeerConnection } from './peer-connection.js'

/** How long a duplicate connection may still bring replies: a query's life. */
const DUPLICATE_GRACE = 2500
/** Glare can happen this long: two offers cross while neither connection is open. */
const CROSSING_TIME = 5000

/**
 * Whether a second connection replaces the first: WebRTC replaces WebSocket, and not the other way round. In a glare both nodes keep the
 * one that the node with the smaller id offered. Of two offers by the same node the first stays.
 */
export function replaces(second: PeerConnection, first: PeerConnection, own: Id): boolean {
  if (second.isOverWebSocket !== first.isOverWebSocket) return first.isOverWebSocket
  if (second.isInitiator === first.isInitiator || !isRecent(first)) return false
  return second.isInitiator === own.hex < (second.id as Id).hex
}

/** Whether the other side closes the second connection: it made both offers, and knows which was first. */
export function isTheirChoice(second: PeerConnection, first: PeerConnection): boolean {
  return !second.isInitiator && !first.isInitiator && isRecent(first)
}

/** Closes a duplicate after a grace for the replies under way, unless it is in use by then. */
export function retire(connection: PeerConnection, isInUse: () => boolean): void {
  connection.tags.clear()
  const timer = setTimeout(() => {
    if (!isInUse()) connection.close('duplicate')
  }, DUPLICATE_GRACE)
  connection.once('close', () => clearTimeout(timer))
}

/**
 * Lets go of an attempt that was made beside another, which is open. It may be open at the other end, and the first there: closed at once,
 * both would be lost.
 */
export function giveWay(connection: PeerConnection): void {
  connection.setDeadline(DUPLICATE_GRACE, 'duplicate')
}

function isRecent(connection: PeerConnection): boolean {
  return performance.now() - connection.openedAt < CROSSING_TIME
}
