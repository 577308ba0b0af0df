/** Values of BEP 44: everything that bencode has. */

/** A value: bytes, an integer, a list or a dictionary of these. */
export type Value<B extends Uint8Array> = B | number | Value<B>[] | { [key: string]: Value<B> }

/** The same value with other bytes: each byte string goes through `map`. */
export function mapBytes<From extends Uint8Array, To extends Uint8Array>(
  value: Value<From>,
  map: (bytes: From) => To
): Value<To> {
  if (Array.isArray(value)) return value.map(item => mapBytes(item, map))
  if (isByteString(value)) return map(value)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapBytes(item, map)]))
}

/** Views of any realm. */
function isByteString<B extends Uint8Array>(value: Value<B>): value is B {
  return ArrayBuffer.isView(value)
}
