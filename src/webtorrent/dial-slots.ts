/** How many connections are being made at the same time. */

export class DialSlots {
  readonly #max: number
  readonly #onFree: () => void
  #taken = 0

  /** @param onFree called when a slot is free again */
  constructor(max: number, onFree: () => void) {
    this.#max = max
    this.#onFree = onFree
  }

  /** @returns a function that gives the slot back, or `null` if there is none */
  take(): (() => void) | null {
    if (this.#taken >= this.#max) return null
    this.#taken++
    let isGivenBack = false
    return () => {
      if (isGivenBack) return
      isGivenBack = true
      this.#taken--
      this.#onFree()
    }
  }
}
