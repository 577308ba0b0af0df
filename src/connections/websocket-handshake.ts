/**
 * The handshake of a link over WebSocket (docs/beps/links.md). Each end gives a nonce: the client in the URL, so that the
 * server can answer before the offer comes, and the client need not wait for more. A hash of both stands where the description of a
 * WebRTC connection has the fingerprint of a certificate, so that offer, answer and proofs are the same.
 */

import { sha256 } from '../bound-id.js'
import type { Description } from '../wire/description.js'
import { fingerprintOf } from '../wire/key-line.js'
import { parseJsonObject } from '../wire/signal.js'

const NONCE_BYTES = 32

/** The nonces of both ends. */
export interface Nonces {
  server: Buffer
  client: Buffer
}

export function createNonce(): Buffer {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)))
}

/** The URL of a link: the server needs the client's nonce for its first message. */
export function linkUrl(url: string, nonce: Buffer): string {
  const link = new URL(url)
  link.protocol = link.protocol.replace('http', 'ws')
  link.searchParams.set('nonce', nonce.toString('hex'))
  return link.href
}

/** Reads the nonce in the path of a request. */
export function nonceOfPath(path: string): Buffer | undefined {
  return parseNonce(new URLSearchParams(path.split('?')[1]).get('nonce'))
}

/** Writes the first message: the server's answer with its nonce. */
export function writeNonce(nonce: Buffer, signal = '{}'): string {
  return JSON.stringify({ ...parseJsonObject(signal), nonce: nonce.toString('hex') })
}

/** Reads the nonce of the first message. */
export function readNonce(text: string): Buffer | undefined {
  return parseNonce(parseJsonObject(text)?.nonce)
}

function parseNonce(nonce: unknown): Buffer | undefined {
  const isNonce = typeof nonce === 'string' && nonce.length === 2 * NONCE_BYTES && /^[0-9a-f]+$/.test(nonce)
  return isNonce ? Buffer.from(nonce, 'hex') : undefined
}

/** The description of one end: that of the client is the offer. */
export function describeEnd(type: Description['type'], nonces: Nonces): Description {
  const pairs = hashOf(type, nonces).toString('hex').toUpperCase().match(/../g) ?? []
  return { type, sdp: `v=0\r\na=fingerprint:sha-256 ${pairs.join(':')}\r\n` }
}

/** Whether a description is of this link: a proof in it is no replay then. */
export function isOfLink({ type, sdp }: Description, nonces: Nonces): boolean {
  return fingerprintOf(sdp)?.equals(hashOf(type, nonces)) === true
}

function hashOf(type: Description['type'], { server, client }: Nonces): Buffer {
  return sha256('wdht websocket 1', type, '\0', server, client)
}
