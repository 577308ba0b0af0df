/** The HTTP entrance of a node in a page, which can open no server: `listen` only says so, for programs that wait for it. */

import type { HttpEntrance as Served } from '../entrances/http-entrance.js'
import { closedError, WebTorrentDHTError } from '../errors.js'
import { emitter } from '../events.js'

type Part = Pick<Served, 'address' | 'listen' | 'introduce' | 'close'>

export class HttpEntrance extends emitter<{ listening: [address: null] }>() implements Part {
  readonly address = null
  readonly #load: () => Promise<void>
  #isBound = false
  #isClosed = false

  constructor(_options: unknown, { load }: { load(): Promise<void> }) {
    super()
    this.#load = load
  }

  listen(): void {
    if (this.#isClosed) throw closedError()
    if (this.#isBound) throw new WebTorrentDHTError('EINVAL', 'the node listens already')
    this.#isBound = true
    this.#load().then(
      () => {
        if (!this.#isClosed) this.emit('listening', null)
      },
      () => {
        this.#isBound = false
      }
    )
  }

  introduce(): void {}

  close(callback: () => void): void {
    this.#isClosed = true
    callback()
  }
}
