/**
 * Reaches a server over WebRTC and over WebSocket. The link over WebSocket takes fewer round trips, so a node may have it first; WebRTC
 * takes its place when it opens, and the link stays where WebRTC does not open or is missing.
 */

import { type Attempt, openInTwo } from '../connections/retry.js'
import type { UdpWatch } from '../connections/udp-watch.js'
import { hasCode, WebTorrentDHTError } from '../errors.js'

/** Milliseconds in which WebRTC opens to a server nearby: then no WebSocket is needed. */
const HEAD_START = 50
/** Milliseconds from an answer over WebRTC until it counts as not heard. */
const SHORTEST_SILENCE = 1000
/** ICE is heard in two round trips, and offer and answer take at least one. */
const SILENCE_PER_SIGNAL_TIME = 3

/** Told how an attempt over WebRTC goes. */
export interface Progress {
  /** It is known which URL of the server is asked. */
  found(url: string): void
  /**
   * The server has answered.
   *
   * @param signalTime milliseconds that offer and answer took to travel
   * @param isReached whether ICE has heard the server: then UDP is not blocked
   */
  answered(signalTime: number, isReached: () => boolean): void
}

export interface Ways<T> {
  udp: Pick<UdpWatch, 'mayTry' | 'unheard'>
  /** Whether WebRTC may take so long that a link over WebSocket is made beside it. */
  isFar: boolean
  overWebRTC(attempt: Attempt, progress: Progress): Promise<T>
  /**
   * @param url to begin with, where it is known
   * @param lost aborted when WebRTC has opened first
   */
  overWebSocket(url: string | null, lost: AbortSignal | null): Promise<T>
}

/** @throws the error of WebRTC if there is no link over WebSocket either */
export async function reachServer<T>(ways: Ways<T>): Promise<T> {
  if (!ways.udp.mayTry()) {
    const linked = await ways.overWebSocket(null, null).catch(() => null)
    if (linked !== null) return linked
  }
  return race(ways)
}

/** Whichever is open first. WebRTC goes on beside a link, unless ICE does not hear the server. */
function race<T>({ udp, isFar, overWebRTC, overWebSocket }: Ways<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const lost = new AbortController()
    let headStart: NodeJS.Timeout | undefined
    let silence: NodeJS.Timeout | undefined
    let link: Promise<T> | null = null
    let isBlocked = false
    let isOver = false
    const startLink = (url: string | null = null) => {
      clearTimeout(headStart)
      link ??= overWebSocket(url, lost.signal)
      link.then(resolve, () => {})
      return link
    }
    const linkAlone = async () => {
      const linked = await startLink()
      if (lost.signal.aborted) return
      isBlocked = true
      udp.unheard()
      resolve(linked)
    }
    const progress: Progress = {
      found(url) {
        if (!isFar || link || headStart || isOver) return
        headStart = setTimeout(() => startLink(url), startedAt + HEAD_START - performance.now())
      },
      answered(signalTime, isReached) {
        clearTimeout(silence)
        const patience = Math.max(SHORTEST_SILENCE, SILENCE_PER_SIGNAL_TIME * signalTime)
        silence = setTimeout(() => isReached() || linkAlone().catch(() => {}), patience)
      }
    }
    const attemptWebRTC = (attempt: Attempt) => {
      if (!attempt.isBeside) clearTimeout(silence)
      if (!isBlocked) return overWebRTC(attempt, progress)
      return Promise.reject(new WebTorrentDHTError('ECONNFAILED', 'there is a link over WebSocket'))
    }
    const end = () => {
      isOver = true
      clearTimeout(headStart)
      clearTimeout(silence)
    }
    openInTwo(attemptWebRTC).then(
      opened => {
        end()
        lost.abort()
        resolve(opened)
      },
      error => {
        end()
        const isForWant = hasCode(error, 'ECONNFAILED') || hasCode(error, 'ENOWEBRTC')
        const left = isForWant ? linkAlone() : (link ?? Promise.reject())
        left.catch(() => reject(error))
      }
    )
  })
}
