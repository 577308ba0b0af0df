/** Takes one offer to the peers of a tracker, until one of them answers. */

import { type Abortable, onAbort, reasonOf } from '../abort-signals.js'
import { type ErrorCode, WebTorrentDHTError } from '../errors.js'
import { printable } from '../quoting.js'
import type { CarriedAnswer, CarriedSignal } from './entrance.js'
import type { TrackerClient, TrackerUser } from './tracker-client.js'
import { createOfferId, type TrackerMessage } from './tracker-messages.js'
import { NEWCOMER, namesOf, takeNodeLine, writeNodeLine } from './tracker-node-line.js'

/** Milliseconds for an answer, once the tracker is reached. */
const ANSWER_TIMEOUT = 6000
/** After this time the offer goes to others: whoever got it may be gone. */
const RESEND_AFTER = 2000
/** Announces of a request. */
const MAX_ANNOUNCES = 12
/** Peers that get the offer at once, in a crowd of newcomers. Each door among them makes a connection for it, and one is used. */
const MAX_COPIES = 5

/** Ordinary WebTorrent clients answer what they get. */
const FOREIGN = 'an answer is of another kind'
const NOBODY = 'no node of the network is there yet'

export interface TrackerRequestOptions {
  client: TrackerClient
  /** The name of the tracker, for errors. */
  name: string
  offer: CarriedSignal
  signal: Abortable
}

/**
 * Takes an offer to a door.
 *
 * @throws WebTorrentDHTError `ENONODES` if no door is there, `ETIMEDOUT`, `EFULL`, and what `TrackerClient` fails with; the reason of the
 * signal if it is aborted
 */
export function requestOverTracker(options: TrackerRequestOptions): Promise<CarriedAnswer> {
  return new Promise((resolve, reject) => new TrackerRequest(options, resolve, reject).start())
}

class TrackerRequest implements TrackerUser {
  readonly isDoor = false
  readonly #options: TrackerRequestOptions
  readonly #sdp: string
  readonly #resolve: (answer: CarriedAnswer) => void
  readonly #reject: (error: unknown) => void
  /** Offers that nobody has answered or refused. */
  readonly #waiting = new Set<string>()
  #copies = 1
  /** Other peers in the swarm. */
  #others = 1
  #announces = 0
  #refusal = ''
  /** Refusals of doors. */
  #refusals = 0
  #otherDoors = 1
  #isOver = false
  #resendTimer: ReturnType<typeof setTimeout> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #unlisten = () => {}

  constructor(
    options: TrackerRequestOptions,
    resolve: (answer: CarriedAnswer) => void,
    reject: (error: unknown) => void
  ) {
    this.#options = options
    this.#sdp = writeNodeLine(options.offer.sdp, namesOf(options.offer))
    this.#resolve = resolve
    this.#reject = reject
  }

  start(): void {
    const { client, signal } = this.#options
    const abort = () => this.#end(() => this.#reject(reasonOf(signal)))
    if (signal.aborted) return abort()
    this.#unlisten = onAbort(signal, abort)
    client.join(this)
  }

  onOpen(): void {
    this.#timer = setTimeout(() => {
      const last = this.#refusal && `, or only: ${this.#refusal}`
      this.#fail('ETIMEDOUT', `nobody answered in time${last}`)
    }, ANSWER_TIMEOUT)
    this.#announce()
  }

  onMessage(message: TrackerMessage): void {
    if (message.kind === 'announced') this.#count(message)
    if (message.kind === 'answer' && this.#waiting.has(message.offerId))
      this.#answered(message.offerId, message.sdp)
  }

  onClosed(error: WebTorrentDHTError): void {
    this.#end(() => this.#reject(error))
  }

  #announce(): void {
    if (this.#announces >= MAX_ANNOUNCES) return
    this.#announces++
    const ids = Array.from({ length: this.#copies }, createOfferId)
    for (const id of ids) this.#waiting.add(id)
    clearTimeout(this.#resendTimer)
    this.#resendTimer = setTimeout(() => {
      this.#copies = Math.min(MAX_COPIES, this.#others, this.#copies + 1) // the silent ones may get it again
      this.#announce()
    }, RESEND_AFTER)
    this.#options.client.announce(ids.map(offerId => ({ offerId, sdp: this.#sdp })))
  }

  /** In a crowd of newcomers a single offer would rarely come to a door. */
  #count({ doors, newcomers }: { doors: number | null; newcomers: number | null }): void {
    if (doors === null || newcomers === null) return
    this.#others = doors + newcomers - 1
    this.#otherDoors = doors - Number(this.#options.client.hasDoor)
    if (this.#others <= 0) return this.#fail('ENONODES', NOBODY)
    const wanted = Math.max(this.#copies, Math.ceil(this.#others / Math.max(this.#otherDoors, 1)))
    this.#copies = Math.min(MAX_COPIES, this.#others, wanted)
  }

  #answered(offerId: string, answer: string): void {
    const taken = takeNodeLine(answer)
    if (!taken) return this.#refused(offerId, FOREIGN)
    const { refused } = taken.line
    if (refused !== undefined) return this.#refused(offerId, refused)
    this.#end(() => this.#resolve({ type: 'answer', sdp: taken.sdp, ...namesOf(taken.line) }))
  }

  #refused(offerId: string, reason: string): void {
    this.#waiting.delete(offerId)
    this.#refusal = printable(reason)
    if (this.#otherDoors <= 0) return this.#fail('ENONODES', NOBODY)
    if (reason !== NEWCOMER && reason !== FOREIGN) this.#refusals++
    // Chance chooses among them: of twice as many tries, each gets two.
    const areEnough = this.#refusals >= 2 * this.#otherDoors || this.#announces >= MAX_ANNOUNCES
    if (areEnough) return this.#fail('EFULL', `no node lets this one in (${this.#refusal})`)
    if (this.#waiting.size === 0) this.#announce()
  }

  #fail(code: ErrorCode, text: string): void {
    const error = new WebTorrentDHTError(code, `${this.#options.name}: ${text}`)
    this.#end(() => this.#reject(error))
  }

  #end(settle: () => void): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    clearTimeout(this.#resendTimer)
    this.#unlisten()
    this.#options.client.leave(this)
    settle()
  }
}
