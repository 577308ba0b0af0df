/** Ends ICE checks that nobody answers: the candidates are places of a stranger's choice. */

import type { SimplePeer } from '../simple-peer.js'

const UNANSWERED = ['new', 'checking']

/**
 * Calls back when a peer has checked candidates for so long, and none has answered. A peer that is not simple-peer's has no limit: what
 * its ICE does is not known.
 *
 * @param time in milliseconds
 */
export function limitChecks(peer: SimplePeer, time: number, onUnanswered: () => void): void {
  if (iceStateOf(peer) === undefined) return
  const timer = setTimeout(() => {
    if (UNANSWERED.includes(iceStateOf(peer) ?? '')) onUnanswered()
  }, time)
  peer.once('close', () => clearTimeout(timer))
}

/** Whether a candidate of the other end has answered a check: then UDP is not blocked. */
export function isReached(peer: SimplePeer): boolean {
  const state = iceStateOf(peer)
  return state !== undefined && !UNANSWERED.includes(state)
}

/** simple-peer tells changes only, and an offering side checks from its offer on. */
function iceStateOf(peer: SimplePeer): string | undefined {
  const { _pc } = peer as { _pc?: { iceConnectionState?: string } | null }
  return _pc?.iceConnectionState
}
