/** The realm that the package runs in: in tests under jsdom, the global `Uint8Array` is another than that of `Buffer`. */

import { isBytes } from './is-bytes.js'

/**
 * Makes `instanceof Uint8Array` true of `Buffer`s, as everywhere else in Node.js: k-bucket throws at any id that is no instance. Does
 * nothing where that is so anyway.
 */
export function recognizeBuffers(): void {
  const Global = Uint8Array
  if (Buffer.alloc(0) instanceof Global) return
  const isInstance = Function.prototype[Symbol.hasInstance]
  Reflect.defineProperty(Global, Symbol.hasInstance, {
    configurable: true,
    value(this: unknown, value: unknown): boolean {
      return isInstance.call(this, value) || (this === Global && isBytes(value)) // `this` may be a subclass
    }
  })
}
