/** The certificate and the key of `--cert` and `--key`, read again when they change. */

import { X509Certificate } from 'node:crypto'
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { Certificate } from '../entrances/certificate.js'
import { checkPair } from '../entrances/certificate-pair.js'
import { messageOf } from './text.js'
import { UserError } from './user-error.js'

/** Milliseconds between two looks. Polling sees files that are links to others, as certbot and Kubernetes have them. */
const LOOK_INTERVAL = 5000

export interface CertificateFiles {
  /** The last certificate that can be used. */
  current(): Certificate
  /** Reads the files again. @throws UserError if they cannot be used; the certificate stays as it is */
  reload(): void
  close(): void
}

export interface Paths {
  cert: string
  key: string
}

/**
 * @param onChange called after a change, with an error if the files cannot be used
 * @throws UserError
 */
export function openCertificateFiles(
  paths: Paths,
  onChange: (error: UserError | null) => void
): CertificateFiles {
  let certificate = read(paths)
  const reload = () => {
    const found = read(paths)
    if (found.cert !== certificate.cert || found.key !== certificate.key) certificate = found
  }
  const onFile = () => {
    const before = certificate
    try {
      reload()
      if (certificate !== before) onChange(null)
    } catch (error) {
      // One of the two is written before the other.
      if (error instanceof UserError) onChange(error)
    }
  }
  for (const path of [paths.cert, paths.key]) {
    watchFile(path, { interval: LOOK_INTERVAL, persistent: false }, onFile)
  }
  return {
    current: () => certificate,
    reload,
    close: () => {
      for (const path of [paths.cert, paths.key]) unwatchFile(path, onFile)
    }
  }
}

function read({ cert: certPath, key: keyPath }: Paths): Certificate {
  const cert = readFile('--cert', certPath)
  const key = readFile('--key', keyPath)
  try {
    checkPair({ cert, key })
    if (Date.parse(new X509Certificate(cert).validTo) < Date.now()) throw new Error('it has expired')
  } catch (error) {
    throw new UserError(`${certPath} with ${keyPath} cannot be used: ${messageOf(error)}`)
  }
  return { cert, key }
}

function readFile(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UserError(`${flag} is '${path}', which cannot be read: ${messageOf(error)}`)
  }
}
