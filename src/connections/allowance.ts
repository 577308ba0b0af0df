/**
 * The rate limits of a connection: what the node at the other end may still send (see `Limits`). Each is a token bucket: so much
 * a second in the long run, and ten seconds' worth at once.
 */

import type { Limits } from '../limits.js'

const SECONDS = 1000
/** A lookup, or a node that joins, does much at once and then nothing for long. */
const BURST_TIME = 10 * SECONDS
/**
 * Several neighbours may send frames to the same one. Together they must stay below what that one takes (`messages`), or it would
 * blame the relay.
 */
const MAX_FRAMES_TO = 1.5

const NAMES = [
  'messages',
  'bytes',
  /** Messages over a limit that are borne before the connection is closed. */
  'patience',
  'queries',
  'offers',
  'introductions',
  /** Frames by it that are passed on to others. */
  'framesFrom',
  /** Frames by others that are passed on to it. */
  'framesTo',
  'dials',
  'stores'
] as const
export type LimitName = (typeof NAMES)[number]

const INDEX = Object.fromEntries(NAMES.map((name, i) => [name, i])) as Record<LimitName, number>

export class Allowance {
  /** Of each limit, by its index; the same for all connections of a node. */
  readonly #perMillisecond: Float64Array
  /** What is left of each, and behind that when it was filled: together, since a server has thousands of these. */
  readonly #state = new Float64Array(2 * NAMES.length)

  constructor(limits: Limits) {
    this.#perMillisecond = ratesOf(limits)
    this.#state.fill(performance.now(), NAMES.length)
    for (let i = 0; i < NAMES.length; i++) this.#state[i] = this.#maxOf(i)
  }

  /** Takes `amount` out of a bucket; false, and nothing is taken, if there is less in it. */
  take(name: LimitName, amount = 1): boolean {
    const left = this.#fill(INDEX[name])
    if (left < amount) return false
    this.#state[INDEX[name]] = left - amount
    return true
  }

  /** Takes a message, before it is read; gives why it may not be. */
  receive(length: number): 'too many messages' | 'too many bytes' | null {
    if (!this.take('messages')) return 'too many messages'
    return this.take('bytes', length) ? null : 'too many bytes'
  }

  /** Gives a message back that was asked for. */
  solicited(length: number): void {
    this.#giveBack(INDEX.messages, 1)
    this.#giveBack(INDEX.bytes, length)
  }

  /** Notes a message over a limit; false if these have become too many. */
  bear(): boolean {
    return this.take('patience')
  }

  /** @returns what is in a bucket now */
  #fill(index: number): number {
    const now = performance.now()
    const filledAt = this.#state[NAMES.length + index] as number
    const gained = (now - filledAt) * (this.#perMillisecond[index] as number)
    const left = Math.min(this.#maxOf(index), (this.#state[index] as number) + gained)
    this.#state[index] = left
    this.#state[NAMES.length + index] = now
    return left
  }

  #giveBack(index: number, amount: number): void {
    this.#state[index] = Math.min(this.#maxOf(index), (this.#state[index] as number) + amount)
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
