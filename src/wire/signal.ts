/**
 * Signals: the WebRTC offers and answers that queries and HTTP requests carry. In KRPC the id is raw bytes; in HTTP's
 * JSON it is hex, and the predecessor leaves it out.
 */

import { Id } from '../id.js'
import { type Bencoded, dictionary } from './bencode.js'
import { byteString, list, readFields, shape, text } from './check.js'
import type { Description } from './description.js'

/** A data channel's description is 0.5 to 2 kB; a host with many interfaces needs more. */
export const MAX_SDP_BYTES = 8192
/** More candidates than a host has, and few enough that a description makes no port scan. */
const MAX_CANDIDATES = 32
export const MAX_EXTENSIONS = 16
export const MAX_EXTENSION_BYTES = 64
/** The name of an application's protocol, which a dial says beside its signal. */
export const MAX_PROTOCOL_BYTES = 64
/** The name of a dial that is made again: the `ice-ufrag` of its offer (RFC 8839, section 5.4). */
export const MAX_UFRAG_BYTES = 256

/** An offer or an answer with the node that made it and the extensions that it speaks. */
export interface Signal extends Description {
  id: Id
  extensions: string[]
}

/** A signal as JSON has it. */
export interface JsonSignal extends Description {
  /** In hex. */
  id: string
  extensions: string[]
}

/** The answer to an offer: a signal, or the id alone of a node that the asker is connected to already. */
export type SignalReply = Signal | { id: Id; sdp?: undefined }

/** Over HTTP the predecessor gives no id. */
export interface HttpSignal extends Description {
  id: Id | null
  extensions: string[]
}

export type HttpReply = HttpSignal | { id: Id; sdp?: undefined }

function isSessionDescription(sdp: string): boolean {
  return sdp.startsWith('v=0') && sdp.split('a=candidate:').length - 1 <= MAX_CANDIDATES
}

const signalShape = shape(
  { type: text(6), sdp: text(MAX_SDP_BYTES), id: byteString(0, Number.POSITIVE_INFINITY) },
  { extensions: list(MAX_EXTENSIONS, text(MAX_EXTENSION_BYTES)) }
)

/**
 * The fingerprint of the certificate that a description promises (RFC 8122): `sha-256 ab:cd:…`. WebRTC lets nobody connect without that
 * certificate. `null` if there is none, or more than one: WebRTC may accept any of them.
 */
export function fingerprintOf(sdp: string): string | null {
  const named = new Set(
    Array.from(sdp.matchAll(/^a=fingerprint:(.+?)\r?$/gm), ([, name = '']) => name.toLowerCase())
  )
  const [only = null] = named
  return named.size === 1 ? only : null
}

/** The name that ICE gives an offer: no other one of the same node has it, as far as chance goes. */

export function ufragOf(sdp: string): string | undefined {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1]
}

/** Reads a signal of the given type from a KRPC message. */
export function parseSignal(
  value: Bencoded,
  type: Description['type'],
  idLength: number
): Signal | undefined {
  const from = dictionary(value)
  if (!from) return undefined
  const read = readFields(from, signalShape)
  if ('wrong' in read) return undefined
  const { id, sdp, extensions = [] } = read.fields
  const isRight = id.length === idLength && read.fields.type === type && isSessionDescription(sdp)
  return isRight ? { id: Id.of(id), type, sdp, extensions } : undefined
}

/** Reads what answers an offer: an answer, or an id alone. */
export function parseSignalReply(value: Bencoded, idLength: number): SignalReply | undefined {
  const from = dictionary(value)
  if (!from) return undefined
  if (from.sdp !== undefined) return parseSignal(value, 'answer', idLength)
  const id = from.id === undefined ? undefined : byteString(idLength)(from.id)
  return id && { id: Id.of(id) }
}

/** Writes a signal for a KRPC message. */
export function encodeSignal(signal: SignalReply): Record<string, unknown> {
  if (signal.sdp === undefined) return { id: signal.id.bytes }
  const { id, type, sdp, extensions } = signal
  return { id: id.bytes, type, sdp, extensions }
}

/** A signal for JSON. */
export function toJsonSignal({ id, type, sdp, extensions }: Signal): JsonSignal {
  return { id: id.hex, type, sdp, extensions }
}

/** Writes a signal for the body of an HTTP request or response. @param others further keys */
export function encodeHttpSignal(signal: SignalReply, others: Record<string, unknown> = {}): string {
  const known = signal.sdp === undefined ? { id: signal.id.hex } : toJsonSignal(signal)
  return JSON.stringify({ ...known, ...others })
}

/** Reads the body of an HTTP request (an offer) or response (an answer, or the id of a node already connected). */
export function parseHttpSignal(body: string, type: 'offer', idLength: number): HttpSignal | undefined
export function parseHttpSignal(body: string, type: 'answer', idLength: number): HttpReply | undefined
export function parseHttpSignal(
  body: string,
  type: Description['type'],
  idLength: number
): HttpReply | undefined {
  return readJsonSignal(parseJsonObject(body), type, idLength)
}

/** The same for JSON that is parsed already. */
export function readJsonSignal(value: unknown, type: 'offer', idLength: number): HttpSignal | undefined
export function readJsonSignal(value: unknown, type: 'answer', idLength: number): HttpReply | undefined
export function readJsonSignal(
  value: unknown,
  type: Description['type'],
  idLength: number
): HttpReply | undefined
export function readJsonSignal(
  value: unknown,
  type: Description['type'],
  idLength: number
): HttpReply | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const from = value as Record<string, unknown>
  const id = parseHexId(from.id, idLength)
  if (id === undefined) return undefined
  if (type === 'answer' && from.sdp === undefined) return id ? { id } : undefined
  const { sdp, extensions = [] } = from
  const isDescription = from.type === type && typeof sdp === 'string' && isSessionDescription(sdp)
  if (!isDescription || Buffer.byteLength(sdp) > MAX_SDP_BYTES || !isExtensions(extensions)) return undefined
  return { id, type, sdp, extensions }
}

export function parseJsonObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined // not JSON: the caller says so to whoever sent it
  }
}

function parseHexId(value: unknown, idLength: number): Id | null | undefined {
  if (value === undefined || value === null) return null
  const isId = typeof value === 'string' && value.length === idLength * 2 && /^[0-9a-f]+$/i.test(value)
  return isId ? Id.fromHex(value) : undefined
}

function isExtensions(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_EXTENSIONS &&
    value.every(
      extension => typeof extension === 'string' && Buffer.byteLength(extension) <= MAX_EXTENSION_BYTES
    )
  )
}
