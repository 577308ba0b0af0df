/** What `record-cache` uses of `b4a`. */

function isBuffer(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array
}

function textOf(bytes: Uint8Array, encoding: BufferEncoding): string {
  return Buffer.from(bytes).toString(encoding)
}

export default { isBuffer, toString: textOf }
