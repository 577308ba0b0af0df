/** Bencode (BEP 3): plain values to bytes, and bytes from strangers to plain values. */

import { type Bencoded, BencodeReader } from './bencode-reader.js'
import { BencodeWriter } from './bencode-writer.js'

export type { Bencoded }

/** Deep enough for `a.signals[i].extensions[j]`, the deepest message of the protocol, with one to spare. */
export const MAX_DEPTH = 6

/**
 * Writes a value. Text becomes UTF-8, `true` 1, `false` 0; what is `undefined` or `null` in a list or a dictionary is left out.
 *
 * @throws TypeError if there is something in it that bencode does not have: a fraction, for example, or a function
 */
export function encode(value: unknown): Buffer {
  const writer = new BencodeWriter()
  writer.value(value)
  return writer.written
}

/**
 * Decodes one value that fills all of `bytes`; `undefined` if it does not, or is not spelled as BEP 3 has it. Byte strings are
 * views of `bytes`: copy a short one to keep it without its message.
 *
 * @param maxDepth lists and dictionaries in each other, at most some hundreds
 */
export function decode(bytes: Uint8Array, maxDepth = MAX_DEPTH): Bencoded | undefined {
  const reader = new BencodeReader(bytes)
  const value = reader.readValue(maxDepth)
  return reader.isAtEnd ? value : undefined
}
