/** How vectors are written: bytes in hex, values of bencode as JSON, ids as 20 times one letter. */

import bencode from 'bencode'

const ID_BYTES = 20
/** Strings of others are written in hex: control characters, and bytes that are no UTF-8. */
const PLAIN = /^[\t\r\n\x20-\x7e\u00a0-\ufffc]*$/

/** The ids of letters, one after the other. */
export const ids = letters => [...letters].map(letter => letter.repeat(ID_BYTES)).join('')

export const bytes = hex => Buffer.from(hex, 'hex')

export const encode = value => Buffer.from(bencode.encode(value))

/** Pieces one after the other: in a string each character is a byte. */
export const join = (...pieces) =>
  Buffer.concat(pieces.map(piece => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)))

/** Bytes as a field of a vector: those that repeat are not written out. */
export function written(message) {
  return Array.isArray(message)
    ? { pieces: message.map(([piece, times]) => [join(piece).toString('hex'), times]) }
    : { hex: join(message).toString('hex') }
}

/** A value as JSON: a byte string that is no plain text becomes `{"hex": …}`. */
export function toJson(value) {
  if (Buffer.isBuffer(value)) {
    const text = value.toString()
    return PLAIN.test(text) && Buffer.from(text).equals(value) ? text : { hex: value.toString('hex') }
  }
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]))
}

/** The shortest description that a parser of messages takes. */
export const OFFER_SDP = 'v=0\r\ns=fake offer\r\n'
export const ANSWER_SDP = 'v=0\r\ns=fake answer\r\n'

export const offerBy = (letter, changes = {}) => ({
  id: ids(letter),
  type: 'offer',
  sdp: OFFER_SDP,
  extensions: ['introduce'],
  ...changes
})

export const answerBy = (letter, changes = {}) => ({
  id: ids(letter),
  type: 'answer',
  sdp: ANSWER_SDP,
  extensions: ['introduce'],
  ...changes
})
