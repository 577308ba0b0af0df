/** The used part of `node:crypto`: SHA-1 for `bittorrent-dht`, SHA-256 for ids that are bound to keys. */

import { sha1, sha256 } from './hashes.js'

export function createHash(algorithm: 'sha1' | 'sha256') {
  return {
    update: (bytes: Uint8Array) => ({ digest: () => (algorithm === 'sha256' ? sha256(bytes) : sha1(bytes)) })
  }
}

export default { createHash }
