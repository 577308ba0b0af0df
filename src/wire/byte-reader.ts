/** Reads bytes from front to back. Where too few are left they are zeros, and the end is never reached. */

export class ByteReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Whether all was read, and nothing beyond. */
  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length
  }

  take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return taken.length === length ? taken : Buffer.alloc(length)
  }

  takeByte(): number {
    return this.take(1)[0] ?? 0
  }
}
