/** Ed25519 key pairs, for signed values (BEP 44). */

import { invalidKey } from './arguments.js'
import { asBuffer } from './as-buffer.js'
import type { Awaitable } from './awaitable.js'
import type { Bytes } from './bytes.js'
import { WebTorrentDHTError } from './errors.js'
import { isBytes } from './is-bytes.js'

/** Bytes of a seed, and of a public key. */
const KEY_BYTES = 32

/** Signs values under a public key. */
export interface Signer {
  /** The public key, 32 bytes: the `k` of `put`. */
  readonly publicKey: Uint8Array
  /** The ed25519 signature of a message, 64 bytes, at once or later. */
  sign(message: Bytes): Awaitable<Uint8Array | ArrayBuffer>
}

/** A `CryptoKeyPair` of WebCrypto, as far as it is told from others: the library of the compiler need not have it. */
export interface CryptoKeys {
  readonly publicKey: CryptoKeyLike
  readonly privateKey: CryptoKeyLike
}

interface CryptoKeyLike {
  readonly type: string
  readonly extractable: boolean
  readonly algorithm: { readonly name: string }
  readonly usages: readonly string[]
}

/** An ed25519 key pair. Its `publicKey` and `sign` are the `k` and `sign` of `put`. */
export interface KeyPair extends Signer {
  /** The public key, 32 bytes, in memory of its own kind: WebCrypto, `fetch` and `Blob` take it. */
  readonly publicKey: Bytes & Uint8Array<ArrayBuffer>
  /** The 32 bytes that make this key pair (RFC 8032): whoever has them can sign. */
  readonly seed: Bytes & Uint8Array<ArrayBuffer>
  /** The signature of a message, 64 bytes. It may be called without `this`. */
  sign(message: Uint8Array): Bytes
}

/** @internal The key that a node's id is bound to. */
export interface NodeKey extends Signer {
  readonly publicKey: KeyPair['publicKey']
}

/** @internal Reads a seed, 32 bytes or 64 hex digits; makes one if there is none. @throws WebTorrentDHTError `EINVAL` */
export function readSeed(seed: unknown): Buffer<ArrayBuffer> {
  if (seed === undefined || seed === null)
    return Buffer.from(crypto.getRandomValues(new Uint8Array(KEY_BYTES)))
  const bytes = readKey(seed)
  if (bytes) return bytes
  // It is not quoted: it is a secret.
  throw new WebTorrentDHTError('EINVAL', `seed should be ${KEY_BYTES} bytes or ${2 * KEY_BYTES} hex digits`)
}

/** @internal Reads 32 bytes, or 64 hex digits; `undefined` if they are none. The bytes are a copy. */
export function readKey(key: unknown): Buffer<ArrayBuffer> | undefined {
  if (typeof key === 'string') return /^[0-9a-f]{64}$/i.test(key) ? Buffer.from(key, 'hex') : undefined
  return isBytes(key) && key.length === KEY_BYTES ? Buffer.from(asBuffer(key)) : undefined
}

/** @internal Whose a record is. */
export interface Owner {
  /** The public key. */
  publicKey(): Awaitable<Buffer>
  /** `null`: it can be read only. */
  readonly sign: Signer['sign'] | null
}

/** @internal Reads a public key, or something that signs. @throws WebTorrentDHTError `EINVAL` */
export function readOwner(key: unknown): Owner {
  const publicKey = readKey(key)
  if (publicKey) return { publicKey: () => publicKey, sign: null }
  const owner = isObject(key) ? (ownerOfSigner(key) ?? ownerOfCryptoKeys(key)) : undefined
  if (owner) return owner
  throw invalidKey(
    'key',
    key,
    'a public key (32 bytes or their hex digits), or an ed25519 key pair that can sign'
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function ownerOfSigner(signer: Partial<Signer>): Owner | undefined {
  const publicKey = readKey(signer.publicKey)
  if (!publicKey || typeof signer.sign !== 'function') return undefined
  return { publicKey: () => publicKey, sign: message => (signer as Signer).sign(message) }
}

/** Of WebCrypto. The private key need not be extractable. */
function ownerOfCryptoKeys({ publicKey, privateKey }: Partial<CryptoKeyPair>): Owner | undefined {
  if (!isEd25519(publicKey) || !isEd25519(privateKey)) return undefined
  if (!publicKey.extractable || !privateKey.usages.includes('sign')) return undefined
  const { subtle } = crypto
  return {
    publicKey: async () => Buffer.from(await subtle.exportKey('raw', publicKey)),
    sign: message => subtle.sign('Ed25519', privateKey, new Uint8Array(message))
  }
}

function isEd25519(key: CryptoKey | undefined): key is CryptoKey {
  return key?.algorithm?.name === 'Ed25519'
}
