/** Ids that are bound to an ed25519 key (bep.md, "Ids that prove themselves"). Two of the 20 bytes say that there is a key. */

import { createHash } from 'node:crypto'
import { invalid, readId } from './arguments.js'
import { asBuffer } from './as-buffer.js'
import type { Bytes } from './bytes.js'
import { readKey } from './key-pair.js'

/** Bytes of an id that can be bound: those of SHA-1, the default. */
export const BOUND_ID_BYTES = 20
const HASH_BYTES = 18

/**
 * The node id that is bound to an ed25519 public key: only a node that has the key can use it.
 *
 * @param publicKey 32 bytes or 64 hex digits
 * @returns 20 bytes
 * @throws WebTorrentDHTError `EINVAL`
 */
export function idOfKey(publicKey: Uint8Array | string): Bytes {
  const key = readKey(publicKey)
  if (!key) throw invalid('publicKey', publicKey, '32 bytes or 64 hex digits')
  const hash = sha256('wdht id 1', key).subarray(0, HASH_BYTES)
  return Buffer.concat([hash, tagOf(hash)])
}

/**
 * Whether a node id is bound to an ed25519 public key.
 *
 * @param id bytes or hex
 * @param publicKey 32 bytes or 64 hex digits
 * @throws WebTorrentDHTError `EINVAL`
 */
export function isIdOfKey(id: Uint8Array | string, publicKey: Uint8Array | string): boolean {
  return readId('id', id, BOUND_ID_BYTES).bytes.equals(idOfKey(publicKey))
}

/** @internal Whether an id says that there is a key. Of other ids, 1 of 65,536 says so by chance. */
export function looksBound(id: Uint8Array): boolean {
  const bytes = asBuffer(id)
  return (
    bytes.length === BOUND_ID_BYTES && tagOf(bytes.subarray(0, HASH_BYTES)).equals(bytes.subarray(HASH_BYTES))
  )
}

/** @internal */
export function sha256(...parts: (Uint8Array | string)[]): Buffer {
  return createHash('sha256')
    .update(Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part) : part))))
    .digest()
}

function tagOf(hash: Uint8Array): Buffer {
  return sha256('wdht id tag 1', hash).subarray(0, BOUND_ID_BYTES - HASH_BYTES)
}
