/**
 * Gathers the candidates of a peer. Its description may leave before all are there; a whole one waits for them, and those that a
 * description lacks can follow it.
 */

import type { SimplePeer } from '../simple-peer.js'
import { addCandidates, candidateLines } from '../wire/candidates.js'
import type { Description } from '../wire/description.js'

/** Milliseconds that candidates are gathered after the first one, while no round trip is known. */
const FIRST_TIME = 400
const WHOLE_TIME = 750
/** Round trips that a request to a STUN server is given, when one is known: the server may be farther away. */
const ROUND_TRIPS = 3
const SHORTEST_TIME = 200
/** Others follow, so the description does not wait for a dead server. */
const LONGEST_FIRST_TIME = 1000
const SHORTEST_WHOLE_TIME = 400
/** A query lives two seconds. */
const LONGEST_WHOLE_TIME = 2000
/** A TURN server takes two round trips more. */
const SHORTEST_TIME_WITH_TURN = 1000
const ROUND_TRIPS_WITH_TURN = 5
/** Candidates that come together are told together: milliseconds. */
const BATCH_TIME = 20
/** How often candidates are told for one description. */
const MAX_BATCHES = 6

/** How long candidates are gathered after the first one, in milliseconds. */
export interface GatheringTimes {
  /** For a description that others can follow. */
  first: number
  /** For one that must hold all. */
  whole: number
}

/**
 * @param roundTripTime as far as one is known, in milliseconds
 * @param hasTurn whether a TURN server is asked
 */
export function gatheringTimes(roundTripTime: number | null, hasTurn: boolean): GatheringTimes {
  const shortest = hasTurn ? SHORTEST_TIME_WITH_TURN : SHORTEST_WHOLE_TIME
  const trips = hasTurn ? ROUND_TRIPS_WITH_TURN : ROUND_TRIPS
  if (roundTripTime === null) return { first: FIRST_TIME, whole: Math.max(shortest, WHOLE_TIME) }
  return {
    first: clamp(ROUND_TRIPS * roundTripTime, SHORTEST_TIME, LONGEST_FIRST_TIME),
    whole: clamp(trips * roundTripTime, shortest, LONGEST_WHOLE_TIME)
  }
}

/** Where no connection opens without a relayed candidate: the description waits for it, four round trips of 500 ms and a look at the DNS. */
export const TIMES_FOR_TURN: GatheringTimes = { first: 4000, whole: 4000 }

/** Takes candidates that a description lacks. */
export interface Follower {
  /** @param lines of SDP, one for each */
  tell(lines: string[]): void
  /** There will be no more. */
  end?(): void
}

/** The part of an `RTCPeerConnection` that is used here. */
interface Ice {
  readonly iceGatheringState: string
  readonly localDescription: { sdp: string } | null
  addEventListener?(event: string, listener: () => void): void
  removeEventListener?(event: string, listener: () => void): void
}

/** The part of simple-peer that waits for candidates. Its timer begins with the first one. */
interface Waiting {
  iceCompleteTimeout: number
  _iceComplete: boolean
  _iceCompleteTimer: ReturnType<typeof setTimeout> | null
}

const EVENTS = ['icecandidate', 'icegatheringstatechange']

export class Gathering {
  readonly #peer: SimplePeer
  readonly #ice: Ice | undefined
  /** The candidates that the first description stands for: a transform of the application's may have taken some out of it. */
  readonly #known = new Set<string>()
  /** Candidates that came after the first description. */
  readonly #late: string[] = []
  readonly #patience: number
  readonly #onOver: (() => void)[] = []
  /** When the first description left; 0 before. */
  #describedAt = 0
  #isOver = false
  #follower: Follower | null = null
  #told = 0
  #batches = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param patience milliseconds from the first description to the whole one, if the browser is not done by then */
  constructor(peer: SimplePeer, patience: number) {
    const { _pc: ice } = peer as { _pc?: Ice | null }
    this.#peer = peer
    this.#ice = ice ?? undefined
    this.#patience = patience
    peer.on('signal', this.#onSignal)
    peer.on('close', this.#onClose)
    for (const event of EVENTS) ice?.addEventListener?.(event, this.#look)
  }

  /** Whether there will be no more candidates, as far as is known. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** A description of the peer with the candidates that came after it. */
  complete(first: Description): Description {
    return this.#late.length > 0 ? { ...first, sdp: addCandidates(first.sdp, this.#late) } : first
  }

  /** Has the first description leave as soon as there is a candidate: as simple-peer does when its time is over. */
  hurry(): void {
    const peer = this.#peer as SimplePeer & Partial<Waiting>
    if (peer.destroyed || peer._iceComplete !== false) return
    if (!peer._iceCompleteTimer) {
      peer.iceCompleteTimeout = 1
      return
    }
    clearTimeout(peer._iceCompleteTimer)
    peer._iceComplete = true
    peer.emit('_iceComplete')
  }

  /** Waits until there will be no more candidates, or for as long as a description may wait for them. */
  whenWhole(): Promise<void> {
    const patience = this.#describedAt + this.#patience - performance.now()
    if (this.#isOver || patience <= 0) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(resolve, patience)
      this.#onOver.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** Tells the candidates that a description lacks, those that are there now and those that come. One follower is told. */
  follow(sent: Pick<Description, 'sdp'>, follower: Follower): void {
    const lines = new Set(candidateLines(sent.sdp))
    this.#told = this.#late.findIndex(line => !lines.has(line))
    if (this.#told < 0) this.#told = this.#late.length
    this.#follower = follower
    this.#tell()
  }

  /** Tells no more. */
  unfollow(): void {
    this.#follower = null
  }

  /** Tells no more, waits for none, and leaves the peer alone. */
  stop(): void {
    this.#follower = null
    this.#peer.off('signal', this.#onSignal)
    this.#end()
    this.#peer.off('close', this.#onClose)
  }

  readonly #onSignal = ({ sdp }: Partial<Description>): void => {
    if (sdp === undefined) return
    this.#peer.off('signal', this.#onSignal)
    this.#describedAt = performance.now()
    for (const line of candidateLines(this.#ice?.localDescription?.sdp ?? '')) this.#known.add(line)
    const canFollow = this.#ice?.addEventListener && this.#ice.iceGatheringState !== 'complete'
    if (!canFollow) this.#end()
  }

  readonly #onClose = (): void => this.stop()

  readonly #look = (): void => {
    if (this.#describedAt === 0 || this.#isOver) return
    for (const line of candidateLines(this.#ice?.localDescription?.sdp ?? '')) {
      if (this.#known.has(line)) continue
      this.#known.add(line)
      this.#late.push(line)
    }
    const isLast = this.#ice?.iceGatheringState === 'complete'
    if (isLast) this.#end()
    else this.#timer ??= setTimeout(() => this.#tell(), BATCH_TIME)
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#known.clear()
    for (const event of EVENTS) this.#ice?.removeEventListener?.(event, this.#look)
    this.#tell()
    for (const over of this.#onOver.splice(0)) over()
  }

  #tell(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const follower = this.#follower
    if (!follower) return
    const lines = this.#late.slice(this.#told)
    this.#told = this.#late.length
    if (lines.length > 0 && this.#batches++ < MAX_BATCHES) follower.tell(lines)
    if (this.#isOver || this.#batches >= MAX_BATCHES) this.#ended(follower)
  }

  #ended(follower: Follower): void {
    this.#follower = null
    follower.end?.()
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}
