/** Ends ICE checks that nobody answers: the candidates are places of a stranger's choice. */

import type { SimplePeer } from '../simple-peer.js'

const UNANSWERED = ['new', 'checking']

/** A limit of checks. */
export interface Checks {
  /** There are more candidates: they are checked for so many milliseconds from now, if that is longer. */
  restart(time: number): void
}

/**
 * Calls back when a peer has checked candidates for so long, and none has answered. A peer that is not simple-peer's has no limit: what
 * its ICE does is not known.
 *
 * @param time in milliseconds; infinite while there is nothing to check
 */
export function limitChecks(peer: SimplePeer, time: number, onUnanswered: () => void): Checks | null {
  if (iceStateOf(peer) === undefined) return null
  let timer: ReturnType<typeof setTimeout> | undefined
  let end = 0
  const start = (time: number) => {
    if (time === Number.POSITIVE_INFINITY) return
    end = performance.now() + time
    timer = setTimeout(() => {
      if (UNANSWERED.includes(iceStateOf(peer) ?? '')) onUnanswered()
    }, time)
  }
  start(time)
  peer.once('close', () => clearTimeout(timer))
  return {
    restart(time) {
      if (peer.destroyed || performance.now() + time < end) return
      clearTimeout(timer)
      start(time)
    }
  }
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
