/**
 * The line of a description that proves whose it is: a public key and its signature (bep.md, "Ids that prove themselves"). SDP passes
 * unchanged through nodes of all versions; WebRTC ignores the line, and enforces the fingerprint that is signed.
 */

const NAME = 'x-wdht-key'
const KEY_BYTES = 32
const FINGERPRINT_BYTES = 32

export interface KeyLine {
  publicKey: Buffer
  signature: Buffer
}

/** Puts the line before the first `m=`. Others that are there go: libdatachannel copies unknown lines of an offer into its answer. */
export function writeKeyLine(sdp: string, { publicKey, signature }: KeyLine): string {
  const line = `a=${NAME}:${Buffer.concat([publicKey, signature]).toString('base64')}\r\n`
  const own = sdp.replace(new RegExp(`^a=${NAME}:.*(\r?\n|$)`, 'gm'), '')
  if (/^m=/m.test(own)) return own.replace(/^m=/m, `${line}m=`)
  return own.replace(/(\r?\n)?$/, `\r\n${line}`)
}

/** Reads the line; `undefined` unless there is exactly one, before the first `m=`. */
export function readKeyLine(sdp: string): KeyLine | undefined {
  const [session = ''] = sdp.split(/^m=/m, 1)
  const [, text = ''] = new RegExp(`^a=${NAME}:([A-Za-z0-9+/]{128})\r?$`, 'm').exec(session) ?? []
  if (text === '' || count(sdp, NAME) !== 1) return undefined
  const bytes = Buffer.from(text, 'base64')
  return { publicKey: bytes.subarray(0, KEY_BYTES), signature: bytes.subarray(KEY_BYTES) }
}

/**
 * The SHA-256 fingerprint of the certificate; `undefined` if there are different ones, or others. Zeros stand for none: WebRTC takes no
 * such description, but a peer class of an application's own may.
 */
export function fingerprintOf(sdp: string): Buffer | undefined {
  const pattern = /^a=fingerprint:sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})\r?$/gim
  const found = [...sdp.matchAll(pattern)].map(([, hex = '']) => hex.toLowerCase())
  // Each line that some parser may take for a fingerprint must have been read here.
  if (found.length !== count(sdp, 'fingerprint') || new Set(found).size > 1) return undefined
  return found[0] === undefined
    ? Buffer.alloc(FINGERPRINT_BYTES)
    : Buffer.from(found[0].replaceAll(':', ''), 'hex')
}

function count(sdp: string, name: string): number {
  return sdp.toLowerCase().split(name).length - 1
}
