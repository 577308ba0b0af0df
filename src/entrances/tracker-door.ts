/**
 * A node that answers the offers of newcomers, as a peer of a tracker. Few are enough: a node that finds enough others there leaves, and
 * looks again later. Nodes with a server of their own, which stay long, have more room than others.
 */

import { type Abortable, onAbort } from '../abort-signals.js'
import { hasCode } from '../errors.js'
import type { AnswerOffer } from './entrance.js'
import type { TrackerClient, TrackerUser } from './tracker-client.js'
import type { CarriedOffer, TrackerMessage } from './tracker-messages.js'
import { namesOf, takeNodeLine, writeNodeLine } from './tracker-node-line.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** Doors at a tracker, as far as a node without a server is concerned. */
const MAX_DOORS = 6
/** For nodes with a server. */
const MAX_DOORS_OF_SERVERS = 10
/** Doors beyond the limit before one leaves that was there: nodes come to look. */
const MAX_EXCESS = 2
/** Limits of the interval that the tracker wants between announces. Some forget a peer after 40 s, others after 20 minutes. */
const MIN_INTERVAL = 30 * SECONDS
const MAX_INTERVAL = 15 * MINUTES
/** Pauses after which a node looks whether a door is missing. They double, so that a large network asks the tracker seldom. */
const FIRST_LOOK = 10 * MINUTES
const LAST_LOOK = 240 * MINUTES
/** Pauses before the tracker is tried again, which double. */
const FIRST_RETRY = 5 * SECONDS
const LAST_RETRY = 30 * MINUTES
/** Offers that are answered in a minute: each costs a connection. */
const MAX_OFFERS_A_MINUTE = 60
/** Offers that are answered at the same time. */
const MAX_CURRENT_OFFERS = 4

export interface TrackerDoorOptions {
  client: TrackerClient
  answer: AnswerOffer
  signal: Abortable
  /** Whether the node has a server of its own. */
  isServer: boolean
}

export class TrackerDoor implements TrackerUser {
  readonly isDoor = true
  readonly #options: TrackerDoorOptions
  /** Until the next announce, look or attempt. */
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Whether it is announced, and has stayed. */
  #hasStayed = false
  /** Whether the tracker has responded to the last announce. */
  #isAcknowledged = false
  #failures = 0
  /** Looks in a row that found enough others. */
  #looks = 0
  /** When offers of the last minute came. */
  #offers: number[] = []
  #current = 0

  constructor(options: TrackerDoorOptions) {
    this.#options = options
  }

  /** Serves until the signal aborts. */
  start(): void {
    const { client, signal } = this.#options
    if (signal.aborted) return
    client.join(this)
    onAbort(signal, () => {
      clearTimeout(this.#timer)
      client.leave(this)
    })
  }

  onOpen(): void {
    this.#announce()
  }

  onMessage(message: TrackerMessage): void {
    if (message.kind === 'announced') this.#announced(message.doors ?? 0, message.interval * SECONDS)
    if (message.kind === 'offer') void this.#answer(message)
  }

  onClosed(): void {
    this.#hasStayed = false
    this.#comeBack(pauseBefore(this.#failures++, FIRST_RETRY, LAST_RETRY))
  }

  #announce(): void {
    this.#isAcknowledged = false
    this.#options.client.announce([])
    // A request that shares the socket may announce in between: then the response sets the timer anew.
    this.#wait(MIN_INTERVAL)
  }

  #announced(doors: number, interval: number): void {
    this.#isAcknowledged = true
    this.#failures = 0
    if (this.#isEnough(doors)) {
      this.#hasStayed = false
      this.#options.client.leave(this)
      return this.#comeBack(pauseBefore(this.#looks++, FIRST_LOOK, LAST_LOOK))
    }
    this.#hasStayed = true
    this.#looks = 0
    this.#wait(Math.min(Math.max(interval, MIN_INTERVAL), MAX_INTERVAL))
  }

  /** The last to come leaves. Doors that have stayed leave at random, so that the limit remains. */
  #isEnough(doors: number): boolean {
    const limit = this.#options.isServer ? MAX_DOORS_OF_SERVERS : MAX_DOORS
    if (!this.#hasStayed) return doors > limit
    return doors > limit + MAX_EXCESS && Math.random() > limit / doors
  }

  #wait(pause: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      if (this.#isAcknowledged) return this.#announce()
      // The socket is open to nobody.
      this.#options.client.leave(this)
      this.#comeBack(pauseBefore(this.#failures++, FIRST_RETRY, LAST_RETRY))
    }, pause)
  }

  #comeBack(pause: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#options.client.join(this), pause)
  }

  async #answer({ sdp, ...source }: CarriedOffer): Promise<void> {
    const { client, answer, signal } = this.#options
    const taken = takeNodeLine(sdp)
    if (!taken) return // of an ordinary WebTorrent client, which would take a refusal for an answer
    if (!this.#hasRoom()) return client.refuse(source, 'busy')
    this.#current++
    try {
      const { sdp: answered, ...own } = await answer({
        type: 'offer',
        sdp: taken.sdp,
        ...namesOf(taken.line)
      })
      if (!signal.aborted) client.answer(source, writeNodeLine(answered, namesOf(own)))
    } catch (error) {
      if (!signal.aborted) client.refuse(source, hasCode(error, 'EFULL') ? 'full' : 'refused')
    } finally {
      this.#current--
    }
  }

  #hasRoom(): boolean {
    const now = performance.now()
    this.#offers = this.#offers.filter(at => now - at < MINUTES)
    if (this.#current >= MAX_CURRENT_OFFERS || this.#offers.length >= MAX_OFFERS_A_MINUTE) return false
    this.#offers.push(now)
    return true
  }
}

/** A pause that doubles with each time, shortened by up to a half at random, so that not all come at once. */
function pauseBefore(times: number, first: number, last: number): number {
  return Math.min(last, first * 2 ** Math.min(times, 16)) * (0.5 + Math.random() / 2)
}
