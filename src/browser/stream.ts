/**
 * What `simple-peer` needs of `readable-stream`: `'data'` events, and not the stream. The DHT takes each message as it comes. An
 * application that was given a peer may listen to it a little later, so what comes before waits. The whole of `readable-stream`
 * would be a sixth of the bundle.
 */

import { EventEmitter } from 'node:events'

/** The most that waits for somebody to listen. */
const MAX_WAITING_BYTES = 2 ** 20

export class Duplex extends EventEmitter {
  readonly _readableState = { ended: false }
  readonly _writableState = { finished: false }
  /** simple-peer's. */
  declare destroy?: (error: Error) => void
  readonly #waiting: Uint8Array[] = []
  #waitingBytes = 0

  constructor() {
    super()
    this.on('newListener', event => {
      if (event === 'data') queueMicrotask(() => this.#flow())
    })
  }

  push(chunk: Uint8Array | string | null): boolean {
    if (chunk === null) {
      if (this._readableState.ended) return false
      this._readableState.ended = true
      this.emit('end')
      return true
    }
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    this.#flow()
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.destroy?.(new Error('Nobody listens to what comes.'))
    return true
  }

  end(): void {
    if (this._writableState.finished) return
    this._writableState.finished = true
    this.emit('finish')
  }

  #flow(): void {
    while (this.listenerCount('data') > 0) {
      const bytes = this.#waiting.shift()
      if (!bytes) return
      this.#waitingBytes -= bytes.length
      this.emit('data', bytes)
    }
  }
}

export default { Duplex }
