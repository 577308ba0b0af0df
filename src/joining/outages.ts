/**
 * Notices that a node was cut off from the network, or from half of its neighbours, and is back. The others may have forgotten it: what
 * it announced and put is of use again only once they have it again.
 */

import type { CloseReason } from '../counters.js'

const SECONDS = 1000
/** Neighbours that are lost within this time are lost together: quiet ones are found dead one after the other. */
const TOGETHER = 20 * SECONDS
/** Milliseconds after the last loss. Where half of the neighbours went, the other half may follow. */
const SETTLING_TIME = 2 * SECONDS
/** Milliseconds after the first node is connected again, up to twice as long at random: more nodes are met meanwhile. */
const BACK_TIME = 0.2 * SECONDS

/** Reasons that are no losses: both ends go on. */
const AGREED: readonly CloseReason[] = ['no room', 'released', 'duplicate', 'destroyed']

export interface OutagesOptions {
  /** How many nodes are connected. */
  countConnected(): number
  /** Called when the node is back. */
  onBack(): void
}

export class Outages {
  readonly #options: OutagesOptions
  /** When neighbours were lost of late. */
  #losses: number[] = []
  #isOut = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: OutagesOptions) {
    this.#options = options
  }

  /** Notes that a node could not get into the network. */
  shutOut(): void {
    this.#isOut = true
  }

  /** Notes that a neighbour was lost. */
  lost(reason: CloseReason): void {
    const now = performance.now()
    const left = this.#options.countConnected()
    if (left === 0) this.#isOut = true
    if (AGREED.includes(reason)) return
    this.#losses = this.#losses.filter(at => now - at <= TOGETHER)
    this.#losses.push(now)
    if (this.#losses.length >= left) this.#isOut = true
    if (this.#isOut && left > 0) this.#lookLater(SETTLING_TIME)
  }

  /** Notes that a neighbour was connected. */
  met(): void {
    if (this.#isOut && this.#timer === undefined) this.#lookLater(BACK_TIME)
  }

  close(): void {
    this.#isOut = false
    clearTimeout(this.#timer)
  }

  #lookLater(pause: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#look(), pause * (1 + Math.random()))
  }

  #look(): void {
    this.#timer = undefined
    if (this.#options.countConnected() === 0) return // `met` goes on
    this.#isOut = false
    this.#losses = []
    this.#options.onBack()
  }
}
