/** The used part of `node:crypto`: SHA-1 for `bittorrent-dht`, SHA-256 for ids that are bound to keys. */

import { _SHA1 } from '@noble/hashes/legacy.js'
import { _SHA256 } from '@noble/hashes/sha2.js'

export function createHash(algorithm: string) {
  const hash = algorithm === 'sha256' ? new _SHA256() : new _SHA1()
  return {
    update(bytes: Uint8Array) {
      hash.update(bytes)
      return this
    },
    digest: () => Buffer.from(hash.digest())
  }
}

export default { createHash }
