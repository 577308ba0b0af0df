/**
 * Connects to nodes that were met over routes and have a place in the routing table. A lookup needs no connections; only a place in
 * the table makes one worth its cost.
 */

import { BackOff } from '../connections/back-off.js'
import { hasCode } from '../errors.js'
import type { Id } from '../id.js'

/** Concurrent attempts: more would only compete for the few offers that can be made at once. */
const MAX_ATTEMPTS = 8
const SECONDS = 1000
/** Milliseconds before a retry of a node that failed or was full. They double each time. */
const FIRST_PAUSE = 20 * SECONDS
const LONGEST_PAUSE = 600 * SECONDS
/** After more failures the node may be unreachable for ever, and does not make us search for others. */
const FAILURES_WORTH_A_SEARCH = 2
const MAX_REMEMBERED = 256

export interface ConnectingWantedOptions {
  /** Whether the routing table has a place for a node, besides the nodes that are being connected. */
  wants(id: Id, coming: Id[]): boolean
  isConnected(id: Id): boolean
  connect(id: Id): Promise<unknown>
  /** Called when an attempt failed, so that its place in the table stays free. */
  onFailed(): void
}

export class ConnectingWanted {
  readonly #options: ConnectingWantedOptions
  /** By id in hex. */
  readonly #attempts = new Map<string, Id>()
  readonly #backOff = new BackOff({
    firstPause: FIRST_PAUSE,
    longestPause: LONGEST_PAUSE,
    max: MAX_REMEMBERED
  })

  constructor(options: ConnectingWantedOptions) {
    this.#options = options
  }

  /** Connects to a node that has replied, if the table wants it. */
  consider(id: Id): void {
    const { wants, isConnected } = this.#options
    if (this.#attempts.has(id.hex) || this.#attempts.size >= MAX_ATTEMPTS || isConnected(id)) return
    if (!this.#backOff.isOver(id.hex) || !wants(id, [...this.#attempts.values()])) return
    void this.connect(id)
  }

  /** Forgets which nodes could not be connected: the network may be another now. */
  forget(): void {
    this.#backOff.clear()
  }

  /** Tries to connect to a node. */
  async connect(id: Id): Promise<void> {
    this.#attempts.set(id.hex, id)
    try {
      await this.#options.connect(id)
      this.#backOff.succeeded(id.hex)
    } catch (error) {
      // Another node will do, or this one later. A place that is left for want of a way through NATs is filled by any other node.
      if (hasCode(error, 'ECANNOTMEET')) this.#backOff.failed(id.hex)
      else if (this.#backOff.failed(id.hex) <= FAILURES_WORTH_A_SEARCH) this.#options.onFailed()
    }
    this.#attempts.delete(id.hex)
  }
}
