/** Ed25519 where WebCrypto has none (in older browsers, and on pages that came over plain HTTP), and of a seed, which it does not take. */

import { hashes, Point } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import type { Verify } from '../upstream.js'
import { isStrict, readNumber, toScalar } from '../wire/ed25519-encoding.js'

hashes.sha512 = sha512

export { getPublicKey, sign } from '@noble/ed25519'

/** noble's own check takes signatures that are right but for a point of small order; node:crypto and WebCrypto do not. */
export const verify: Verify = (signature, message, publicKey) => {
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
