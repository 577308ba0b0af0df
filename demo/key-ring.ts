/** The key pairs of this process, by the names that the user gives them: for values that can be changed (BEP 44). */

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { MutablePut } from '../src/index.js'

const PUBLIC_KEY_BYTES = 32

interface Pair {
  privateKey: KeyObject
  publicKey: Buffer
  version: number
}

export class KeyRing {
  readonly #pairs = new Map<string, Pair>()

  /** The next version of the value under a name, signed, and the key to get it by. */
  sign(name: string, value: Buffer): { signed: MutablePut; key: string; version: number } {
    const pair = this.#pairs.get(name) ?? createPair()
    this.#pairs.set(name, pair)
    const { privateKey, publicKey } = pair
    const version = ++pair.version
    return {
      signed: { k: publicKey, seq: version, v: value, sign: message => sign(null, message, privateKey) },
      key: createHash('sha1').update(publicKey).digest('hex'),
      version
    }
  }
}

function createPair(): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  // In DER the key itself is what comes last (RFC 8410).
  const bytes = publicKey.export({ type: 'spki', format: 'der' }).subarray(-PUBLIC_KEY_BYTES)
  return { privateKey, publicKey: bytes, version: 0 }
}
