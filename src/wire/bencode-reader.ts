/**
 * Reads bencode (BEP 3) from strangers, value by value. It is strict: every value has one spelling, so that no two readers of a
 * message can take it for different ones.
 */

import { asBuffer } from '../as-buffer.js'
import { isBytes } from '../is-bytes.js'
import type { Value } from './value.js'

export type Bencoded = Value<Buffer>
export type Dictionary = { [key: string]: Bencoded }

/** Deep enough for `a.signals[i].extensions[j]`, the deepest message of the protocol, with one to spare. */
export const MAX_DEPTH = 6

/** No count in a message is longer: 999,999 is far above the message limit. */
const MAX_LENGTH_DIGITS = 6
/** A sign and the 16 digits of the largest integer that a double holds. */
const MAX_INTEGER_CHARACTERS = 17
/** Longer keys are rare; they are decoded as any text. */
const MAX_SHORT_KEY = 16

const MINUS = 0x2d
export const ZERO = 0x30
export const COLON = 0x3a
export const DICTIONARY = 0x64
export const END = 0x65
export const INTEGER = 0x69
const LIST = 0x6c

/** As the end of the last key: none has been read yet. */
export const NO_KEY = -1

const ASCII = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))
const PROTOTYPE = Buffer.from('__proto__')

/**
 * Decodes one value that fills all of `bytes`; `undefined` if it does not, or is not spelled as BEP 3 has it. Byte strings are
 * views of `bytes`: copy a short one to keep it without its message.
 *
 * @param maxDepth lists and dictionaries in each other, at most some hundreds
 */
export function decode(bytes: Uint8Array, maxDepth = MAX_DEPTH): Bencoded | undefined {
  const reader = new BencodeReader(asBuffer(bytes))
  const value = reader.readValue(maxDepth)
  return reader.isAtEnd ? value : undefined
}

export function dictionary(value: Bencoded | undefined): Dictionary | undefined {
  const isDictionary = typeof value === 'object' && !Array.isArray(value) && !isBytes(value)
  return isDictionary ? value : undefined
}

export class BencodeReader {
  readonly bytes: Buffer
  /** Where the next value begins. It means nothing once something was refused. */
  position = 0
  /** Where what is in the byte string begins that was read last. It ends at `position`. */
  start = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.position === this.bytes.length
  }

  /** Reads a value with at most this many lists and dictionaries in each other; `undefined` if there is none. */
  readValue(depth: number): Bencoded | undefined {
    const first = this.bytes[this.position]
    if (first === INTEGER) return this.readInteger()
    if (first === DICTIONARY) return depth > 0 ? this.#readDictionary(depth - 1) : undefined
    if (first === LIST) return depth > 0 ? this.#readList(depth - 1) : undefined
    return this.readByteString()
  }

  /** Reads a byte string, as a view of the message. */
  readByteString(): Buffer | undefined {
    return this.skipByteString() ? this.bytes.subarray(this.start, this.position) : undefined
  }

  /** Reads `i…e`. There is no -0, and no zero stands in front. */
  readInteger(): number | undefined {
    const { bytes } = this
    let position = this.position
    if (bytes[position] !== INTEGER) return undefined
    position++
    const start = position
    const isNegative = bytes[position] === MINUS
    if (isNegative) position++
    const digits = position
    let value = 0
    for (; position - start < MAX_INTEGER_CHARACTERS; position++) {
      const digit = (bytes[position] ?? 0) - ZERO
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    const count = position - digits
    const isCanonical = count > 1 ? bytes[digits] !== ZERO : count === 1 && !(isNegative && value === 0)
    if (!isCanonical || bytes[position] !== END || !Number.isSafeInteger(value)) return undefined
    this.position = position + 1
    return isNegative ? -value : value
  }

  /** Goes past a byte string; says whether there is one. */
  skipByteString(): boolean {
    const { bytes } = this
    const first = this.position
    let position = first
    let length = 0
    for (; position - first < MAX_LENGTH_DIGITS; position++) {
      const digit = (bytes[position] ?? 0) - ZERO
      if (digit < 0 || digit > 9) break
      length = length * 10 + digit
    }
    const isCanonical = position - first > 1 ? bytes[first] !== ZERO : position > first
    const start = position + 1
    if (!isCanonical || bytes[position] !== COLON || start + length > bytes.length) return false
    this.start = start
    this.position = start + length
    return true
  }

  /** Goes past a byte that is expected; says whether it is there. */
  skipByte(byte: number): boolean {
    if (this.bytes[this.position] !== byte) return false
    this.position++
    return true
  }

  /** Goes past a key; says whether there is one. Keys are sorted as raw bytes, and none is there twice. */
  skipKey(lastStart: number, lastEnd: number): boolean {
    if (!this.skipByteString()) return false
    const { bytes, start, position } = this
    return isBefore(bytes, lastStart, lastEnd, start, position) && !isPrototype(bytes, start, position)
  }

  #readList(depth: number): Bencoded[] | undefined {
    const list: Bencoded[] = []
    this.position++
    while (!this.skipByte(END)) {
      const value = this.readValue(depth)
      if (value === undefined) return undefined
      list.push(value)
    }
    return list
  }

  #readDictionary(depth: number): { [key: string]: Bencoded } | undefined {
    const { bytes } = this
    const dictionary: { [key: string]: Bencoded } = {}
    let count = 0
    let binaryKeys = 0
    let start = 0
    let end = NO_KEY
    this.position++
    while (!this.skipByte(END)) {
      if (!this.skipKey(start, end)) return undefined
      start = this.start
      end = this.position
      let key = readText(bytes, start, end)
      if (key === undefined) {
        key = bytes.toString('hex', start, end)
        binaryKeys++
      }
      const value = this.readValue(depth)
      if (value === undefined) return undefined
      dictionary[key] = value
      count++
    }
    // A key in hex may be spelled as another one.
    return binaryKeys > 0 && Object.keys(dictionary).length < count ? undefined : dictionary
  }
}

/** Whether the first key sorts before the second one, as raw bytes, and is not the same. */
function isBefore(
  bytes: Buffer,
  first: number,
  firstEnd: number,
  second: number,
  secondEnd: number
): boolean {
  const length = Math.min(firstEnd - first, secondEnd - second)
  for (let i = 0; i < length; i++) {
    const difference = (bytes[first + i] ?? 0) - (bytes[second + i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return firstEnd - first < secondEnd - second
}

/** Dictionaries become plain objects, whose prototype must not be a stranger's. Some text decoders drop what may stand before it. */
function isPrototype(bytes: Buffer, start: number, end: number): boolean {
  const from = end - PROTOTYPE.length
  if (from < start) return false
  for (let i = 0; i < PROTOTYPE.length; i++) if (bytes[from + i] !== PROTOTYPE[i]) return false
  return true
}

/** `undefined` if it is not UTF-8. */
function readText(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start > MAX_SHORT_KEY) return decodeText(bytes.subarray(start, end))
  let text = ''
  for (let i = start; i < end; i++) {
    const character = ASCII[bytes[i] ?? 0]
    if (character === undefined) return decodeText(bytes.subarray(start, end))
    text += character
  }
  return text
}

function decodeText(bytes: Buffer): string | undefined {
  const text = bytes.toString()
  return !text.includes('\ufffd') || Buffer.from(text).equals(bytes) ? text : undefined
}
