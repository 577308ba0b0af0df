/** What `setTimeout` and `setInterval` give in virtual time: with the methods of Node.js' `Timeout`. */

import type { ClockEvent, Owner, Scheduler } from './clock-event.js'

/** Node.js takes anything else for 1. */
const MAX_DELAY = 2 ** 31 - 1

export class VirtualTimeout {
  readonly #clock: Scheduler
  readonly #owner: Owner | null
  readonly #callback: () => void
  readonly #delay: number
  readonly #isRepeated: boolean
  readonly #run = () => this.#expire()
  #event: ClockEvent | null = null
  #isRef = true

  constructor(
    clock: Scheduler,
    owner: Owner | null,
    callback: () => void,
    delay: number,
    isRepeated: boolean
  ) {
    this.#clock = clock
    this.#owner = owner
    this.#callback = callback
    this.#delay = delay >= 1 && delay <= MAX_DELAY ? Math.trunc(delay) : 1
    this.#isRepeated = isRepeated
    this.#start()
  }

  describe(): string {
    return `${this.#delay} ms: ${String(this.#callback).replaceAll(/\s+/g, ' ').slice(0, 80)}`
  }

  ref(): this {
    return this.#setRef(true)
  }

  unref(): this {
    return this.#setRef(false)
  }

  hasRef(): boolean {
    return this.#isRef
  }

  refresh(): this {
    if (this.#event) this.#clock.cancel(this.#event)
    else this.#count(1)
    this.#schedule()
    return this
  }

  close(): this {
    if (!this.#event) return this
    this.#clock.cancel(this.#event)
    this.#event = null
    this.#count(-1)
    return this
  }

  #start(): void {
    this.#schedule()
    this.#count(1)
  }

  #schedule(): void {
    this.#event = this.#clock.schedule(this.#owner, this.#delay, this.#run)
    this.#event.timer = this
  }

  #expire(): void {
    this.#event = null
    this.#count(-1)
    if (this.#isRepeated) this.#start() // before the callback, which may end it
    this.#callback()
  }

  #setRef(isRef: boolean): this {
    if (this.#event && isRef !== this.#isRef) {
      this.#count(-1)
      this.#isRef = isRef
      this.#count(1)
    }
    this.#isRef = isRef
    return this
  }

  /** A timer that does not keep a process alive is nobody's concern. */
  #count(change: number): void {
    if (this.#owner && this.#isRef) this.#owner.timers += change
  }
}
