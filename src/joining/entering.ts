/**
 * Gets a node in through its entrances: it asks all at once, and the first link wins. Once in, a node of a small network asks again
 * from time to time: two newcomers who found each other first would else stay apart from the rest.
 */

import type { Entrance } from '../entrances/entrance.js'
import { type WebTorrentDHTError, withCode } from '../errors.js'
import { pauseBefore } from './retried-places.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** Milliseconds after which joining goes on. The requests go on, too. */
const PATIENCE = 2.5 * SECONDS
/** Pauses between requests of a small network double, up to the last; each is shortened by up to a half, at random. */
const FIRST_PAUSE = 2.5 * SECONDS
const LAST_PAUSE = 10 * MINUTES

export interface EnteringOptions {
  entrances: readonly Entrance[]
  /** Gets in through an entrance. @throws WebTorrentDHTError if nobody is there */
  dial(entrance: Entrance, signal: AbortSignal): Promise<unknown>
  /** How many nodes are connected. */
  countConnected(): number
  /** The network is small while fewer nodes are connected. */
  smallBelow: number
  /** Called for each entrance that does not let a lone node in. */
  onFailed(entrance: Entrance, error: WebTorrentDHTError): void
  /** Called when a connected node has met others: they may belong to a separate network. */
  onMet(): void
}

export class Entering {
  readonly #options: EnteringOptions
  readonly #entrances: readonly Entrance[]
  #round: Promise<boolean> | undefined
  #abort = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(options: EnteringOptions) {
    this.#options = options
    this.#entrances = options.entrances.filter(({ request }) => request)
  }

  /** Whether there is an entrance to ask. */
  get canAsk(): boolean {
    return this.#entrances.length > 0
  }

  /** Asks all entrances at once. @returns whether one of them has let the node in; `false` when it takes too long */
  async enter(): Promise<boolean> {
    if (!this.canAsk) return false
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<boolean>(resolve => {
      timer = setTimeout(() => resolve(false), PATIENCE)
    })
    return Promise.race([this.#askAll(), late]).finally(() => clearTimeout(timer))
  }

  /** Lets go of all requests under way. */
  letGo(): void {
    this.#abort.abort()
  }

  /** Asks again from time to time, from now on, while the network is small. */
  keepAsking(): void {
    if (this.canAsk) this.#askLater(1)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.letGo()
  }

  /** A round of requests is made only once at a time. */
  #askAll(): Promise<boolean> {
    this.#round ??= this.#ask().finally(() => {
      this.#round = undefined
    })
    return this.#round
  }

  #ask(): Promise<boolean> {
    const { dial, onFailed } = this.#options
    this.#abort = new AbortController()
    const { signal } = this.#abort
    const ask = async (entrance: Entrance) => {
      try {
        await dial(entrance, signal)
        return true
      } catch (error) {
        if (!signal.aborted) onFailed(entrance, withCode(error))
        return false
      }
    }
    return firstOf(this.#entrances.map(ask))
  }

  #askLater(attempt: number): void {
    clearTimeout(this.#timer)
    if (this.#isClosed) return
    const pause = pauseBefore(attempt, FIRST_PAUSE, LAST_PAUSE)
    this.#timer = setTimeout(() => void this.#askAgain(attempt), pause)
  }

  async #askAgain(attempt: number): Promise<void> {
    const { countConnected, smallBelow, onMet } = this.#options
    const before = countConnected()
    if (before > 0 && before < smallBelow) {
      await this.#askAll()
      if (!this.#isClosed && countConnected() > before) onMet()
    }
    this.#askLater(attempt + 1)
  }
}

/** Waits for the first way that has led somewhere, or until all have failed. @returns whether one has led somewhere */
export function firstOf(ways: readonly Promise<boolean>[]): Promise<boolean> {
  return new Promise(resolve => {
    for (const way of ways) void way.then(isIn => isIn && resolve(true))
    void Promise.all(ways).then(() => resolve(false))
  })
}
