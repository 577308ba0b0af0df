/** The link back to the sender of a query in a frame. It carries replies only. */

import type { Link } from '../connections/link.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import type { RateLimits } from '../connections/rate-limits.js'
import type { Id } from '../id.js'
import { encodeFrame, MAX_PAYLOAD_BYTES } from '../wire/frame.js'
import { EXTENSIONS_OF_ROUTES } from './route.js'

export class WayBack implements Link {
  readonly isRoute = true
  readonly extensions = EXTENSIONS_OF_ROUTES
  readonly speaksRoute = true
  /** From the asking node to this one, both included. */
  readonly path: readonly Id[]
  readonly #neighbour: PeerConnection
  readonly #transaction: Buffer
  readonly #onSent: () => void

  constructor(neighbour: PeerConnection, path: readonly Id[], transaction: Buffer, onSent: () => void) {
    this.path = path
    this.#neighbour = neighbour
    this.#transaction = transaction
    this.#onSent = onSent
  }

  get id(): Id {
    return this.path[0] as Id
  }

  get via(): Id | null {
    return this.#neighbour.id
  }

  get isOpen(): boolean {
    return this.#neighbour.isOpen
  }

  get rateLimits(): RateLimits {
    return this.#neighbour.frameRateLimits
  }

  get lastUsed(): number {
    return this.#neighbour.lastUsed
  }

  set lastUsed(time: number) {
    this.#neighbour.lastUsed = time
  }

  send(payload: Buffer): boolean {
    if (payload.length > MAX_PAYLOAD_BYTES) return false
    const path = this.path.toReversed()
    const frame = { transaction: this.#transaction, path, position: 1, payload, failure: null }
    const isSent = this.#neighbour.send(encodeFrame(frame))
    if (isSent) this.#onSent()
    return isSent
  }

  sendQuery(): boolean {
    return false
  }

  settled(): void {}
}
