/** What must never happen and did, with the virtual time and the node. */

import type { Host } from './host.js'
import type { VirtualClock } from './virtual-clock.js'

const MAX_KEPT = 100

export class Violations {
  readonly #clock: VirtualClock
  readonly list: string[] = []
  count = 0

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  add(what: string, host: Host | null = null): void {
    this.count++
    if (this.list.length >= MAX_KEPT) return
    const seconds = (this.#clock.now / 1000).toFixed(1)
    this.list.push(`${seconds} s, ${host ? `host ${host.number}` : 'simulation'}: ${what}`)
  }

  /** What the code that is simulated threw, and nobody caught. */
  addUncaught(error: unknown): void {
    this.add(`uncaught: ${stackOf(error)}`)
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error
    ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ')
    : String(error)
}
