/** `Uint8Array`s of any realm: of a frame, a `node:vm` context or jsdom, where `instanceof` does not tell. */

/** `%TypedArray%.prototype[@@toStringTag]`: the kind of a typed array of any realm. As fast as `instanceof`. */
const kindOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag
)?.get

/** Whether it is a `Uint8Array`, a `Buffer` included. */
export function isBytes(value: unknown): value is Uint8Array {
  return kindOf?.call(value) === 'Uint8Array'
}
