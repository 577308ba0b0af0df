/** Ed25519 keys: the ids that are bound to them, proofs of these ids, and signed values. */

import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { encode, ID_BYTES } from './wire.mjs'

const NOBODY = Buffer.alloc(ID_BYTES)
/** What stands before the 32 bytes of a key in its DER form. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const KEY_LINE = /^a=x-wdht-key:([A-Za-z0-9+/]{128})\r?$/

const sha256 = (...parts) =>
  createHash('sha256')
    .update(Buffer.concat(parts.map(part => Buffer.from(part))))
    .digest()

const withTag = hash => Buffer.concat([hash, sha256('wdht id tag 1', hash).subarray(0, 2)])
const idOfKey = k => withTag(sha256('wdht id 1', k).subarray(0, 18))

/** Whether an id is taken only with a proof. */
export const looksBound = id => id.equals(withTag(id.subarray(0, 18)))

/** What a proof signs. @param to the id of the receiver */
function wordsOf(sdp, type, purpose, to) {
  const [, pairs] = /^a=fingerprint:sha-256 (\S+)/m.exec(sdp)
  const certificate = Buffer.from(pairs.replaceAll(':', ''), 'hex')
  return Buffer.concat([sha256('wdht signal 1', type, '\0', purpose), to, certificate])
}

/** The lines of a description that are meant as proofs. */
export const proofsIn = sdp => sdp.split('\n').filter(line => /x-wdht-key/i.test(line))

/** Whether a description proves an id, to the receiver or to anybody. */
export function isProven(sdp, { id, type, purpose, to }) {
  const [session] = sdp.split(/^m=/m) // all of it for a WebSocket
  const [line, ...others] = proofsIn(sdp)
  const [, proof] = KEY_LINE.exec(line ?? '') ?? []
  if (!proof || others.length > 0 || !session.includes(proof)) return false
  const bytes = Buffer.from(proof, 'base64')
  const k = bytes.subarray(0, 32)
  const key = createPublicKey({ key: Buffer.concat([SPKI, k]), format: 'der', type: 'spki' })
  const isFor = receiver => verify(null, wordsOf(sdp, type, purpose, receiver), key, bytes.subarray(32))
  return idOfKey(k).equals(id) && [to, NOBODY].some(isFor)
}

export function createKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const k = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  return {
    k,
    id: idOfKey(k),
    /** A description with the proof. By default an offer for anybody. */
    prove(sdp, { type = 'offer', purpose = 'node', to = NOBODY } = {}) {
      const signature = sign(null, wordsOf(sdp, type, purpose, to), privateKey)
      const line = `a=x-wdht-key:${Buffer.concat([k, signature]).toString('base64')}\r\n`
      return /^m=/m.test(sdp) ? sdp.replace(/^m=/m, `${line}m=`) : sdp + line
    },
    /** A mutable value. @param signedSeq the version that the signature is for */
    value(seq, v, signedSeq = seq) {
      const signed = encode({ seq: signedSeq, v }).subarray(1, -1)
      return { v, k, seq, sig: sign(null, signed, privateKey) }
    }
  }
}
