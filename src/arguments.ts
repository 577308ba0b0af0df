/**
 * Checks of what the caller passes. Each `read…` returns the value in the form that this package works with, or throws `EINVAL` with
 * the name of the argument, the value, and what to pass instead. `null` counts as left out wherever an argument may be left out.
 */

import { type Abortable, isAbortSignal } from './abort-signals.js'
import { asBuffer } from './as-buffer.js'
import { messageOf, WebTorrentDHTError } from './errors.js'
import { Id } from './id.js'
import { isBytes } from './is-bytes.js'
import { parseHost } from './place.js'
import { describe, quote, shorten } from './quoting.js'
import { suggest } from './unknown-name.js'
import { MAX_PORT } from './wire/compact.js'
import { MAX_PROTOCOL_BYTES } from './wire/signal.js'

export { quote } from './quoting.js'

/** BEP 44. */
const MAX_SALT_BYTES = 64

/** The error for a wrong value. @param wanted what to pass, to go on with "it should be" */
export function invalid(name: string, value: unknown, wanted: string): WebTorrentDHTError {
  return wrong(name, quote(value), wanted)
}

/** The same for a value that may be a secret: a private key in the place of a public one, for example. */
export function invalidKey(name: string, value: unknown, wanted: string): WebTorrentDHTError {
  return wrong(name, describe(value), wanted)
}

function wrong(name: string, shown: string, wanted: string): WebTorrentDHTError {
  return new WebTorrentDHTError('EINVAL', `${shorten(name)} is ${shown}; it should be ${wanted}`)
}

/** Reads what the caller passes: a getter, a proxy or a detached `ArrayBuffer` may throw. @throws WebTorrentDHTError `EINVAL` */
export function readSafely<Result>(name: string, read: () => Result): Result {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof WebTorrentDHTError) throw cause
    throw new WebTorrentDHTError('EINVAL', `${name} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

/** True for text that UTF-8 can say: without half a surrogate pair, which would become another character. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}

/** True for an argument that was left out. */
export function isMissing(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

/** Reads an argument that may be left out. */
export function optional<Value>(
  read: (name: string, value: unknown) => Value,
  name: string,
  value: unknown
): Value | undefined {
  return isMissing(value) ? undefined : read(name, value)
}

/** An info hash, a key, or the id of a node, as bytes or hex. The id has memory of its own. */
export function readId(name: string, value: unknown, length: number): Id {
  if (isBytes(value) && value.length === length) return Id.of(Buffer.from(asBuffer(value)))
  if (typeof value === 'string' && value.length === 2 * length && /^[0-9a-f]+$/i.test(value)) {
    return Id.fromHex(value)
  }
  throw invalid(name, value, `${length} bytes or ${2 * length} hex digits${hintFor(name, value)}`)
}

/** Other names of torrents and values, with what to do with them. */
function hintFor(name: string, value: unknown): string {
  const isLong =
    typeof value === 'string' ? /^[0-9a-f]{64}$/i.test(value) : isBytes(value) && value.length === 32
  if (name === 'key' && isLong) return ': a public key is for `promises.record`'
  if (typeof value !== 'string' || value === '') return ''
  if (/^(magnet:|urn:)/i.test(value)) return ': the info hash that it names'
  if (/^[a-z2-7]{32}$/i.test(value)) return ': decode base32 first'
  if (/^(1220)?[0-9a-f]{64}$/i.test(value)) return ': of a SHA-256 info hash the first 20 bytes'
  return /^(infoHash|key)$/.test(name) ? ': to use a name, hash it (SHA-1)' : ''
}

export function readPort(name: string, value: unknown): number {
  return readInteger(name, value, 1, MAX_PORT)
}

/** The port of an announcement: 0, or left out, is the port that the other nodes see (`implied_port`, BEP 5). */
export function readAnnouncedPort(name: string, value: unknown): number {
  if (value === 0 || value === undefined || value === null) return 0
  if (isIntegerWithin(value, 1, MAX_PORT)) return value
  throw invalid(
    name,
    value,
    `a whole number from 1 to ${MAX_PORT}; 0 or nothing for the port that others see`
  )
}

/** A sequence number of BEP 44. */
export function readSequence(name: string, value: unknown): number {
  return readInteger(name, value, 0, Number.MAX_SAFE_INTEGER)
}

/** A whole number above 0. */
export function readCount(name: string, value: unknown): number {
  if (isIntegerWithin(value, 1, Number.MAX_SAFE_INTEGER)) return value
  throw invalid(name, value, 'a whole number above 0')
}

export function readInteger(name: string, value: unknown, least: number, most: number): number {
  if (isIntegerWithin(value, least, most)) return value
  throw invalid(name, value, `a whole number from ${least} to ${most}`)
}

function isIntegerWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}

/** A number above 0; `Infinity` too. */
export function readPositive(name: string, value: unknown): number {
  if (typeof value === 'number' && value > 0) return value
  throw invalid(name, value, 'a number above 0')
}

/** Bytes, or text as UTF-8. @param most how many bytes there may be */
export function readBytes(name: string, value: unknown, least: number, most: number): Buffer {
  const bytes = bytesOf(value)
  if (bytes && bytes.length >= least && bytes.length <= most) return bytes
  throw invalid(name, value, `bytes or a string, ${least} to ${most} bytes long`)
}

function bytesOf(value: unknown): Buffer | undefined {
  if (isBytes(value)) return asBuffer(value)
  return typeof value === 'string' && isWellFormed(value) ? Buffer.from(value) : undefined
}

/** The salt of a signed value (BEP 44). */
export function readSalt(name: string, value: unknown): Buffer {
  return readBytes(name, value, 0, MAX_SALT_BYTES)
}

/** The name of a protocol or a network. */
export function readName(name: string, value: unknown): string {
  const length = typeof value === 'string' && isWellFormed(value) ? Buffer.byteLength(value) : 0
  if (typeof value === 'string' && length >= 1 && length <= MAX_PROTOCOL_BYTES) return value
  throw invalid(name, value, `a string of 1 to ${MAX_PROTOCOL_BYTES} bytes`)
}

/** The name of an owner of a connection. @param reserved the name that is no application's */
export function readTag(name: string, value: unknown, reserved: string): string {
  if (typeof value === 'string' && value !== '' && value !== reserved) return value
  throw invalid(name, value, `a string, not empty and not '${reserved}'`)
}

/** A node to add: its place, and more that is not checked here. With an id it may have port 0, where nobody is. */
export function readContact<Node extends { host: string; port: number }>(name: string, value: Node): Node {
  const { host, id } = readObject(name, value)
  // A link-local address may have a zone (`fe80::1%eth0`): nobody is reached there, but it is one.
  if (typeof host !== 'string' || parseHost(host.replace(/%.*$/, '')) === undefined) {
    throw invalid(`${name}.host`, host, 'a name or an address')
  }
  readInteger(`${name}.port`, value.port, isMissing(id) ? 1 : 0, MAX_PORT)
  return value
}

/**
 * A peer of `k-rpc`, in the form that `dgram` takes: it has `host` or `address`, and the port may be digits. A host that is none,
 * and port 0, stand for a place where nobody is.
 */
export function readPeer<Peer extends object>(name: string, value: Peer): Peer {
  const { host, address, port, id } = readObject(name, value)
  readText(`${name}.host`, host ?? address, 0)
  readInteger(`${name}.port`, typeof port === 'string' && port !== '' ? Number(port) : port, 0, MAX_PORT)
  if (id && !isBytes(id)) throw invalid(`${name}.id`, id, 'bytes')
  return value
}

/** A query of an application's own: its method is text or any bytes. */
export function readQuery<Query extends object>(name: string, value: Query): Query {
  const { q } = readObject(name, value)
  if (typeof q !== 'string' && !isBytes(q)) throw invalid(`${name}.q`, q, 'the name of a method')
  return value
}

function readText(name: string, value: unknown, least: number): string {
  if (typeof value === 'string' && value.length >= least) return value
  throw invalid(name, value, least > 0 ? 'a string, not empty' : 'a string')
}

export function readBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw invalid(name, value, '`true` or `false`')
}

/** A callback, or a function that does nothing where none is given. */
export function readCallback<Callback extends (...args: never[]) => void>(
  name: string,
  value: Callback | null | undefined
): Callback | (() => void) {
  return optional(readFunction<Callback>, name, value) ?? (() => {})
}

/** A function. The types say of which kind. */
export function readFunction<Wanted extends (...args: never[]) => unknown>(
  name: string,
  value: unknown
): Wanted {
  if (isFunction<Wanted>(value)) return value
  throw invalid(name, value, 'a function')
}

function isFunction<Wanted>(value: unknown): value is Wanted {
  return typeof value === 'function'
}

/** The options of a method; none where none are given. @param known all that there are */
export function readOptions<Options extends object>(
  value: Options | null | undefined,
  known: readonly (keyof Options & string)[]
): Partial<Options> {
  return readSafely('options', () => {
    if (isAbortSignal(value)) throw invalid('options', value, 'an object: pass { signal }')
    const options = optional(readObject<Partial<Options>>, 'options', value) ?? {}
    checkNames('options', options, known)
    return options
  })
}

/** @throws WebTorrentDHTError `EINVAL` for a field that nobody knows */
export function checkNames(name: string, fields: object, known: readonly string[]): void {
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined || known.includes(field)) continue
    const text = `${name} has no field ${quote(field)}${suggest(field, known)}`
    throw new WebTorrentDHTError('EINVAL', text)
  }
}

/** An object with fields: no list, no bytes, no `Map`. */
export function readObject<Fields extends object = Record<string, unknown>>(
  name: string,
  value: unknown
): Fields {
  if (isObject<Fields>(value)) return value
  throw invalid(name, value, 'an object')
}

function isObject<Fields>(value: unknown): value is Fields {
  return (
    typeof value === 'object' && value !== null && !(Symbol.iterator in value) && !ArrayBuffer.isView(value)
  )
}

/** The option `signal`: an `AbortSignal` of any realm. */
export function readSignal({ signal }: { signal?: unknown }): Abortable | undefined {
  if (isMissing(signal)) return undefined
  if (isAbortSignal(signal)) return signal
  throw invalid('options.signal', signal, 'an AbortSignal')
}
