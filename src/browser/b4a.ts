/** The part of `b4a` that `record-cache` uses. */

import { isBytes } from '../is-bytes.js'

function isBuffer(value: unknown): value is Uint8Array {
  return isBytes(value)
}

function textOf(bytes: Uint8Array, encoding: BufferEncoding): string {
  return Buffer.from(bytes).toString(encoding)
}

export default { isBuffer, toString: textOf }
