/** The part of `err-code` that `simple-peer` uses. */

/** Defined, not set: the `code` of a `DOMException` cannot be. */
export default function withCode(error: Error, code: string): Error {
  return Object.defineProperty(error, 'code', { value: code, enumerable: true, configurable: true })
}
