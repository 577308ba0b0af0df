/** Ed25519 in pages: of WebCrypto, and of noble where WebCrypto has none: on plain HTTP, and in older browsers. */

import { isStrict } from '../wire/ed25519-encoding.js'

const ED25519 = 'Ed25519'
/** The fixed beginning of a private key in DER (RFC 8410, section 7). */
const PRIVATE_DER_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

export interface Ed25519 {
  /** Tells whether a signature is right and strict, as node:crypto with `isStrict` does. */
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): Promise<boolean>
  /** Signs with the key of a seed. */
  signerOf(seed: Uint8Array): (message: Uint8Array) => Promise<Uint8Array>
}

/** @param subtle WebCrypto, where the page has it */
export function createEd25519(subtle: SubtleCrypto | undefined): Ed25519 {
  let native: Promise<SubtleCrypto | null> | undefined
  const whenKnown = () => (native ??= withEd25519(subtle))
  return {
    async verify(signature, message, publicKey) {
      if (!isStrict(signature, publicKey)) return false
      const crypto = await whenKnown()
      if (!crypto) return (await import('./noble.js')).verify(signature, message, publicKey)
      try {
        const key = await crypto.importKey('raw', Buffer.from(publicKey), ED25519, false, ['verify'])
        return await crypto.verify(ED25519, key, Buffer.from(signature), Buffer.from(message))
      } catch {
        return false // not a key
      }
    },
    signerOf(seed) {
      let key: Promise<CryptoKey> | undefined
      return async message => {
        const crypto = await whenKnown()
        if (!crypto) return (await import('./noble.js')).sign(message, seed)
        key ??= importSeed(crypto, seed)
        return new Uint8Array(await crypto.sign(ED25519, await key, Buffer.from(message)))
      }
    }
  }
}

/** WebCrypto, if it has Ed25519. */
async function withEd25519(subtle: SubtleCrypto | undefined): Promise<SubtleCrypto | null> {
  try {
    if (subtle) await importSeed(subtle, new Uint8Array(32))
    return subtle ?? null
  } catch {
    return null
  }
}

function importSeed(subtle: SubtleCrypto, seed: Uint8Array): Promise<CryptoKey> {
  return subtle.importKey('pkcs8', Buffer.concat([PRIVATE_DER_PREFIX, seed]), ED25519, false, ['sign'])
}
