/** The bytes that this package gives: `Buffer`s, described so that the types of Node.js are not needed. */

/**
 * A `Buffer`. Where the types of Node.js (`@types/node`) are present it is theirs; elsewhere it has what {@link PageBytes}
 * says, as in pages.
 */
export type Bytes = typeof globalThis extends { Buffer: { isBuffer(value: unknown): value is infer Bytes } }
  ? Bytes extends Uint8Array
    ? Bytes
    : PageBytes
  : PageBytes

/** How bytes are written as text. */
export type Encoding = 'utf8' | 'hex' | 'base64' | 'base64url' | 'latin1' | 'ascii'

/** The methods of a `Buffer` of this package in pages beyond those of a `Uint8Array`, as far as it is of use to applications. */
export interface PageBytes extends Uint8Array {
  /** @param encoding default: `'utf8'` */
  toString(encoding?: Encoding, start?: number, end?: number): string
  equals(other: Uint8Array): boolean
  compare(other: Uint8Array): number
  /** Copies into another array. @returns how many bytes */
  copy(target: Uint8Array, targetStart?: number, start?: number, end?: number): number
  /** Shares its memory with this one. */
  slice(start?: number, end?: number): PageBytes & Uint8Array<ArrayBuffer>
  subarray(start?: number, end?: number): PageBytes & Uint8Array<ArrayBuffer>
  readUInt8(offset?: number): number
  readUInt16BE(offset?: number): number
  readUInt32BE(offset?: number): number
}
