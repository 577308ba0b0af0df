/** Time that stands still until a test moves it, for what waits with `setTimeout` or `setInterval` and looks at `performance.now()`. */

interface Timer {
  at: number
  run: () => void
  /** Milliseconds until it runs again. */
  interval?: number
}

/** Those of Node.js, also where a test has several clocks, in whatever order they are put back. */
const REAL = { setTimeout, clearTimeout, setInterval, clearInterval }

export class HandClock {
  /** A whole number, so that what is added to it can be taken away again exactly. */
  #now = Math.ceil(performance.now())
  #last = 0
  readonly #timers = new Map<number, Timer>()

  /** From now on time is this clock's. Call `restore` when the test is over. */
  constructor() {
    const set = (timer: Timer) => {
      this.#timers.set(++this.#last, timer)
      return this.#last
    }
    // A timer that began before runs by the real clock, and is cleared there: others than the test may wait for it.
    const clear = (timer: unknown) => {
      if (typeof timer === 'number') this.#timers.delete(timer)
      else REAL.clearTimeout(timer as NodeJS.Timeout)
    }
    Object.assign(globalThis, {
      setTimeout: (run: () => void, delay = 0) => set({ at: this.#now + delay, run }),
      setInterval: (run: () => void, interval: number) => set({ at: this.#now + interval, run, interval }),
      clearTimeout: clear,
      clearInterval: clear
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
      const [key, { at, run, interval }] = next
      if (interval === undefined) this.#timers.delete(key)
      else this.#timers.set(key, { at: at + interval, run, interval })
      this.#now = at
      run()
    }
    this.#now = end
  }

  /** What still waits goes on by the real clock: a connection of an earlier test, for example, that is about to close. */
  restore(): void {
    Object.assign(globalThis, REAL)
    Reflect.deleteProperty(performance, 'now')
    for (const { at, run, interval } of this.#timers.values()) {
      if (interval === undefined) REAL.setTimeout(run, at - this.#now).unref()
    }
    this.#timers.clear()
  }
}
