/** Reads what callers pass to `put` and `get` (BEP 44), copied: they may go on to change what they passed. */

import {
  invalid,
  invalidKey,
  isMissing,
  isWellFormed,
  optional,
  readFunction,
  readOptions,
  readSafely,
  readSalt,
  readSequence
} from '../arguments.js'
import { asBuffer } from '../as-buffer.js'
import { andThen, orElse } from '../awaitable.js'
import { messageOf, WebTorrentDHTError } from '../errors.js'
import { isBytes } from '../is-bytes.js'
import { describe } from '../quoting.js'
import type { GetOptions, MutablePut, StoredValue, Verify } from '../upstream.js'
import { type Bencoded, encode } from '../wire/bencode.js'
import { isTooLong, MAX_BYTE_STRING_BYTES, MAX_VALUE_BYTES, MAX_VALUE_DEPTH } from '../wire/value-limits.js'

const PUBLIC_KEY_BYTES = 32
const SIGNATURE_BYTES = 64
/** A message with such a key is refused: see bencode-reader.ts. */
const PROTOTYPE = '__proto__'

export type Unsigned = Pick<StoredValue, 'v' | 'k' | 'seq' | 'salt'>

/** The arguments of a `put`. */
export interface PutRequest {
  value: Unsigned
  /** The signature of a mutable value, or what makes it. */
  sig?: Buffer | Sign
  /** The sequence number that the replaced version must have. */
  cas?: number | undefined
}

/** The caller's `sign`: what it returns is checked by `readSignature`. */
export type Sign = (message: Buffer) => unknown

/** @throws WebTorrentDHTError `EINVAL` */
export function readPut(given: unknown): PutRequest {
  return readSafely('value', () => readRequest(given))
}

function readRequest(given: unknown): PutRequest {
  if (typeof given === 'string' || isBytes(given)) return { value: { v: readValue('value', given) } }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalid('value', given, 'bytes, a string, or { v: … }')
  const fields: { [Name in keyof MutablePut]?: unknown } = given
  if (!('v' in given)) throw invalidKey('value', given, 'bytes, a string, or { v: … }')
  const v = readValue('v', fields.v)
  const k = optional(readPublicKey, 'k', fields.k)
  if (!k) {
    // Other fields of mutable values may be there: `get` gives them, and what it gives may be put.
    if (fields.sign) throw invalidKey('k', fields.k, 'the public key of `sign`, 32 bytes')
    return { value: { v } }
  }
  const seq = readSequence('seq', fields.seq)
  const cas = optional(readSequence, 'cas', fields.cas)
  const sign = optional(readSign, 'sign', fields.sign)
  if (!sign && isMissing(fields.sig)) throw invalid('sign', sign, 'a function, or `sig` the signature')
  const sig = sign ?? readSignature('sig', fields.sig)
  const salt = readOptionalSalt('salt', fields.salt)
  return { value: { v, k, seq, ...(salt && { salt }) }, sig, cas }
}

/** @throws WebTorrentDHTError `EINVAL` */
export function readGetOptions(given: GetOptions | null | undefined) {
  return readSafely('options', () => readWanted(given))
}

function readWanted(given: GetOptions | null | undefined) {
  const { verify, salt, k, cache } = readOptions(given, ['verify', 'salt', 'k', 'cache'])
  const check = optional(readFunction<Verify>, 'options.verify', verify)
  if (!isMissing(cache) && typeof cache !== 'boolean') throw invalid('options.cache', cache, 'true or false')
  return {
    verify: check && withBuffers(check),
    salt: readOptionalSalt('options.salt', salt),
    k: optional(readPublicKey, 'options.k', k),
    asksAnyway: cache === false
  }
}

/** The signature of a mutable value. WebCrypto gives an `ArrayBuffer`. @throws WebTorrentDHTError `EINVAL` */
export function readSignature(name: string, value: unknown): Buffer {
  const bytes = isArrayBuffer(value) ? Buffer.from(value) : value
  if (isBytes(bytes) && bytes.length === SIGNATURE_BYTES) return Buffer.from(asBuffer(bytes))
  throw invalidKey(name, value, `a signature, ${SIGNATURE_BYTES} bytes`)
}

/** Wraps a check of signatures: it gets `Buffer`s, and if it throws or rejects, the signature is not valid. */
export function withBuffers(verify: Verify): Verify {
  return (signature, message, publicKey) => {
    try {
      return orElse(
        andThen(verify(asBuffer(signature), asBuffer(message), asBuffer(publicKey)), Boolean),
        false
      )
    } catch {
      return false // not a key
    }
  }
}

/** It is not quoted: it may be a private key. */
function readSign(name: string, value: unknown): Sign {
  if (typeof value === 'function') return readFunction<Sign>(name, value)
  throw invalidKey(name, value, 'a function')
}

/** Wraps the application's hash: it gives a `Buffer`, or `EAPPLICATION`. @param length of what it gave before */
export function withLength(
  hash: (bytes: Uint8Array) => unknown,
  length: number
): (bytes: Uint8Array) => Buffer {
  return bytes => {
    try {
      const result = hash(bytes)
      if (isBytes(result) && result.length === length) return asBuffer(result)
      throw new TypeError(`it gave ${describe(result)}, not ${length} bytes`)
    } catch (cause) {
      throw new WebTorrentDHTError('EAPPLICATION', `hash failed: ${messageOf(cause)}`, { cause })
    }
  }
}

function readPublicKey(name: string, value: unknown): Buffer {
  if (isBytes(value) && value.length === PUBLIC_KEY_BYTES) return Buffer.from(asBuffer(value))
  throw invalidKey(name, value, `an ed25519 public key, ${PUBLIC_KEY_BYTES} bytes`)
}

/** An empty salt is none. The bytes are a copy. */
export function readOptionalSalt(name: string, value: unknown): Buffer | undefined {
  const salt = readSafely(name, () => optional(readSalt, name, value))
  return salt && salt.length > 0 ? Buffer.from(salt) : undefined
}

/** A value to put. @throws WebTorrentDHTError `EINVAL` */
export function readValue(name: string, value: unknown): Bencoded {
  const read = new ValueReader().read(name, value, MAX_VALUE_DEPTH)
  if (!isTooLong(read)) return read
  const length = isBytes(read) ? `${read.length} bytes` : `${encode(read).length} bytes when bencoded`
  const most = `${MAX_VALUE_BYTES} when bencoded (BEP 44), or ${MAX_BYTE_STRING_BYTES} as bytes`
  throw new WebTorrentDHTError('EINVAL', `${name} has ${length}; it should have at most ${most}`)
}

/** Copies a value as it comes out of a message: text becomes bytes. */
class ValueReader {
  /** Lists that are within each other twice would never end. */
  #count = 0

  read(name: string, value: unknown, depth: number): Bencoded {
    if (++this.#count > MAX_VALUE_BYTES) throw invalid(name, value, 'part of a smaller value')
    if (isBytes(value)) return Buffer.from(asBuffer(value))
    if (typeof value === 'string' && isWellFormed(value)) return Buffer.from(value)
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value + 0 // no -0
    const isList = Array.isArray(value)
    if (!isList && !isDictionary(value))
      throw invalid(name, value, 'bytes, a string, a safe integer, or an array or plain object of these')
    if (depth === 0) throw invalid(name, value, `nested ${MAX_VALUE_DEPTH} levels at most`)
    if (isList) return Array.from(value, (item, i) => this.read(`${name}[${i}]`, item, depth - 1))
    const entries = Object.entries(value)
    return Object.fromEntries(
      entries.map(([key, item]) => [readKey(name, key), this.read(`${name}.${key}`, item, depth - 1)])
    )
  }
}

function readKey(name: string, key: string): string {
  if (isWellFormed(key) && !key.endsWith(PROTOTYPE)) return key
  throw invalid(`a key of ${name}`, key, `well-formed text that does not end in ${PROTOTYPE}`)
}

function isDictionary(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]'
}

/** Of any realm. */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === '[object ArrayBuffer]'
}
