/** What `bittorrent-dht` uses of `node:crypto`: SHA-1. */

import { sha1 } from '@noble/hashes/legacy.js'

export function createHash(_algorithm: 'sha1') {
  const hash = sha1.create()
  return {
    update(bytes: Uint8Array) {
      hash.update(bytes)
      return this
    },
    digest: () => Buffer.from(hash.digest())
  }
}

export default { createHash }
