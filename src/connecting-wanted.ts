/**
 * Connects to nodes that were met over routes and have a place in the routing table. A lookup needs no connection; the table is
 * what makes one worth its cost.
 */

import { LRU } from './upstream.js'

/** Attempts at the same time: more would only compete for the few offers that can be made at once. */
const MAX_ATTEMPTS = 8
const SECONDS = 1000
/** Milliseconds before a node that could not be connected, or had no room, is tried again. */
const PAUSE = 60 * SECONDS
const MAX_REFUSALS = 256

export interface ConnectingWantedOptions {
  /** Whether the routing table has a place for a node, beside those that are being connected. */
  wants(id: Buffer, coming: Buffer[]): boolean
  isConnected(id: string): boolean
  connect(id: string): Promise<unknown>
}

export class ConnectingWanted {
  readonly #options: ConnectingWantedOptions
  readonly #attempts = new Set<string>()
  /** When nodes could not be connected. */
  readonly #refusals = new LRU<number>({ max: MAX_REFUSALS })

  constructor(options: ConnectingWantedOptions) {
    this.#options = options
  }

  /** Connects to a node that has answered, if it is wanted. */
  consider(idBytes: Buffer): void {
    const id = idBytes.toString('hex')
    const { wants, isConnected } = this.#options
    if (this.#attempts.has(id) || this.#attempts.size >= MAX_ATTEMPTS || isConnected(id)) return
    const refusedAt = this.#refusals.peek(id) ?? Number.NEGATIVE_INFINITY
    if (performance.now() - refusedAt < PAUSE || !wants(idBytes, this.#coming)) return
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
    } catch {
      this.#refusals.set(id, performance.now()) // another node will do, or this one later
    }
    this.#attempts.delete(id)
  }
}
