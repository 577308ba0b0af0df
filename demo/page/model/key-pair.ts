/** This browser's ed25519 key pair: whoever has the private key can change the value that is stored under it (BEP 44). */

import { Buffer } from 'node:buffer'
import { hashes, keygen, sign } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import { hashBytes } from './info-hash.js'
import { readItem, writeItem } from './storage.js'

// `put` wants the signature at once, and WebCrypto would give it later.
hashes.sha512 = sha512

const STORAGE_KEY = 'webtorrent-dht-private-key'
const KEY_DIGITS = 64

export interface KeyPair {
  publicKey: Buffer
  /** What the value is found by: the SHA-1 of the public key, in hex. */
  key: string
  sign: (message: Uint8Array) => Buffer
}

let keyPair: KeyPair | undefined

/** The pair that is kept in this browser; made and kept now if there is none. All tabs have the same. */
export function getKeyPair(): KeyPair {
  keyPair ??= loadKeyPair()
  return keyPair
}

function loadKeyPair(): KeyPair {
  const kept = readItem(STORAGE_KEY) ?? ''
  const isKept = kept.length === KEY_DIGITS && /^[0-9a-f]+$/.test(kept)
  const { secretKey, publicKey } = isKept ? keygen(Buffer.from(kept, 'hex')) : keygen()
  if (!isKept) writeItem(STORAGE_KEY, Buffer.from(secretKey).toString('hex'))
  return {
    publicKey: Buffer.from(publicKey),
    key: hashBytes(publicKey),
    sign: message => Buffer.from(sign(message, secretKey))
  }
}
