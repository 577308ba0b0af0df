/**
 * The rate limits of a connection: what the node at the other end may still send (see `Limits`). Each is a token bucket, which
 * holds ten seconds' worth and fills at the rate of its limit.
 */

import type { Limits } from '../limits.js'

const SECONDS = 1000
/** Lookups and joining nodes send bursts, with long pauses between them. */
const BURST_TIME = 10 * SECONDS
/**
 * Several neighbours may send frames to one target over this relay. Their sum must stay below the target's limit of `messages`, or
 * the target would close the connection to the relay.
 */
const MAX_FRAMES_TO = 1.5

const NAMES = [
  'messages',
  'bytes',
  'queries',
  /** Messages over a limit that are tolerated before the connection is closed. */
  'patience',
  'offers',
  'introductions',
  /** Frames from the other end that this node relays. */
  'framesFrom',
  /** Frames from third nodes that this node relays to the other end. */
  'framesTo',
  'dials',
  'stores'
] as const
export type LimitName = (typeof NAMES)[number]

const INDEX = Object.fromEntries(NAMES.map((name, i) => [name, i])) as Record<LimitName, number>

export class RateLimits {
  /** Tokens per millisecond, by the limit's index. All connections of a node share it. */
  readonly #perMillisecond: Float64Array
  /** For each limit its tokens, and the time when it was filled: in one array, since a server has thousands of these. */
  readonly #state = new Float64Array(2 * NAMES.length)

  constructor(limits: Limits) {
    this.#perMillisecond = ratesOf(limits)
    const now = performance.now()
    for (let i = 0; i < NAMES.length; i++) this.#state.set([this.#maxOf(i), now], 2 * i)
  }

  /** Takes `amount` tokens out of a bucket. @returns false, and takes nothing, if the bucket has fewer */
  take(name: LimitName, amount = 1, now = performance.now()): boolean {
    const left = this.#fill(INDEX[name], now)
    if (left < amount) return false
    this.#state[2 * INDEX[name]] = left - amount
    return true
  }

  /** Charges a message before it is read. @returns the limit that it exceeds */
  receive(length: number): 'too many messages' | 'too many bytes' | null {
    const now = performance.now()
    if (!this.take('messages', 1, now)) return 'too many messages'
    return this.take('bytes', length, now) ? null : 'too many bytes'
  }

  /** Gives back what a message cost, since this node asked for it. */
  refund(length: number): void {
    this.#giveBack(INDEX.messages, 1)
    this.#giveBack(INDEX.bytes, length)
  }

  /** Fills a bucket up to now. @returns its tokens */
  #fill(index: number, now: number): number {
    const filledAt = this.#state[2 * index + 1] as number
    this.#giveBack(index, (now - filledAt) * (this.#perMillisecond[index] as number))
    this.#state[2 * index + 1] = now
    return this.#state[2 * index] as number
  }

  #giveBack(index: number, amount: number): void {
    this.#state[2 * index] = Math.min(this.#maxOf(index), (this.#state[2 * index] as number) + amount)
  }

  #maxOf(index: number): number {
    return (this.#perMillisecond[index] as number) * BURST_TIME
  }
}

const rates = new WeakMap<Limits, Float64Array>()

function ratesOf(limits: Limits): Float64Array {
  const known = rates.get(limits)
  if (known) return known
  const { messages, bytes, queries, offers, introductions, frames, dials, stores } = limits
  const perSecond: Record<LimitName, number> = {
    messages,
    bytes,
    patience: messages,
    queries,
    offers,
    introductions,
    framesFrom: frames,
    framesTo: MAX_FRAMES_TO * frames,
    dials,
    stores
  }
  const perMillisecond = Float64Array.from(NAMES, name => perSecond[name] / SECONDS)
  rates.set(limits, perMillisecond)
  return perMillisecond
}
