/** The candidates of the other end that come after its description. They are limited as if they had been in it. */

import type { SimplePeer } from '../simple-peer.js'
import { candidateLines, checkingTime, MAX_CANDIDATES, type Reach } from '../wire/candidates.js'
import type { Description } from '../wire/description.js'
import type { Checks } from './checks.js'

/** How often candidates are taken for one description: each time they are checked for some seconds. */
const MAX_BATCHES = 6

/** The part of an `RTCPeerConnection` that is used here. */
interface Ice {
  addIceCandidate?(candidate: { candidate: string; sdpMid: string }): Promise<void>
}

/** What keeps to the limits: `Surroundings`. */
interface Limiting {
  limitMore(used: readonly string[], more: readonly string[], reach: Reach): string[]
}

/** The description that they follow, as WebRTC got it. */
interface Followed {
  surroundings: Limiting
  reach: Reach
  checks: Checks | null
  mid: string
  /** All candidates so far. */
  lines: string[]
}

export class RemoteCandidates {
  readonly #peer: SimplePeer
  #followed: Followed | null = null
  /** Candidates that came before their description. */
  #early: string[] = []
  #batches = 0

  constructor(peer: SimplePeer) {
    this.#peer = peer
  }

  /**
   * Notes the description that WebRTC has got.
   *
   * @param reach of the node that handed it on
   * @param checks the limit of its checks: each new candidate is checked as long as one in the description
   */
  described({ sdp }: Description, reach: Reach, surroundings: Limiting, checks: Checks | null): void {
    const mid = /^a=mid:(\S+)/m.exec(sdp)?.[1] ?? '0'
    this.#followed = { surroundings, reach, checks, mid, lines: candidateLines(sdp) }
    const early = this.#early
    this.#early = []
    if (early.length > 0) this.#add(this.#followed, early)
  }

  /** Takes more candidates, as far as the limits allow. */
  take(lines: readonly string[]): void {
    if (this.#peer.destroyed || this.#batches++ >= MAX_BATCHES) return
    if (this.#followed) this.#add(this.#followed, lines)
    else this.#early = [...this.#early, ...lines].slice(0, MAX_CANDIDATES)
  }

  #add(followed: Followed, given: readonly string[]): void {
    const { surroundings, reach, checks, mid } = followed
    const more = surroundings.limitMore(followed.lines, given, reach)
    if (more.length === 0) return
    followed.lines.push(...more)
    checks?.restart(checkingTime(followed.lines.join('\n')))
    for (const line of more) this.#give(line.slice('a='.length), mid)
  }

  /** A candidate that WebRTC does not take is of no use here. simple-peer would destroy itself over it. */
  #give(candidate: string, sdpMid: string): void {
    const { _pc: ice } = this.#peer as { _pc?: Ice | null }
    if (ice?.addIceCandidate) ice.addIceCandidate({ candidate, sdpMid }).catch(() => {})
    else (this.#peer.signal as (signal: object) => void)({ candidate: { candidate, sdpMid } })
  }
}
