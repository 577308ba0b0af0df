/** Bytes and checks that the probes share. */

import { createHash } from 'node:crypto'
import bencode from 'bencode'

export const ID_BYTES = 20

export const encode = value => Buffer.from(bencode.encode(value))
export const hex = bytes => Buffer.from(bytes).toString('hex')
export const sha1 = bytes => createHash('sha1').update(bytes).digest()

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
