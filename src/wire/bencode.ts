/**
 * Bencode (BEP 3) from strangers. The structure is checked before it is decoded: `bencode` accepts trailing bytes,
 * recurses as deep as it is told to, and its version 2, which `k-rpc-socket` decodes with, loops for ever on `l-3:e`.
 */

import bencode from 'bencode'

/** Deep enough for `a.signals[i].extensions[j]`, the deepest message of the protocol, with one to spare. */
const MAX_DEPTH = 6
/** No count in a message is longer: 999,999 is far above the message limit. */
const MAX_LENGTH_DIGITS = 6
/** A sign and the 16 digits of the largest integer that a double holds. */
const MAX_INTEGER_CHARACTERS = 17

const COLON = 0x3a
const MINUS = 0x2d
const ZERO = 0x30
const DICTIONARY = 0x64
const END = 0x65
const INTEGER = 0x69
const LIST = 0x6c

export type Bencoded = Uint8Array | number | Bencoded[] | { [key: string]: Bencoded }

export function encode(value: unknown): Buffer {
  const bytes: Uint8Array = bencode.encode(value)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Decodes one bencoded value that fills all of `bytes`; `undefined` if it does not. */
export function decode(bytes: Uint8Array, _maxDepth = MAX_DEPTH): Bencoded | undefined {
  return endOfValue(bytes, 0, 0) === bytes.length ? bencode.decode(bytes) : undefined
}

/** Where the value that begins at `start` ends, or -1 if it is not well formed. */
function endOfValue(bytes: Uint8Array, start: number, depth: number): number {
  const first = bytes[start]
  if (first === INTEGER) return endOfInteger(bytes, start + 1)
  if (first !== LIST && first !== DICTIONARY) return endOfString(bytes, start)
  if (depth === MAX_DEPTH) return -1
  let position = start + 1
  while (position < bytes.length && bytes[position] !== END) {
    if (first === DICTIONARY) {
      const keyEnd = endOfString(bytes, position)
      if (keyEnd < 0 || isPrototypeKey(bytes, keyEnd)) return -1
      position = keyEnd
    }
    position = endOfValue(bytes, position, depth + 1)
    if (position < 0) return -1
  }
  return position < bytes.length ? position + 1 : -1
}

function endOfString(bytes: Uint8Array, start: number): number {
  let length = 0
  let position = start
  while (isDigit(bytes[position])) {
    if (position - start === MAX_LENGTH_DIGITS) return -1
    length = length * 10 + (bytes[position] as number) - ZERO
    position++
  }
  if (position === start || bytes[position] !== COLON) return -1
  const end = position + 1 + length
  return end <= bytes.length ? end : -1
}

function endOfInteger(bytes: Uint8Array, start: number): number {
  const digits = bytes[start] === MINUS ? start + 1 : start
  let position = digits
  while (isDigit(bytes[position])) position++
  const isEmpty = position === digits
  if (isEmpty || position - start > MAX_INTEGER_CHARACTERS || bytes[position] !== END) return -1
  const isExact = Number.isSafeInteger(Number(Buffer.from(bytes.subarray(start, position)).toString()))
  return isExact ? position + 1 : -1
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= ZERO + 9
}

/** `decode` builds plain objects, whose `__proto__` must not be a stranger's; it strips a byte order mark before it. */
function isPrototypeKey(bytes: Uint8Array, keyEnd: number): boolean {
  const name = '__proto__'
  if (keyEnd < name.length + 2) return false
  for (let i = 0; i < name.length; i++) {
    if (bytes[keyEnd - name.length + i] !== name.charCodeAt(i)) return false
  }
  return true
}
