/**
 * What `simple-peer` needs of `readable-stream`, and whoever dials a peer needs of `simple-peer`. The DHT itself takes each
 * `'data'` event as it comes. The whole of `readable-stream` would be a sixth of the bundle.
 */

import { EventEmitter } from 'node:events'

type Chunk = Uint8Array | string

/** What data is piped to. */
interface Destination {
  write(chunk: Chunk): unknown
  end(): unknown
  emit(event: 'pipe', source: Duplex): unknown
}

export class Duplex extends EventEmitter {
  readonly _readableState = { ended: false }
  readonly _writableState = { finished: false }
  /** What came before anybody listened; `null` is the end. */
  readonly #unread: (Uint8Array | null)[] = []
  readonly #unsent: Chunk[] = []
  #isSending = false

  /** simple-peer's: sends a chunk, and calls back when there is room for the next one. */
  declare _write: (chunk: Chunk, encoding: string, callback: (error?: Error | null) => void) => void

  push(chunk: Uint8Array | null): boolean {
    if (this._readableState.ended) return false
    this._readableState.ended = chunk === null
    const mustWait = this.#unread.length > 0 || (chunk !== null && this.listenerCount('data') === 0)
    if (mustWait) this.#unread.push(chunk)
    else this.#read(chunk)
    return true
  }

  override on(event: string | symbol, listener: (...args: unknown[]) => void): this {
    super.on(event, listener)
    // As in Node.js, not before whoever listens is done with what it does now.
    if (event === 'data' && this.#unread.length > 0) queueMicrotask(() => this.#readAll())
    return this
  }

  /** Unlike in Node.js, `destination` cannot slow this one down: a data channel has no way to do so. */
  pipe<D extends Destination>(destination: D): D {
    this.on('data', chunk => destination.write(chunk as Uint8Array))
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

  #read(chunk: Uint8Array | null): void {
    if (chunk === null) this.emit('end')
    else this.emit('data', chunk)
  }

  #readAll(): void {
    while (this.#unread.length > 0 && this.listenerCount('data') > 0) this.#read(this.#unread.shift() ?? null)
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
