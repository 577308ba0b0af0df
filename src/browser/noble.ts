/** Ed25519 of noble, for pages where WebCrypto has none: on plain HTTP, and in older browsers. */

import { hashes, Point } from '@noble/ed25519'
import { isStrict, readNumber, toScalar } from '../wire/ed25519-encoding.js'
import { sha512 } from './hashes.js'

hashes.sha512 = bytes => Uint8Array.from(sha512(bytes))

export { sign } from '@noble/ed25519'

/** noble's own check takes signatures that are right but for a point of small order; node:crypto does not. */
export function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (!isStrict(signature, publicKey)) return false
  try {
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)]
    const k = toScalar(sha512(Buffer.concat([r, publicKey, message])))
    const kA = Point.fromBytes(Uint8Array.from(publicKey)).multiply(k, false)
    return Buffer.from(Point.BASE.multiply(readNumber(s), false).subtract(kA).toBytes()).equals(r)
  } catch {
    return false // not a key
  }
}
