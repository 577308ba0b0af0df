/**
 * Connects to nodes that were met over routes and have a place in the routing table. A lookup needs no connection; the table is
 * what makes one worth its cost.
 */

import { BackOff } from '../connections/back-off.js'

/** Attempts at the same time: more would only compete for the few offers that can be made at once. */
const MAX_ATTEMPTS = 8
const SECONDS = 1000
/** Milliseconds before a node that could not be connected, or had no room, is tried again. They double each time. */
const FIRST_PAUSE = 20 * SECONDS
const LONGEST_PAUSE = 600 * SECONDS
/** A node that failed so often may never be connected, and is no reason to look for others. */
const FAILURES_WORTH_A_SEARCH = 2
const MAX_REMEMBERED = 256

export interface ConnectingWantedOptions {
  /** Whether the routing table has a place for a node, beside those that are being connected. */
  wants(id: Buffer, coming: Buffer[]): boolean
  isConnected(id: string): boolean
  connect(id: string): Promise<unknown>
  /** Called when a place could not be filled. */
  onFailed(): void
}

export class ConnectingWanted {
  readonly #options: ConnectingWantedOptions
  readonly #attempts = new Set<string>()
  readonly #backOff = new BackOff({
    firstPause: FIRST_PAUSE,
    longestPause: LONGEST_PAUSE,
    max: MAX_REMEMBERED
  })

  constructor(options: ConnectingWantedOptions) {
    this.#options = options
  }

  /** Connects to a node that has answered, if it is wanted. */
  consider(idBytes: Buffer): void {
    const id = idBytes.toString('hex')
    const { wants, isConnected } = this.#options
    if (this.#attempts.has(id) || this.#attempts.size >= MAX_ATTEMPTS || isConnected(id)) return
    if (!this.#backOff.isOver(id) || !wants(idBytes, this.#coming)) return
    void this.connect(id)
  }

  get #coming(): Buffer[] {
    return [...this.#attempts].map(id => Buffer.from(id, 'hex'))
  }

  /** Tries to connect to a node. */
  async connect(id: string): Promise<void> {
    this.#attempts.add(id)
    try {
      await this.#options.connect(id)
      this.#backOff.succeeded(id)
    } catch {
      // Another node will do, or this one later.
      if (this.#backOff.failed(id) <= FAILURES_WORTH_A_SEARCH) this.#options.onFailed()
    }
    this.#attempts.delete(id)
  }
}
