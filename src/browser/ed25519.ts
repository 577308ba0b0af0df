/** Ed25519 in pages: WebCrypto has none on plain HTTP and in older browsers, takes no seed, and gives nothing at once. */

import { hashes, Point } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import { isStrict, readNumber, toScalar } from '../wire/ed25519-encoding.js'

hashes.sha512 = sha512

export { getPublicKey, sign } from '@noble/ed25519'

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
