/**
 * What `simple-peer` needs of `readable-stream`, where nobody reads it as a stream: the messages belong to the DHT, which
 * takes each `'data'` event as it comes. The whole of it would be a sixth of the bundle.
 */

import { EventEmitter } from 'node:events'

export class Duplex extends EventEmitter {
  readonly _readableState = { ended: false }
  readonly _writableState = { finished: false }

  push(chunk: Uint8Array | null): boolean {
    if (chunk === null) {
      if (this._readableState.ended) return false
      this._readableState.ended = true
      this.emit('end')
    } else {
      this.emit('data', chunk)
    }
    return true
  }

  end(): void {
    if (this._writableState.finished) return
    this._writableState.finished = true
    this.emit('finish')
  }
}

export default { Duplex }
