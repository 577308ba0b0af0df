/** What the node at the other end of a connection may still send: see `Limits`. */

import type { Limits } from '../limits.js'
import { RateLimit } from './rate-limit.js'

/**
 * Several neighbours may send frames to the same one. Together they must stay below what that one takes (`messages`), or it would
 * blame the relay.
 */
const MAX_FRAMES_TO = 1.5

export class Allowance {
  readonly #messages: RateLimit
  readonly #bytes: RateLimit
  /** Messages over a limit that are borne before the connection is closed. */
  readonly #patience: RateLimit
  readonly queries: RateLimit
  readonly offers: RateLimit
  readonly introductions: RateLimit
  /** Frames by it that are passed on to others, and frames by others that are passed on to it. */
  readonly framesFrom: RateLimit
  readonly framesTo: RateLimit
  readonly dials: RateLimit
  readonly stores: RateLimit

  constructor(limits: Limits) {
    this.#messages = new RateLimit(limits.messages)
    this.#bytes = new RateLimit(limits.bytes)
    this.#patience = new RateLimit(limits.messages)
    this.queries = new RateLimit(limits.queries)
    this.offers = new RateLimit(limits.offers)
    this.introductions = new RateLimit(limits.introductions)
    this.framesFrom = new RateLimit(limits.frames)
    this.framesTo = new RateLimit(MAX_FRAMES_TO * limits.frames)
    this.dials = new RateLimit(limits.dials)
    this.stores = new RateLimit(limits.stores)
  }

  /** Takes a message, before it is read; gives why it may not be. */
  receive(length: number): 'too many messages' | 'too many bytes' | null {
    if (!this.#messages.take()) return 'too many messages'
    return this.#bytes.take(length) ? null : 'too many bytes'
  }

  /** Gives a message back that was asked for. */
  solicited(length: number): void {
    this.#messages.giveBack()
    this.#bytes.giveBack(length)
  }

  /** Notes a message over a limit; false if these have become too many. */
  bear(): boolean {
    return this.#patience.take()
  }
}
