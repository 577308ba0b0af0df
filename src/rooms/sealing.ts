/**
 * With a secret, the addresses in offers and answers are sealed: the nodes that pass them on see neither candidates nor passwords, and
 * nobody without the secret can make or read one. What proves the id of a node, the fingerprint of its certificate, stays in the open.
 */

import { sha256 } from '../bound-id.js'
import { WebTorrentDHTError } from '../errors.js'
import type { Sealer } from '../reaching/sealer.js'
import type { Description } from '../wire/description.js'

const LINE = 'a=x-wdht-sealed:'
/** The lines of a description that are sealed: candidates and the password. */
const SECRET_LINES = /^a=(candidate:|end-of-candidates|ice-pwd:|x-google)/
const IV_BYTES = 12
/** Candidates that a member may have this node try. */
const MAX_CANDIDATES = 8

export class Sealing implements Sealer {
  readonly #key: Promise<CryptoKey>

  /**
   * @param secret that all members share
   * @throws WebTorrentDHTError `EINVAL` where there is no WebCrypto: on a page over plain HTTP
   */
  constructor(infoHash: Buffer, secret: string) {
    const { subtle } = globalThis.crypto ?? {}
    if (!subtle) {
      throw new WebTorrentDHTError(
        'EINVAL',
        'options.secret needs WebCrypto: a page over HTTPS, or of localhost'
      )
    }
    const bytes = new Uint8Array(sha256('wdht room key 1\0', infoHash, '\0', secret))
    this.#key = subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
    this.#key.catch(() => {}) // told to whoever seals
  }

  async seal({ type, sdp }: Description): Promise<Description> {
    const lines = sdp.split(/\r?\n/).filter(line => line !== '')
    const secret = lines.filter(line => SECRET_LINES.test(line))
    const open = lines.filter(line => !SECRET_LINES.test(line)).map(withoutAddress)
    const iv = globalThis.crypto.getRandomValues(new Uint8Array(IV_BYTES))
    const sealed = await globalThis.crypto.subtle.encrypt(
      { name: 'AES-GCM', iv, additionalData: boundTo(type, sdp) },
      await this.#key,
      new TextEncoder().encode(secret.join('\n'))
    )
    const text = Buffer.concat([iv, new Uint8Array(sealed)]).toString('base64')
    return { type, sdp: `${[...open, `${LINE}${text}`].join('\r\n')}\r\n` }
  }

  /** @throws WebTorrentDHTError `EREFUSED` for what another key has sealed */
  async open(description: Description): Promise<Description> {
    try {
      return await this.#open(description)
    } catch (cause) {
      throw new WebTorrentDHTError('EREFUSED', 'the other side does not know the secret', { cause })
    }
  }

  async #open({ type, sdp }: Description): Promise<Description> {
    const lines = sdp.split(/\r?\n/).filter(line => line !== '')
    const text = lines.find(line => line.startsWith(LINE))?.slice(LINE.length) ?? ''
    const bytes = new Uint8Array(Buffer.from(text, 'base64'))
    const secret = await globalThis.crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: bytes.subarray(0, IV_BYTES), additionalData: boundTo(type, sdp) },
      await this.#key,
      bytes.subarray(IV_BYTES)
    )
    const opened = new TextDecoder().decode(secret).split('\n')
    const isCandidate = (line: string) => line.startsWith('a=candidate:')
    const candidates = opened.filter(isCandidate).slice(0, MAX_CANDIDATES)
    const others = opened.filter(line => !isCandidate(line))
    const rest = lines.filter(line => !line.startsWith(LINE) && !SECRET_LINES.test(line))
    return { type, sdp: `${[...rest, ...others, ...candidates].join('\r\n')}\r\n` }
  }
}

/** The default candidate stands in two more lines, which nobody needs where there are candidates (RFC 8839, section 4.2.1.1). */
function withoutAddress(line: string): string {
  return line.replace(/^c=IN .*/, 'c=IN IP4 0.0.0.0').replace(/^(m=application) \d+/, '$1 9')
}

/** The certificate, which no other description has, and which is proven: nothing sealed can be put into another description. */
function boundTo(type: string, sdp: string): Uint8Array<ArrayBuffer> {
  const fingerprint = /^a=fingerprint:.*$/m.exec(sdp)?.[0].trim() ?? ''
  return new TextEncoder().encode(`${type} ${fingerprint.toLowerCase()}`)
}
