/** Reaches a server over WebRTC; where that does not open or is missing, over WebSocket. */

import { type Attempt, openInTwo } from '../connections/retry.js'
import type { UdpWatch } from '../connections/udp-watch.js'
import { hasCode, WebTorrentDHTError } from '../errors.js'

/** Milliseconds from an answer over WebRTC to a try over WebSocket. */
const SHORTEST_HEAD_START = 1000
/** ICE is heard in two round trips, and offer and answer take at least one. */
const HEAD_START_PER_SIGNAL_TIME = 3

/**
 * @param signalTime milliseconds that offer and answer took to travel
 * @param isReached whether ICE has heard the server: then UDP is not blocked
 */
export type OnAnswered = (signalTime: number, isReached: () => boolean) => void

export interface Ways<T> {
  udp: UdpWatch
  /** @param onAnswered to be called when the answer is there */
  overWebRTC(attempt: Attempt, onAnswered: OnAnswered): Promise<T>
  overWebSocket(): Promise<T>
}

/** @throws the error of WebRTC if there is no link over WebSocket either */
export async function reachServer<T>(ways: Ways<T>): Promise<T> {
  const linked = ways.udp.mayTry() ? null : await ways.overWebSocket().catch(() => null) // then WebRTC is tried
  return linked ?? race(ways)
}

/** Whichever is open first. Each attempt over WebRTC has a head start, and all the time that it needs once ICE has heard the server. */
function race<T>({ overWebRTC, overWebSocket }: Ways<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    let link: Promise<T> | null = null
    let isLinked = false
    const startLink = () => {
      clearTimeout(timer)
      link ??= overWebSocket()
      link.then(
        opened => {
          isLinked = true
          resolve(opened)
        },
        () => {}
      )
      return link
    }
    const onAnswered: OnAnswered = (signalTime, isReached) => {
      clearTimeout(timer)
      const headStart = Math.max(SHORTEST_HEAD_START, HEAD_START_PER_SIGNAL_TIME * signalTime)
      if (!link) timer = setTimeout(() => isReached() || startLink(), headStart)
    }
    const attemptWebRTC = (attempt: Attempt) => {
      if (!attempt.isBeside) clearTimeout(timer)
      if (!isLinked) return overWebRTC(attempt, onAnswered)
      return Promise.reject(new WebTorrentDHTError('ECONNFAILED', 'there is a link over WebSocket'))
    }
    openInTwo(attemptWebRTC)
      .finally(() => clearTimeout(timer))
      .then(resolve, error => {
        const isForWant = hasCode(error, 'ECONNFAILED') || hasCode(error, 'ENOWEBRTC')
        if (!isForWant && !link) return reject(error)
        startLink().catch(() => reject(error))
      })
  })
}
