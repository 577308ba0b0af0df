/** What `bittorrent-dht` uses of `node:crypto`: SHA-1. */

import { _SHA1 } from '@noble/hashes/legacy.js'

export function createHash(_algorithm: 'sha1') {
  const hash = new _SHA1()
  return {
    update(bytes: Uint8Array) {
      hash.update(bytes)
      return this
    },
    digest: () => Buffer.from(hash.digest())
  }
}

export default { createHash }
