/**
 * Keeps ICE waiting at the end that has answered, while people pass the answer on. By itself it gives up after 5 seconds in Firefox, 30 in
 * libdatachannel, however long the other end may need. It does not while there is something to check: so it gets a candidate from time to
 * time, at an address where nobody is.
 */

import type { PeerConnection } from '../connections/peer-connection.js'

const SECONDS = 1000
/** Firefox gives up after 5 seconds without a check. */
const PAUSE = 3 * SECONDS
/** libjuice gives up after 30 seconds, and takes some 40 candidates in all. */
const NATIVE_PAUSE = 20 * SECONDS
/** For documentation (RFC 5737): packets to it get lost. */
const NOWHERE = '198.51.100.1'
const FIRST_PORT = 20_000

interface CandidateTaker {
  addIceCandidate(candidate: { candidate: string; sdpMid: string }): Promise<void>
}

/** @param isNative whether WebRTC is not a browser's */
export function keepChecking(connection: Pick<PeerConnection, 'peer' | 'whenOpen'>, isNative: boolean): void {
  const { _pc: taker } = connection.peer as { _pc?: CandidateTaker | null }
  if (typeof taker?.addIceCandidate !== 'function') return
  let port = FIRST_PORT
  const check = () => {
    port++
    const candidate = `candidate:${port} 1 UDP ${port} ${NOWHERE} ${port} typ host`
    taker.addIceCandidate({ candidate, sdpMid: '0' }).catch(() => {}) // no more of them are taken
  }
  const timer = setInterval(check, isNative ? NATIVE_PAUSE : PAUSE)
  void connection.whenOpen().then(() => clearInterval(timer))
}
