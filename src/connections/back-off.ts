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
    const { firstPause, longestPause, max } = this.#options
    const count = (this.#failures.get(id)?.count ?? 0) + 1
    const pause = Math.min(firstPause * 2 ** (count - 1), longestPause)
    this.#failures.delete(id)
    this.#failures.set(id, { count, until: performance.now() + pause })
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > max && oldest !== undefined) this.#failures.delete(oldest)
    return count
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
    return (this.#failures.get(id)?.until ?? 0) <= performance.now()
  }
}
