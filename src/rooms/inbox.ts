/** Puts the parts of messages together, each once, whichever ways they came. */

import type { PartHeader } from './packets.js'
import { IncomingStream, WINDOW } from './streams.js'

/** Bytes of a message that is no stream. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024
/** Messages of a member that are not whole yet. */
const MAX_PARTIAL = 16
/** Bytes of all of them. */
const MAX_KEPT_BYTES = 2 * MAX_MESSAGE_BYTES
/** Messages of a member that are remembered, so that each comes once. */
const MAX_REMEMBERED = 4096

/** A message, put together. */
export interface Message {
  data: unknown
  channel: string | undefined
}

interface Partial {
  readonly parts: (Buffer | undefined)[]
  count: number
  bytes: number
  end: number | null
  stream: IncomingStream | null
}

export class Inbox {
  readonly #partial = new Map<number, Partial>()
  readonly #over = new Set<number>()
  /** Of messages that are not whole yet. */
  #bytes = 0
  readonly #onTaken: (message: number, parts: number) => void

  /** @param onTaken told how much of a stream was read */
  constructor(onTaken: (message: number, parts: number) => void) {
    this.#onTaken = onTaken
  }

  /** Whether a part has come before. */
  has({ n, i }: PartHeader): boolean {
    return this.#over.has(n) || this.#partial.get(n)?.parts[i] !== undefined
  }

  /** Takes a part. @returns the message, once it is whole; a stream with its first part */
  take(header: PartHeader, body: Buffer): Message | undefined {
    const { n, i, end } = header
    if (this.has(header)) return undefined
    if (i === 0 && end) return this.#whole(header, body)
    const isNew = !this.#partial.has(n)
    const partial = this.#partial.get(n) ?? this.#begin(n)
    if (header.k === 'stream') return this.#takeStream(partial, header, body, isNew)
    partial.bytes += body.length
    this.#bytes += body.length
    for (const oldest of this.#partial.keys()) {
      if (this.#bytes <= MAX_KEPT_BYTES) break
      if (oldest !== n) this.#drop(oldest)
    }
    if (partial.bytes > MAX_MESSAGE_BYTES || i > MAX_MESSAGE_BYTES / 1024) return this.#drop(n)
    partial.parts[i] = body
    partial.count++
    if (end) partial.end = i + 1
    if (partial.count !== partial.end) return undefined
    this.#forget(n)
    return this.#whole(header, Buffer.concat(partial.parts as Buffer[]))
  }

  /** The member is gone. */
  close(): void {
    for (const { stream } of this.#partial.values()) stream?.break()
    this.#partial.clear()
  }

  #begin(n: number): Partial {
    const [oldest] = this.#partial.keys()
    if (this.#partial.size >= MAX_PARTIAL && oldest !== undefined) this.#drop(oldest)
    const partial: Partial = { parts: [], count: 0, bytes: 0, end: null, stream: null }
    this.#partial.set(n, partial)
    return partial
  }

  /** Parts of a stream come in order, over one connection; and no more than was asked for. */
  #takeStream(partial: Partial, header: PartHeader, body: Buffer, isNew: boolean): Message | undefined {
    const { n, i, end, channel } = header
    if (isNew && i === 0)
      partial.stream = new IncomingStream(labelsOf(header), taken => this.#onTaken(n, taken))
    const { stream } = partial
    if (!stream || i !== partial.count || stream.waiting > 2 * WINDOW) return this.#drop(n)
    partial.count++
    if (body.length > 0) stream.push(body)
    if (end) {
      stream.end()
      this.#partial.delete(n)
      this.#noteOver(n)
    }
    return isNew ? { data: stream, channel } : undefined
  }

  #drop(n: number): undefined {
    this.#partial.get(n)?.stream?.break()
    this.#forget(n)
    this.#noteOver(n)
  }

  #forget(n: number): void {
    this.#bytes -= this.#partial.get(n)?.bytes ?? 0
    this.#partial.delete(n)
  }

  #noteOver(n: number): void {
    this.#over.add(n)
    const [oldest] = this.#over
    if (this.#over.size > MAX_REMEMBERED && oldest !== undefined) this.#over.delete(oldest)
  }

  #whole(header: PartHeader, body: Buffer): Message | undefined {
    this.#noteOver(header.n)
    const { k, channel } = header
    if (k === 'bytes') return { data: body, channel }
    if (k === 'text') return { data: body.toString(), channel }
    if (k === 'json') return readJson(body, channel)
    const stream = new IncomingStream(labelsOf(header), () => {})
    if (body.length > 0) stream.push(body)
    stream.end()
    return { data: stream, channel }
  }
}

function labelsOf({ name, type, size }: PartHeader) {
  return { name, type, size }
}

function readJson(body: Buffer, channel: string | undefined): Message | undefined {
  try {
    return { data: JSON.parse(body.toString()), channel }
  } catch {
    return undefined
  }
}
