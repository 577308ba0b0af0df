/** What an application sends, as parts. */

import { invalid, isWellFormed, quote } from '../arguments.js'
import { asBuffer } from '../as-buffer.js'
import { messageOf, WebTorrentDHTError } from '../errors.js'
import { isBytes } from '../is-bytes.js'
import { MAX_MESSAGE_BYTES } from './inbox.js'
import { type Kind, MAX_BODY_BYTES, type PartHeader } from './packets.js'
import type { RoomStream } from './streams.js'

const MAX_LABEL = 256

/** The data that goes as it is. Anything else goes as JSON. */
export type Sendable =
  | Uint8Array
  | ArrayBuffer
  | string
  | AsyncIterable<Uint8Array>
  | object
  | number
  | boolean
  | null

/** The data that `send` takes where members get `Data`: a {@link RoomStream} at the receiver is a file or a stream at the sender. */
export type SendableAs<Data> = unknown extends Data
  ? Sendable
  : Exclude<Data, RoomStream> | (RoomStream extends Data ? StreamSource : never)

/** A `Blob` or `File`, a `ReadableStream`, or any async iterable of bytes. */
export type StreamSource =
  | AsyncIterable<Uint8Array>
  | { stream(): ReadableBytes; readonly size: number }
  | { getReader(): Reader }

/** A `Blob` or `File`, or a `ReadableStream`, of any library. */
interface Streamable {
  readonly name?: unknown
  readonly type?: unknown
  readonly size?: unknown
  stream?(): ReadableBytes
  getReader?(): Reader
}

type ReadableBytes = AsyncIterable<Uint8Array> | { getReader(): Reader }

interface Reader {
  read(): Promise<{ done?: boolean | undefined; value?: unknown }>
  cancel(): Promise<unknown>
}

/** @internal */
export type Outgoing =
  | { isStream: false; kind: Kind; bytes: Buffer }
  | { isStream: true; labels: Pick<PartHeader, 'name' | 'type' | 'size'>; parts: AsyncIterable<Buffer> }

/** @internal @throws WebTorrentDHTError `EINVAL` for what cannot be sent */
export function readOutgoing(data: unknown): Outgoing {
  const outgoing = read(data)
  if (!outgoing.isStream && outgoing.bytes.length > MAX_MESSAGE_BYTES) {
    const text = `data has ${outgoing.bytes.length} bytes; a message has ${MAX_MESSAGE_BYTES} at most, a stream any number`
    throw new WebTorrentDHTError('EINVAL', text)
  }
  return outgoing
}

function read(data: unknown): Outgoing {
  if (typeof data === 'string') {
    if (!isWellFormed(data)) throw invalid('data', data, 'text without half a surrogate pair')
    return { isStream: false, kind: 'text', bytes: Buffer.from(data) }
  }
  if (isBytes(data)) return { isStream: false, kind: 'bytes', bytes: Buffer.from(asBuffer(data)) }
  if (data instanceof ArrayBuffer)
    return { isStream: false, kind: 'bytes', bytes: Buffer.from(new Uint8Array(data)) }
  const stream = streamOf(data)
  if (stream) return { isStream: true, labels: labelsOf(data as Streamable), parts: partsOf(stream) }
  return { isStream: false, kind: 'json', bytes: Buffer.from(toJson(data)) }
}

function toJson(data: unknown): string {
  try {
    const json = JSON.stringify(data)
    if (json !== undefined) return json
  } catch (cause) {
    throw new WebTorrentDHTError('EINVAL', `data cannot be written as JSON: ${messageOf(cause)}`, { cause })
  }
  throw invalid('data', data, 'bytes, text, a stream, or what JSON has')
}

function streamOf(data: unknown): ReadableBytes | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const { stream, getReader } = data as Streamable
  if (typeof stream === 'function') return (data as Required<Streamable>).stream()
  if (typeof getReader === 'function' || Symbol.asyncIterator in data) return data as ReadableBytes
  return undefined
}

function labelsOf({ name, type, size }: Streamable) {
  const isLabel = (label: unknown): label is string => typeof label === 'string' && label !== ''
  return {
    ...(isLabel(name) && { name: name.slice(0, MAX_LABEL) }),
    ...(isLabel(type) && { type: type.slice(0, MAX_LABEL) }),
    ...(Number.isSafeInteger(size) && { size: size as number })
  }
}

async function* partsOf(stream: ReadableBytes): AsyncGenerator<Buffer, undefined> {
  for await (const chunk of iterate(stream)) {
    const bytes = toBytes(chunk)
    for (let at = 0; at < bytes.length; at += MAX_BODY_BYTES) yield bytes.subarray(at, at + MAX_BODY_BYTES)
  }
}

/** @throws WebTorrentDHTError `EINVAL` */
function toBytes(chunk: unknown): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk)
  if (isBytes(chunk)) return asBuffer(chunk)
  throw new WebTorrentDHTError('EINVAL', `a stream gave ${quote(chunk)}; it should give bytes`)
}

/** Streams of Safari are no async iterables. */
async function* iterate(stream: ReadableBytes): AsyncGenerator<unknown, undefined> {
  if (Symbol.asyncIterator in stream) return yield* stream
  const reader = stream.getReader()
  let isOver = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      isOver = done === true
      if (isOver) return undefined
      yield value
    }
  } finally {
    if (!isOver) void reader.cancel()
  }
}
