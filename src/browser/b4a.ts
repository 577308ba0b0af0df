/** What `record-cache` uses of `b4a`. */

export function isBuffer(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array
}

export { textOf as toString }

function textOf(bytes: Uint8Array, encoding: BufferEncoding): string {
  return Buffer.from(bytes).toString(encoding)
}
