/** Time that stands still until a test moves it, for what waits with `setTimeout` and looks at `performance.now()`. */

interface Timer {
  at: number
  run: () => void
}

export class HandClock {
  /** A whole number, so that what is added to it can be taken away again exactly. */
  #now = Math.ceil(performance.now())
  #last = 0
  readonly #timers = new Map<number, Timer>()
  readonly #real = { setTimeout, clearTimeout }

  /** From now on time is this clock's. Call `restore` when the test is over. */
  constructor() {
    Object.assign(globalThis, {
      setTimeout: (run: () => void, delay = 0) => {
        this.#timers.set(++this.#last, { at: this.#now + delay, run })
        return this.#last
      },
      clearTimeout: (timer: number) => void this.#timers.delete(timer)
    })
    Object.defineProperty(performance, 'now', { value: () => this.#now, configurable: true })
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size
  }

  /** Lets milliseconds pass, and everything happen that falls into them. */
  move(milliseconds: number): void {
    const end = this.#now + milliseconds
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end)
      const [next] = due.sort(([, a], [, b]) => a.at - b.at)
      if (!next) break
      this.#timers.delete(next[0])
      this.#now = next[1].at
      next[1].run()
    }
    this.#now = end
  }

  restore(): void {
    Object.assign(globalThis, this.#real)
    Reflect.deleteProperty(performance, 'now')
  }
}
