/** Info hashes and keys as they are typed. Any other text stands for its hash, so that a word will do. */

import { sha1 } from '@noble/hashes/legacy.js'
import { UserError } from './result.js'

const HASH_DIGITS = 40
/** From here on a text of hex digits alone is more likely a hash with some missing than a word. */
const SUSPICIOUS_DIGITS = 12

export interface InfoHash {
  /** Hex. */
  hash: string
  /** The text that it is the SHA-1 of, if it was not given as a hash. */
  text: string | null
}

/** @throws UserError */
export function readInfoHash(typed: string): InfoHash {
  const text = typed.trim()
  if (text === '') throw new UserError('Type a word, or an info hash of 40 hex digits.')
  if (isHash(text)) return { hash: text.toLowerCase(), text: null }
  if (looksLikeHash(text))
    throw new UserError(`An info hash has ${HASH_DIGITS} hex digits; this has ${text.length}.`)
  return { hash: hashText(text), text }
}

/** @throws UserError */
export function readKey(typed: string): string {
  const text = typed.trim()
  if (isHash(text)) return text.toLowerCase()
  if (text === '') throw new UserError('Type or paste a key: storing a value gives you one.')
  const isHex = /^[0-9a-f]+$/i.test(text)
  const fault = isHex ? `this has ${text.length}` : 'this has other characters as well'
  throw new UserError(`A key has ${HASH_DIGITS} hex digits; ${fault}.`)
}

export function isHash(text: string): boolean {
  return text.length === HASH_DIGITS && /^[0-9a-f]+$/i.test(text)
}

/** The SHA-1 of a text. WebCrypto's is missing where a page came over plain HTTP from another machine. */
export function hashText(text: string): string {
  return hashBytes(new TextEncoder().encode(text))
}

export function hashBytes(bytes: Uint8Array): string {
  return [...sha1(bytes)].map(byte => byte.toString(16).padStart(2, '0')).join('')
}

function looksLikeHash(text: string): boolean {
  return text.length >= SUSPICIOUS_DIGITS && /^[0-9a-f]+$/i.test(text)
}
