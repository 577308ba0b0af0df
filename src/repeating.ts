/** Work that must be repeated to hold in the network: at an interval, soon after a failure, and once the node has joined. */

import type { Status } from './joining/status.js'

const SECONDS = 1000
/** After a failure. Then twice as long each time. */
const FIRST_PAUSE = 1 * SECONDS
const LAST_PAUSE = 30 * SECONDS
/** Of a pause: nodes that began together drift apart. */
const JITTER = 0.3

type OnStatus = (status: Status) => void

export interface RepeatingOptions<Result> {
  dht: {
    readonly destroyed: boolean
    on(event: 'status', listener: OnStatus): unknown
    off(event: 'status', listener: OnStatus): unknown
  }
  /** Milliseconds between two times. */
  interval: number
  work(): Promise<Result>
}

export class Repeating<Result> {
  readonly #options: RepeatingOptions<Result>
  #timer: ReturnType<typeof setTimeout> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #failures = 0
  #isRunning = false
  #isClosed = false
  readonly #onStatus: OnStatus = status => {
    if (status === 'connected' && !this.#isRunning) this.#again()
  }

  constructor(options: RepeatingOptions<Result>) {
    this.#options = options
    options.dht.on('status', this.#onStatus)
  }

  /** Does the work now, or after what is under way, and repeats it from then on. Settles as the work does. */
  now(): Promise<Result> {
    const result = this.#last.then(() => this.#run())
    this.#last = result.catch(() => {})
    return result
  }

  close(): void {
    this.#isClosed = true
    this.#options.dht.off('status', this.#onStatus)
    clearTimeout(this.#timer)
  }

  #again(): void {
    if (!this.#isClosed && !this.#options.dht.destroyed) this.now().catch(() => {}) // again after a pause
  }

  async #run(): Promise<Result> {
    clearTimeout(this.#timer)
    this.#isRunning = true
    try {
      const result = await this.#options.work()
      this.#failures = 0
      return result
    } catch (error) {
      this.#failures++
      throw error
    } finally {
      this.#isRunning = false
      this.#schedule()
    }
  }

  #schedule(): void {
    if (this.#isClosed) return
    const pause = this.#failures
      ? Math.min(FIRST_PAUSE * 2 ** (this.#failures - 1), LAST_PAUSE)
      : this.#options.interval
    this.#timer = setTimeout(() => this.#again(), pause * (1 - JITTER * Math.random()))
  }
}
