/** Checks that a private key is that of a certificate. `node:tls` takes an RSA certificate with an EC key, and each handshake fails. */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'

/** @param pair in PEM @throws what `node:tls` or `node:crypto` throws for one that cannot be used */
export function checkPair({ cert, key }: Record<'cert' | 'key', string | Buffer>): void {
  createSecureContext({ cert, key })
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new Error('the key is not that of the certificate')
}
