/** Ed25519 where WebCrypto has none (in older browsers, and on pages that came over plain HTTP), and of a seed, which it does not take. */

import { verify as check, hashes } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import type { Verify } from '../upstream.js'

hashes.sha512 = sha512

export { getPublicKey, sign } from '@noble/ed25519'

export const verify: Verify = (signature, message, publicKey) => {
  try {
    return check(signature, message, publicKey)
  } catch {
    return false // not a key
  }
}
