/** The option `tls`: the certificate and the key of the HTTP server, which then speaks HTTPS only. */

import { invalidKey, readObject } from '../arguments.js'
import { isBytes } from '../is-bytes.js'

/** A certificate and its private key, in PEM. */
export interface Certificate {
  /** The certificate, and those that lead from it to a known authority. */
  cert: string | Uint8Array
  key: string | Uint8Array
}

/** A certificate, or a function that gives the current one: it is called for each connection, so that a renewed one counts at once. */
export type CertificateSource = Certificate | (() => Certificate)

/** @internal Reads the option. @returns a function that gives the current certificate @throws WebTorrentDHTError `EINVAL` */
export function readCertificateSource(name: string, value: unknown): () => Certificate {
  if (typeof value === 'function') {
    const current = () => readCertificate(`${name}()`, value())
    current()
    return current
  }
  const certificate = readCertificate(name, value)
  return () => certificate
}

function readCertificate(name: string, value: unknown): Certificate {
  const { cert, key } = readObject(name, value)
  return { cert: readPem(`${name}.cert`, cert), key: readPem(`${name}.key`, key) }
}

function readPem(name: string, value: unknown): string | Uint8Array {
  if ((typeof value === 'string' || isBytes(value)) && value.length > 0) return value
  throw invalidKey(name, value, 'PEM, as a string or bytes')
}
