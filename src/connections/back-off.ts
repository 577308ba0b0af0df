/** Back-off before a retry: after each failed attempt to connect to a node, the pause doubles. */

export interface BackOffOptions {
  /** Milliseconds. */
  firstPause: number
  longestPause: number
  /** Nodes that are remembered. Beyond that the oldest failure is forgotten. */
  max: number
}

export class BackOff {
  readonly #options: BackOffOptions
  /** The latest failure last. */
  readonly #failures = new Map<string, { count: number; until: number }>()

  constructor(options: BackOffOptions) {
    this.#options = options
  }

  /** Notes a failure. @returns the number of failures in a row */
  failed(id: string): number {
    const { firstPause, longestPause } = this.#options
    const count = this.#countOf(id) + 1
    this.#wait(id, count, Math.min(firstPause * 2 ** (count - 1), longestPause))
    return count
  }

  /** Notes what is no failure, but wants the first pause, too. */
  rest(id: string): void {
    this.#wait(id, this.#countOf(id), Math.max(this.#options.firstPause, this.remaining(id)))
  }

  /** Forgets the failures. */
  succeeded(id: string): void {
    this.#failures.delete(id)
  }

  /** Forgets the failures of all. */
  clear(): void {
    this.#failures.clear()
  }

  isOver(id: string): boolean {
    return this.remaining(id) <= 0
  }

  /** Milliseconds until the pause is over; 0 or less: it is. */
  remaining(id: string): number {
    return (this.#failures.get(id)?.until ?? 0) - performance.now()
  }

  #countOf(id: string): number {
    return this.#failures.get(id)?.count ?? 0
  }

  #wait(id: string, count: number, pause: number): void {
    this.#failures.delete(id)
    this.#failures.set(id, { count, until: performance.now() + pause })
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > this.#options.max && oldest !== undefined) this.#failures.delete(oldest)
  }
}
