/** Which peers should be left alone for a while, because connecting to them has failed. */

const SECONDS = 1000
/**
 * Short: the first connection between Firefox and Chromium on one machine may fail because one does not resolve the other's mDNS
 * names in time, and the next one succeeds.
 */
const FIRST_PAUSE = 1 * SECONDS
const LONGEST_PAUSE = 600 * SECONDS
/** Peers that are remembered: whoever announces decides how many there are. */
const MAX_REMEMBERED = 1000

export class BackOff {
  readonly #failures = new Map<string, { count: number; until: number }>()

  /** Notes a failure. */
  failed(id: string): void {
    const count = (this.#failures.get(id)?.count ?? 0) + 1
    const pause = Math.min(FIRST_PAUSE * 2 ** (count - 1), LONGEST_PAUSE)
    this.#failures.delete(id) // so that it is the newest one
    this.#failures.set(id, { count, until: performance.now() + pause })
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > MAX_REMEMBERED && oldest !== undefined) this.#failures.delete(oldest)
  }

  /** Forgets the failures. */
  succeeded(id: string): void {
    this.#failures.delete(id)
  }

  isOver(id: string): boolean {
    return (this.#failures.get(id)?.until ?? 0) <= performance.now()
  }
}
