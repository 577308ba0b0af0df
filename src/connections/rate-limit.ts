/** A token bucket: so much a second in the long run, and ten seconds' worth at once. */

const SECONDS = 1000
/** A lookup, or a node that joins, does much at once and then nothing for long. */
const BURST_TIME = 10 * SECONDS

export class RateLimit {
  readonly #perMillisecond: number
  readonly #max: number
  #left: number
  #filledAt = performance.now()

  constructor(perSecond: number) {
    this.#perMillisecond = perSecond / SECONDS
    this.#max = this.#perMillisecond * BURST_TIME
    this.#left = this.#max
  }

  /** Takes `amount` out of the bucket; false, and nothing is taken, if there is less in it. */
  take(amount = 1): boolean {
    const now = performance.now()
    this.#left = Math.min(this.#max, this.#left + (now - this.#filledAt) * this.#perMillisecond)
    this.#filledAt = now
    if (this.#left < amount) return false
    this.#left -= amount
    return true
  }

  /** Puts back what need not have been taken. */
  giveBack(amount = 1): void {
    this.#left = Math.min(this.#max, this.#left + amount)
  }
}
