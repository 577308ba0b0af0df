/**
 * `Buffer` in pages: what Node.js' does, in a quarter of the `buffer` package. It lacks UTF-16, `lastIndexOf` of text,
 * integers of any length (`readUIntBE`), floats, `BigInt`s, swapping and the deprecated constructor. A `Buffer` of another
 * package passes for one of these here, and one of these for one of theirs there: both have `_isBuffer`.
 */

import { isBytes } from '../is-bytes.js'

type Text = { encode(text: string): Uint8Array; decode(bytes: Uint8Array): string }

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

const utf8: Text = { encode: text => encoder.encode(text), decode: bytes => decoder.decode(bytes) }

const latin1: Text = {
  encode: text => Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)),
  decode: bytes => bytes.reduce((text, byte) => text + String.fromCharCode(byte), '')
}

const ascii: Text = { ...latin1, decode: bytes => latin1.decode(bytes.map(byte => byte & 0x7f)) }

/** Reads up to the first character that is no hex digit. */
const hex: Text = {
  encode: text => {
    const digits = /^([\da-f]{2})*/i.exec(text)?.[0] ?? ''
    return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
      Number.parseInt(digits.substr(i * 2, 2), 16)
    )
  },
  decode: bytes => bytes.reduce((text, byte) => text + HEX[byte], '')
}

/** Both alphabets are read, white space and other characters are skipped, and padding may be missing. */
const base64: Text = {
  encode: text => {
    const digits = text
      .replace(/=.*/s, '')
      .replace(/-/g, '+')
      .replace(/_/g, '/')
      .replace(/[^\w+/]/g, '')
    return latin1.encode(atob(digits.length % 4 === 1 ? digits.slice(0, -1) : digits))
  },
  decode: bytes => btoa(latin1.decode(bytes))
}

const base64url: Text = {
  ...base64,
  decode: bytes => base64.decode(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')
}

const ENCODINGS = new Map(
  Object.entries({ utf8, 'utf-8': utf8, hex, latin1, binary: latin1, ascii, base64, base64url })
)

function encodingOf(name: unknown = 'utf8'): Text {
  const encoding = ENCODINGS.get(String(name).toLowerCase())
  if (!encoding) throw new TypeError(`Unknown encoding: ${name}`)
  return encoding
}

/** A position from the caller, checked. @throws RangeError */
function position(value: number | undefined, fallback: number, max = Number.MAX_SAFE_INTEGER): number {
  if (value === undefined) return fallback
  if (typeof value !== 'number') throw new TypeError(`Not a number: ${value}`)
  if (!Number.isInteger(value) || value < 0 || value > max) throw new RangeError(`Out of range: ${value}`)
  return value
}

function bytesOf(value: unknown): Uint8Array {
  if (isBytes(value)) return value
  throw new TypeError('Neither a Buffer nor a Uint8Array')
}

/** The types know `ArrayBuffer`s only; it works on a `SharedArrayBuffer` as well. */
export class Buffer extends Uint8Array<ArrayBuffer> {
  declare readonly _isBuffer: true

  static override from(value: unknown, encodingOrOffset?: unknown, length?: number): Buffer {
    if (typeof value === 'string') return view(encodingOf(encodingOrOffset ?? 'utf8').encode(value))
    if (isArrayBuffer(value))
      return new Buffer(value, encodingOrOffset as number, length && Math.max(0, length))
    if (typeof value === 'object' && value !== null) {
      const primitive: unknown = value.valueOf()
      if (primitive !== value) return Buffer.from(primitive, encodingOrOffset, length)
      const { type, data } = value as { type?: unknown; data?: unknown }
      const items = type === 'Buffer' && Array.isArray(data) ? data : value
      if ('length' in items) return view(Uint8Array.from(items as ArrayLike<number>))
    }
    throw new TypeError(`A Buffer cannot be made from ${value === null ? 'null' : `a ${typeof value}`}`)
  }

  static alloc(size: number, fill?: string | number | Uint8Array, encoding?: string): Buffer {
    if (typeof size !== 'number') throw new TypeError(`Not a number: ${size}`)
    const buffer = view(new Uint8Array(size))
    return fill ? buffer.fill(fill, encoding) : buffer
  }

  static allocUnsafe(size: number): Buffer {
    return Buffer.alloc(size)
  }

  static allocUnsafeSlow(size: number): Buffer {
    return Buffer.alloc(size)
  }

  static isBuffer(value: unknown): value is Buffer {
    return (value as Partial<Buffer> | null | undefined)?._isBuffer === true && value !== Buffer.prototype
  }

  static isEncoding(name: unknown): boolean {
    return typeof name === 'string' && ENCODINGS.has(name.toLowerCase())
  }

  static byteLength(value: string | ArrayBufferView | ArrayBufferLike, encoding?: string): number {
    return typeof value === 'string' ? Buffer.from(value, encoding).length : value.byteLength
  }

  static compare(first: Uint8Array, second: Uint8Array): number {
    return view(bytesOf(first)).compare(second)
  }

  static concat(list: readonly Uint8Array[], totalLength?: number): Buffer {
    if (list.length === 0) return Buffer.alloc(0) // whatever the length
    const joined = Buffer.alloc(
      totalLength ?? list.reduce((length, bytes) => length + bytesOf(bytes).length, 0)
    )
    let end = 0
    for (const bytes of list) {
      joined.set(bytes.subarray(0, joined.length - end), end)
      end = Math.min(end + bytes.length, joined.length)
    }
    return joined
  }

  override toString(encoding?: string, start = 0, end = this.length): string {
    const bytes = this.subarray(Math.max(0, start), Math.max(0, end))
    return encodingOf(encoding).decode(bytes)
  }

  toJSON(): { type: 'Buffer'; data: number[] } {
    return { type: 'Buffer', data: [...this] }
  }

  equals(other: Uint8Array): boolean {
    return this.compare(other) === 0
  }

  compare(other: Uint8Array, start?: number, end?: number, thisStart?: number, thisEnd?: number): number {
    const theirs = bytesOf(other).subarray(position(start, 0), position(end, other.length, other.length))
    const ours = this.subarray(position(thisStart, 0), position(thisEnd, this.length, this.length))
    const length = Math.min(ours.length, theirs.length)
    for (let i = 0; i < length; i++) {
      const difference = (ours[i] as number) - (theirs[i] as number)
      if (difference !== 0) return Math.sign(difference)
    }
    return Math.sign(ours.length - theirs.length)
  }

  /** Shares its memory with this one, as Node.js has it. */
  override slice(start?: number, end?: number): Buffer {
    return this.subarray(start, end)
  }

  override subarray(start?: number, end?: number): Buffer {
    return super.subarray(start, end) as Buffer
  }

  copy(target: Uint8Array, targetStart?: number, start?: number, end?: number): number {
    const at = position(targetStart, 0)
    const from = position(start, 0, this.length)
    const bytes = this.subarray(from, position(end, this.length)).subarray(0, Math.max(0, target.length - at))
    if (bytes.length > 0) target.set(bytes, at)
    return bytes.length
  }

  /** `write(text, [offset], [length], [encoding])` */
  write(text: string, ...args: (number | string | undefined)[]): number {
    const encoding = args.find(argument => typeof argument === 'string')
    const [offset, length] = args.filter(argument => typeof argument !== 'string')
    const start = position(offset, 0, this.length)
    const room = this.subarray(start, start + position(length, this.length, this.length))
    const codec = encodingOf(encoding)
    // Half a character is not written.
    if (codec === utf8) return encoder.encodeInto(text, room).written
    const bytes = codec.encode(text).subarray(0, room.length)
    room.set(bytes)
    return bytes.length
  }

  /** `fill(value, [start], [end], [encoding])` */
  override fill(value: string | number | Uint8Array, ...args: (number | string | undefined)[]): this {
    const encoding = args.find(argument => typeof argument === 'string')
    const [start, end] = args.filter(argument => typeof argument !== 'string')
    const room = this.subarray(position(start, 0), position(end, this.length, this.length))
    const pattern = patternOf(value, encoding)
    if (room.length > 0 && pattern.length === 0 && value !== '')
      throw new TypeError(`Nothing to fill with: ${value}`)
    for (let i = 0; i < room.length; i++) room[i] = pattern[i % pattern.length] ?? 0
    return this
  }

  override indexOf(
    value: string | number | Uint8Array,
    from: number | string = 0,
    encoding?: string
  ): number {
    if (typeof from === 'string') return this.indexOf(value, 0, from)
    const pattern = patternOf(value, encoding)
    const last = this.length - pattern.length
    const start = Math.trunc(from) || 0
    let i = Math.max(0, start < 0 ? start + this.length : start)
    if (pattern.length === 0) return Math.min(i, this.length)
    while (i <= last && pattern.some((byte, j) => byte !== this[i + j])) i++
    return i <= last ? i : -1
  }

  override includes(value: string | number | Uint8Array, from?: number | string, encoding?: string): boolean {
    return this.indexOf(value, from, encoding) >= 0
  }
}

// On the prototype, as the `buffer` package has it.
Object.defineProperty(Buffer.prototype, '_isBuffer', { value: true })
for (const type of ['Uint', 'Int'] as const) {
  for (const bits of [8, 16, 32] as const) {
    for (const order of bits === 8 ? [''] : ['LE', 'BE']) defineNumber(type, bits, order)
  }
}

/** Defines for example `readUInt16BE` and `writeUInt16BE`, and the same with `Uint`. */
function defineNumber(type: 'Uint' | 'Int', bits: 8 | 16 | 32, order: string): void {
  const min = type === 'Int' ? -(2 ** (bits - 1)) : 0
  const max = min + 2 ** bits - 1
  const isLittleEndian = order === 'LE'
  const name: `${typeof type}${typeof bits}` = `${type}${bits}`

  function read(this: Buffer, offset?: number): number {
    return dataView(this)[`get${name}`](position(offset, 0), isLittleEndian)
  }

  function write(this: Buffer, value: number, offset?: number): number {
    const start = position(offset, 0)
    if (value < min || value > max) throw new RangeError(`Out of range: ${value}`)
    dataView(this)[`set${name}`](start, value, isLittleEndian)
    return start + bits / 8
  }

  for (const spelling of [name, name.replace('Ui', 'UI')]) {
    Object.defineProperty(Buffer.prototype, `read${spelling}${order}`, { value: read })
    Object.defineProperty(Buffer.prototype, `write${spelling}${order}`, { value: write })
  }
}

function dataView({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

/** The same memory as a `Buffer`. */
function view({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return new Buffer(buffer as ArrayBuffer, byteOffset, byteLength)
}

function patternOf(value: string | number | Uint8Array, encoding?: string): Uint8Array {
  if (typeof value === 'string') return encodingOf(encoding).encode(value)
  return typeof value === 'number' ? Uint8Array.of(value) : bytesOf(value)
}

/** Also one of another frame's. */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value))
}
