/** Writes bencode (BEP 3), piece after piece, into memory that grows as it fills. Each value has one spelling. */

import { isBytes } from '../is-bytes.js'

/** Most messages fit. */
const FIRST_SIZE = 512
/** Byte by byte is quicker for so few. */
const MAX_SHORT = 32
const MAX_ASCII = 0x7f

const ZERO = 0x30
const COLON = 0x3a
const DICTIONARY = 0x64
const END = 0x65
const INTEGER = 0x69
const LIST = 0x6c
const FIRST_SURROGATE = 0xd800
const LAST_SURROGATE = 0xdfff

/**
 * Writes a value. Text becomes UTF-8, `true` 1, `false` 0; what is `undefined` or `null` in a list or a dictionary is left out.
 *
 * @throws TypeError if there is something in it that bencode does not have: a fraction, for example, or a function
 */
export function encode(value: unknown): Buffer {
  const writer = new BencodeWriter()
  writer.value(value)
  return writer.written
}

export class BencodeWriter {
  #bytes: Buffer
  #length = 0

  constructor(size = FIRST_SIZE) {
    this.#bytes = Buffer.allocUnsafe(size)
  }

  /** All that was written. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** @throws TypeError if it has no place in bencode */
  value(value: unknown): void {
    if (typeof value === 'string') this.text(value)
    else if (typeof value === 'number') this.integer(value)
    else if (typeof value === 'boolean') this.integer(value ? 1 : 0)
    else if (typeof value === 'object' && value !== null) this.#object(value)
    else throw new TypeError(`Bencode has no ${value === null ? 'null' : typeof value}`)
  }

  /** @throws TypeError if it is not an integer that a double holds exactly */
  integer(value: number): void {
    if (!Number.isSafeInteger(value)) throw new TypeError(`Bencode has safe integers only: ${value}`)
    this.#byte(INTEGER)
    this.#decimal(value)
    this.#byte(END)
  }

  byteString(bytes: Uint8Array): void {
    this.#decimal(bytes.length)
    this.#byte(COLON)
    this.bytes(bytes)
  }

  /** A byte string that holds UTF-8. */
  text(text: string): void {
    if (text.length <= MAX_SHORT && this.#shortAscii(text)) return
    const length = Buffer.byteLength(text)
    this.#decimal(length)
    this.#byte(COLON)
    this.#reserve(length)
    this.#length += this.#bytes.write(text, this.#length)
  }

  /** Bencode as it stands, in ASCII. */
  raw(bencode: string): void {
    this.#reserve(bencode.length)
    for (let i = 0; i < bencode.length; i++) this.#bytes[this.#length++] = bencode.charCodeAt(i)
  }

  /** Bencode as it stands, or a part of a byte string whose length was written. */
  bytes(bytes: Uint8Array): void {
    const { length } = bytes
    this.#reserve(length)
    if (length > MAX_SHORT) this.#bytes.set(bytes, this.#length)
    else for (let i = 0; i < length; i++) this.#bytes[this.#length + i] = bytes[i] ?? 0
    this.#length += length
  }

  /** Says whether it could: whether it is ASCII. */
  #shortAscii(text: string): boolean {
    const before = this.#length
    this.#decimal(text.length)
    this.#byte(COLON)
    this.#reserve(text.length)
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > MAX_ASCII) {
        this.#length = before
        return false
      }
      this.#bytes[this.#length++] = code
    }
    return true
  }

  #object(value: object): void {
    if (isBytes(value)) this.byteString(value)
    else if (Array.isArray(value)) this.#list(value)
    else if (Object.getPrototypeOf(value) === Object.prototype) this.#dictionary(value)
    else this.#rareObject(value)
  }

  #rareObject(value: object): void {
    if (ArrayBuffer.isView(value)) {
      this.byteString(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    } else if (value instanceof ArrayBuffer) this.byteString(new Uint8Array(value))
    else if (value instanceof Set) this.#list(value)
    else if (value instanceof Map) this.#map(value)
    else if (value instanceof Number || value instanceof String || value instanceof Boolean) {
      this.value(value.valueOf())
    } else {
      const what = Object.prototype.toString.call(value)
      if (what !== '[object Object]') throw new TypeError(`Bencode has no ${what.slice(8, -1)}`)
      this.#dictionary(value)
    }
  }

  #list(values: Iterable<unknown>): void {
    this.#byte(LIST)
    for (const value of values) if (value !== undefined && value !== null) this.value(value)
    this.#byte(END)
  }

  #dictionary(value: object): void {
    const fields = value as Record<string, unknown>
    this.#byte(DICTIONARY)
    for (const key of sortedKeys(fields)) {
      const field = fields[key]
      if (field === undefined || field === null) continue
      this.#key(key)
      this.value(field)
    }
    this.#byte(END)
  }

  #key(key: string): void {
    if (key.length <= MAX_SHORT && this.#shortAscii(key)) return
    const bytes = Buffer.from(key)
    // Half characters would all become the same one.
    if (bytes.toString() !== key) throw new TypeError(`Not a key in UTF-8: '${key}'`)
    this.byteString(bytes)
  }

  /** Its keys may be bytes. */
  #map(map: Map<unknown, unknown>): void {
    const entries = [...map]
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([key, value]) => ({ key: bytesOfKey(key), value }))
      .sort((a, b) => Buffer.compare(a.key, b.key))
    this.#byte(DICTIONARY)
    let last: Buffer | undefined
    for (const { key, value } of entries) {
      if (last?.equals(key)) throw new TypeError(`A key is there twice: '${key}'`)
      last = key
      this.byteString(key)
      this.value(value)
    }
    this.#byte(END)
  }

  #decimal(value: number): void {
    if (value >= 0 && value < 10) this.#byte(ZERO + value)
    else this.raw(String(value))
  }

  #byte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  #reserve(size: number): void {
    const needed = this.#length + size
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length))
    grown.set(this.written)
    this.#bytes = grown
  }
}

/** Keys are often in order already. */
function sortedKeys(fields: Record<string, unknown>): string[] {
  const keys = Object.keys(fields)
  for (let i = 1; i < keys.length; i++) {
    if (compareKeys(keys[i - 1] ?? '', keys[i] ?? '') > 0) return keys.sort(compareKeys)
  }
  return keys
}

/** As raw bytes in UTF-8 are sorted. */
function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [first, second] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (first !== second) return rankOf(first) - rankOf(second)
  }
  return a.length - b.length
}

/** Where surrogates are in UTF-16, code points beyond all other units are meant. */
function rankOf(unit: number): number {
  return unit >= FIRST_SURROGATE && unit <= LAST_SURROGATE ? unit + 0x10000 : unit
}

function bytesOfKey(key: unknown): Buffer {
  if (ArrayBuffer.isView(key)) return Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  return Buffer.from(String(key))
}
