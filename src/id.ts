/** Ids of nodes and keys of what they store: points of one space, whose distance is the XOR of their bytes (BEP 5). */

export class Id {
  readonly bytes: Buffer
  /** The first 32 bits, unsigned: enough to tell most distances apart. */
  readonly prefix: number
  #hex: string | undefined

  private constructor(bytes: Buffer, hex?: string) {
    this.bytes = bytes
    this.prefix = prefixOf(bytes)
    this.#hex = hex
  }

  static of(bytes: Uint8Array): Id {
    return new Id(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  }

  static fromHex(hex: string): Id {
    return new Id(Buffer.from(hex, 'hex'), hex.toLowerCase())
  }

  get hex(): string {
    this.#hex ??= this.bytes.toString('hex')
    return this.#hex
  }

  equals(other: Id): boolean {
    return this === other || (this.prefix === other.prefix && this.bytes.equals(other.bytes))
  }
}

/** Below 0 where `a` is nearer to the target than `b`. */
export function compareDistances(target: Id, a: Id, b: Id): number {
  const first = (a.prefix ^ target.prefix) >>> 0
  const second = (b.prefix ^ target.prefix) >>> 0
  if (first !== second) return first - second
  for (let i = 4; i < target.bytes.length; i++) {
    const difference =
      ((a.bytes[i] ?? 0) ^ (target.bytes[i] ?? 0)) - ((b.bytes[i] ?? 0) ^ (target.bytes[i] ?? 0))
    if (difference !== 0) return difference
  }
  return 0
}

/** The number of leading bits that two ids have in common. It is also the index of a bucket: 0 is the far half of all ids. */
export function commonBits(a: Id, b: Id): number {
  for (let i = 0; i < a.bytes.length; i++) {
    const difference = (a.bytes[i] ?? 0) ^ (b.bytes[i] ?? 0)
    if (difference !== 0) return 8 * i + Math.clz32(difference) - 24
  }
  return 8 * a.bytes.length
}

/** The distance as a number: its first 53 bits are exact. */
export function distance(a: Id, b: Id): number {
  let result = 0
  for (let i = 0; i < a.bytes.length; i++) result = result * 256 + ((a.bytes[i] ?? 0) ^ (b.bytes[i] ?? 0))
  return result
}

function prefixOf(bytes: Buffer): number {
  return (((bytes[0] ?? 0) << 24) | ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)) >>> 0
}
