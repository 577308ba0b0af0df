/**
 * Random numbers that a seed determines, in streams: what the network draws does not shift what the churn draws, so a change
 * of one part leaves the others comparable.
 */

/** sfc32 (PractRand's small fast chaotic generator): 128 bits of state, some 5 ns a number. */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number, stream: string) {
    this.#a = hash(`${seed} a ${stream}`)
    this.#b = hash(`${seed} b ${stream}`)
    this.#c = hash(`${seed} c ${stream}`)
    for (let i = 0; i < 16; i++) this.bits()
  }

  /** 32 random bits, as an unsigned number. */
  bits(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** From 0 to below 1. */
  next(): number {
    return this.bits() / 2 ** 32
  }

  uniform(min: number, max: number): number {
    return min + (max - min) * this.next()
  }

  /** A whole number from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  isLucky(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)]
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next())
  }

  /** @param sigma of the logarithm: with 1 a sixth of all is above 2.7 medians */
  logNormal(median: number, sigma: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
    return median * Math.exp(sigma * normal)
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.bits() >>> 24
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length)
    this.fill(bytes)
    return bytes
  }
}

/** FNV-1a with a final mix, of a text. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return mix(value)
}

/** Mixes the bits of a number (the end of MurmurHash3). */
export function mix(value: number): number {
  let mixed = value | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
