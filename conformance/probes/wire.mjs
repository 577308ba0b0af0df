/** Bytes, keys and checks that the probes share. */

import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import bencode from 'bencode'

export const ID_BYTES = 20

export const encode = value => Buffer.from(bencode.encode(value))
export const hex = bytes => Buffer.from(bytes).toString('hex')
export const sha1 = bytes => createHash('sha1').update(bytes).digest()
const sha256 = (...parts) =>
  createHash('sha256')
    .update(Buffer.concat(parts.map(part => Buffer.from(part))))
    .digest()

/** The id of a letter: 20 times that letter. */
export const idOf = letter => Buffer.alloc(ID_BYTES, letter)
/** A node that is not there. */
export const X = idOf('X')

/** Reads a message; what is no bencode has no fields. */
export function decode(bytes) {
  try {
    return toBuffers(bencode.decode(bytes))
  } catch {
    return {} // a frame may carry anything
  }
}

function toBuffers(value) {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return value.map(toBuffers)
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toBuffers(item)]))
}

/** @throws Error with the problem, unless the requirement is kept */
export function check(isKept, problem) {
  if (!isKept) throw new Error(problem)
}

/** @throws Error unless both are the same */
export function same(found, due, what) {
  const [a, b] = [found, due].map(value => (value instanceof Uint8Array ? hex(value) : JSON.stringify(value)))
  check(a === b, `${what}: ${a} instead of ${b}`)
}

/** The code of an error; `null` of a reply. */
export const codeOf = ({ message }) => message.e?.[0] ?? null

export const ping = id => encode({ t: 'pp', y: 'q', q: 'ping', a: { id } })

/** The transaction id of all frames that the prober sends. */
export const FRAME = Buffer.from('frme')

export const frame = (path, i, d, more = {}) =>
  encode({ d, i, p: Buffer.concat(path), t: FRAME, y: 'f', ...more })

/** An offer that no implementation of WebRTC takes: for others to pass on. */
export const signalBy = (id, changes = {}) => ({
  id,
  type: 'offer',
  sdp: 'v=0\r\ns=fake offer\r\n',
  extensions: [],
  ...changes
})

/** An ed25519 key: the id that is bound to it, proofs of that id, and signed values. */
export function createKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const k = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const hash = sha256('wdht id 1', k).subarray(0, 18)
  const id = Buffer.concat([hash, sha256('wdht id tag 1', hash).subarray(0, 2)])
  return {
    k,
    id,
    /** An offer with the proof for anybody. */
    prove(sdp) {
      const [, pairs] = /^a=fingerprint:sha-256 (\S+)/m.exec(sdp)
      const certificate = Buffer.from(pairs.replaceAll(':', ''), 'hex')
      const words = [sha256('wdht signal 1', 'offer', '\0', 'node'), Buffer.alloc(ID_BYTES), certificate]
      const signature = sign(null, Buffer.concat(words), privateKey)
      return sdp.replace(/^m=/m, `a=x-wdht-key:${Buffer.concat([k, signature]).toString('base64')}\r\nm=`)
    },
    /** A mutable value. @param signedSeq the version that the signature is for */
    value(seq, v, signedSeq = seq) {
      const signed = encode({ seq: signedSeq, v }).subarray(1, -1)
      return { v, k, seq, sig: sign(null, signed, privateKey) }
    }
  }
}
