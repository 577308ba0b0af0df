/** Has ICE wait for people, who take minutes where it gives up after seconds. */

import type { PeerConnection } from '../connections/peer-connection.js'

const SECONDS = 1000
/** Firefox gives up after 5 seconds with nothing to check. */
const PAUSE = 3 * SECONDS
/** libjuice gives up after 30 seconds, and takes some 40 candidates in all. */
const NATIVE_PAUSE = 20 * SECONDS
/** For documentation (RFC 5737): packets to it get lost. */
const NOWHERE = '198.51.100.1'
const FIRST_PORT = 20_000

type Waiting = Pick<PeerConnection, 'peer' | 'whenOpen'>

/** The part of an `RTCPeerConnection` that is used here. simple-peer sets the handlers. */
interface Ice {
  iceConnectionState: string
  connectionState: string
  oniceconnectionstatechange: ((event: unknown) => void) | null
  onconnectionstatechange: ((event: unknown) => void) | null
  addIceCandidate(candidate: { candidate: string; sdpMid: string }): Promise<void>
}

/**
 * Keeps the end that has answered checking until the connection is open or closed, with candidates at an address where nobody is.
 *
 * @param isNative whether WebRTC is not a browser's
 */
export function keepChecking(connection: Waiting, isNative: boolean): void {
  const ice = iceOf(connection)
  if (!ice) return
  let port = FIRST_PORT
  const check = () => {
    port++
    const candidate = `candidate:${port} 1 UDP ${port} ${NOWHERE} ${port} typ host`
    ice.addIceCandidate({ candidate, sdpMid: '0' }).catch(() => {}) // no more of them are taken
  }
  const timer = setInterval(check, isNative ? NATIVE_PAUSE : PAUSE)
  void connection.whenOpen().then(() => clearInterval(timer))
}

/**
 * Has the end that made the offer live through a failure before the connection is open. Chromium fails at once, and begins anew, if the
 * other end has checked it and stopped, as Firefox does, more than 25 seconds before the answer.
 */
export function outliveFailures(connection: Waiting): void {
  const ice = iceOf(connection)
  if (!ice) return
  const { oniceconnectionstatechange, onconnectionstatechange } = ice
  ice.oniceconnectionstatechange = event => {
    if (ice.iceConnectionState !== 'failed') oniceconnectionstatechange?.call(ice, event)
  }
  ice.onconnectionstatechange = event => {
    if (ice.connectionState !== 'failed') onconnectionstatechange?.call(ice, event)
  }
  void connection.whenOpen().then(isOpen => {
    // simple-peer takes its handlers off what is closed.
    if (isOpen) Object.assign(ice, { oniceconnectionstatechange, onconnectionstatechange })
  })
}

function iceOf({ peer }: Waiting): Ice | undefined {
  const { _pc: ice } = peer as { _pc?: Ice | null }
  return typeof ice?.addIceCandidate === 'function' ? ice : undefined
}
