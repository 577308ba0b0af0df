/**
 * The handshake of a link over WebSocket (bep.md, "Links over WebSocket"). Each end gives a nonce. A hash of both stands where the description of a
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

/** Writes a message of the handshake: of the server the nonce alone, of the client its offer besides. */
export function writeNonce(nonce: Buffer, signal = '{}'): string {
  return JSON.stringify({ ...parseJsonObject(signal), nonce: nonce.toString('hex') })
}

/** Reads the nonce of a message. */
export function readNonce(text: string): Buffer | undefined {
  const nonce = parseJsonObject(text)?.nonce
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
