/** Ids of nodes and keys of what they store: points of one space, in which the distance is the XOR of the bytes (BEP 5). */

import { asBuffer } from './as-buffer.js'

export class Id {
  /** Nobody may change them. */
  readonly bytes: Buffer
  /**
   * The first 32 bits: they tell most distances apart. A shorter id counts as if zeros followed. Signed, since V8 keeps such
   * integers in the object itself.
   */
  readonly prefix: number
  #hex: string | undefined

  private constructor(bytes: Buffer, hex?: string) {
    this.bytes = bytes
    this.prefix =
      (byteAt(bytes, 0) << 24) | (byteAt(bytes, 1) << 16) | (byteAt(bytes, 2) << 8) | byteAt(bytes, 3)
    this.#hex = hex
  }

  /** The id shares the memory of `bytes`. Copy them to keep the id longer than its message. */
  static of(bytes: Uint8Array): Id {
    return new Id(asBuffer(bytes))
  }

  /** @throws TypeError if it is not hex */
  static fromHex(hex: string): Id {
    const bytes = Buffer.from(hex, 'hex')
    if (bytes.length * 2 !== hex.length) throw new TypeError(`Not an id in hex: '${hex}'`)
    return new Id(bytes, hex.toLowerCase())
  }

  get hex(): string {
    this.#hex ??= this.bytes.toString('hex')
    return this.#hex
  }

  equals(other: Id): boolean {
    return this === other || compareDistances(this, this, other) === 0
  }

  toString(): string {
    return this.hex
  }
}

/** Below 0 where `a` is nearer to the target than `b`, above 0 where it is farther, 0 where they are the same id. */
export function compareDistances(target: Id, a: Id, b: Id): number {
  if (a.prefix !== b.prefix) {
    return ((a.prefix ^ target.prefix) >>> 0) - ((b.prefix ^ target.prefix) >>> 0)
  }
  for (let i = 4; i < target.bytes.length; i++) {
    const [first, second] = [byteAt(a.bytes, i), byteAt(b.bytes, i)]
    if (first !== second) return (first ^ byteAt(target.bytes, i)) - (second ^ byteAt(target.bytes, i))
  }
  return 0
}

export function isNearer(target: Id, a: Id, b: Id): boolean {
  return compareDistances(target, a, b) < 0
}

/** The number of leading bits that two ids have in common. It is also the index of a bucket: 0 is the far half of all ids. */
export function commonBits(a: Id, b: Id): number {
  if (a.prefix !== b.prefix) return Math.clz32(a.prefix ^ b.prefix)
  for (let i = 4; i < a.bytes.length; i++) {
    const difference = byteAt(a.bytes, i) ^ byteAt(b.bytes, i)
    if (difference !== 0) return 8 * i + Math.clz32(difference) - 24
  }
  return 8 * a.bytes.length
}

/** The distance as a number: for costs that grow with it. Its first 53 bits are exact, so near ids may seem equally far. */
export function distance(a: Id, b: Id): number {
  let result = 0
  for (let i = 0; i < a.bytes.length; i++) result = result * 256 + (byteAt(a.bytes, i) ^ byteAt(b.bytes, i))
  return result
}

function byteAt(bytes: Buffer, index: number): number {
  return bytes[index] ?? 0
}
