/** Reads numbers and byte strings as LevelDB writes them. Behind the end there are zeros and empty strings. */
export class Reader {
  readonly #bytes: Buffer
  #position: number

  constructor(bytes: Buffer, position = 0) {
    this.#bytes = bytes
    this.#position = position
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#bytes.length
  }

  /** A number in groups of seven bits, the lowest first. */
  number(): number {
    let value = 0
    for (let scale = 1; !this.isAtEnd; scale *= 128) {
      const byte = this.#bytes[this.#position++] ?? 0
      value += (byte & 127) * scale
      if (byte < 128) break
    }
    return value
  }

  bytes(length: number): Buffer {
    const start = this.#position
    this.#position += length
    return this.#bytes.subarray(start, this.#position)
  }

  /** A number, and so many bytes. */
  string(): Buffer {
    return this.bytes(this.number())
  }
}
