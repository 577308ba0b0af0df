/**
 * The part of `readable-stream` that `simple-peer` and applications need. The DHT takes each message as it comes. An application that was
 * given a peer may listen to it a little later, so what comes before waits; it may write to it and pipe it, as WebTorrent does. The
 * whole of `readable-stream` would be a sixth of the bundle.
 */

import { EventEmitter } from 'node:events'

/** The most that waits for somebody to listen. */
const MAX_WAITING_BYTES = 2 ** 20

type Chunk = Uint8Array | string

/** The target of a pipe. */
interface Destination {
  write(chunk: Uint8Array): unknown
  end(): unknown
  emit(event: 'pipe', source: Duplex): unknown
}

export class Duplex extends EventEmitter {
  readonly _readableState = { ended: false }
  readonly _writableState = { finished: false }
  /** simple-peer's. */
  declare destroy?: (error: Error) => void
  /** simple-peer's: sends a chunk, and calls back when there is room for the next one. */
  declare _write: (chunk: Chunk, encoding: string, callback: (error?: Error | null) => void) => void
  readonly #waiting: Uint8Array[] = []
  #waitingBytes = 0
  readonly #unsent: Chunk[] = []
  #isSending = false

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

  /** `destination` cannot slow the sender down, as it could not in Node.js: a data channel has no way to do so. */
  pipe<D extends Destination>(destination: D): D {
    this.on('data', bytes => destination.write(bytes))
    this.on('end', () => destination.end())
    destination.emit('pipe', this)
    return destination
  }

  /** @returns whether more may be written now; else `'drain'` says when */
  write(chunk: Chunk): boolean {
    this.#unsent.push(chunk)
    this.#send()
    return this.#unsent.length === 0
  }

  end(): void {
    if (this._writableState.finished) return
    if (this.#unsent.length > 0) return void this.once('drain', () => this.end())
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

  #send(): void {
    while (!this.#isSending && this.#unsent[0] !== undefined) {
      let isSync = true
      this.#isSending = true
      this._write(this.#unsent[0], '', error => {
        if (error) return
        this.#unsent.shift()
        this.#isSending = false
        if (isSync) return // the loop goes on
        this.#send()
        if (this.#unsent.length === 0) this.emit('drain')
      })
      isSync = false
    }
  }
}

export default { Duplex }
