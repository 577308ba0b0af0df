/** Streams between two members: the sender waits for the reader, so that nothing piles up. */

import { WebTorrentDHTError } from '../errors.js'

/** @internal Parts that are sent ahead of the reader: 1 MiB. */
export const WINDOW = 64
/** Parts that are read until the sender is told. */
const TOLD_EVERY = 16

/** A stream of bytes from a member: `for await (const bytes of stream)`. */
export interface RoomStream extends AsyncIterable<Uint8Array> {
  /** Of a file. */
  readonly name: string | undefined
  readonly type: string | undefined
  /** Bytes, where the sender knows. */
  readonly size: number | undefined
  /** All of it. */
  bytes(): Promise<Uint8Array>
}

type Labels = Pick<RoomStream, 'name' | 'type' | 'size'>

/** @internal */
export class IncomingStream implements RoomStream {
  readonly name: string | undefined
  readonly type: string | undefined
  readonly size: number | undefined
  readonly #onTaken: (parts: number) => void
  #parts: Uint8Array[] = []
  #taken = 0
  #state: 'open' | 'ended' | 'broken' = 'open'
  #wake = () => {}

  /** @param onTaken told how many parts were read */
  constructor({ name, type, size }: Labels, onTaken: (parts: number) => void) {
    this.name = name
    this.type = type
    this.size = size
    this.#onTaken = onTaken
  }

  /** Parts that wait for the reader. */
  get waiting(): number {
    return this.#parts.length
  }

  push(part: Uint8Array): void {
    this.#parts.push(part)
    this.#wake()
  }

  end(): void {
    if (this.#state === 'open') this.#state = 'ended'
    this.#wake()
  }

  /** The member is gone. */
  break(): void {
    if (this.#state === 'open') this.#state = 'broken'
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    for (;;) {
      const part = this.#parts.shift()
      if (part) {
        this.#taken++
        if (this.#taken % TOLD_EVERY === 0) this.#onTaken(this.#taken)
        yield part
      } else if (this.#state === 'ended') {
        return undefined
      } else if (this.#state === 'broken') {
        throw new WebTorrentDHTError('ECONNFAILED', 'the member left before the stream was over')
      } else {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      }
    }
  }

  async bytes(): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for await (const part of this) parts.push(part)
    return Buffer.concat(parts)
  }
}

/** @internal How far a reader is, for the sender. */
export class Window {
  #taken = 0
  #wake = () => {}
  #isClosed = false

  taken(parts: number): void {
    this.#taken = Math.max(this.#taken, parts)
    this.#wake()
  }

  close(): void {
    this.#isClosed = true
    this.#wake()
  }

  /** Waits until a part may be sent. @returns false once nobody reads */
  async whenRoomFor(part: number): Promise<boolean> {
    while (!this.#isClosed && part - this.#taken >= WINDOW) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    return !this.#isClosed
  }
}
