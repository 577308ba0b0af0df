/** Shows values of others, in messages: short, in one line, and without secrets. */

import { toHex } from './hex.js'
import { isBytes } from './is-bytes.js'

/** Characters of a quoted value. */
const MAX_QUOTED = 64
/** Entries of an object or an array that are quoted. */
const MAX_ENTRIES = 8

/** Shows any value in a few characters. Never throws. */
export function quote(value: unknown): string {
  try {
    return typeof value === 'string' ? quoteText(value) : shorten(show(value))
  } catch {
    return 'what cannot be shown' // a proxy, or an object whose fields throw
  }
}

/** Says what kind of value it is, and how long. For what may be a secret. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `a string of ${value.length} characters`
  if (isBytes(value)) return `${value.length} bytes`
  if (value instanceof Promise) return quote(value) // with a hint
  return typeof value === 'object' && value !== null ? 'an object' : quote(value)
}

/** Shows text of others in one line: a terminal obeys control characters. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Hides the user and the password in a URL, or in front of a host. */
export function withoutPassword(text: string): string {
  return text.replace(/(\/\/|^[^/:]*:(?!\/\/)).*@/s, '$1…@')
}

function quoteText(text: string): string {
  // JSON escapes control characters and lone surrogates.
  return `'${shorten(JSON.stringify(withoutPassword(text).slice(0, MAX_QUOTED + 1)).slice(1, -1))}'`
}

export function shorten(text: string): string {
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text
}

function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return value.name ? `the function ${value.name}` : 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  if (isBytes(value)) return `${value.length} bytes (${toHex(value.subarray(0, 32))})`
  const isList = Array.isArray(value)
  const { name } = value.constructor ?? Object
  if (!isList && name !== 'Object') return `an instance of ${name}${name === 'Promise' ? ' (await it)' : ''}`
  const count = isList ? value.length : Object.keys(value).length
  if (count > MAX_ENTRIES) return isList ? `an array of ${count}` : `an object of ${count} fields`
  return JSON.stringify(value, (key, inner) => (key === '' ? inner : showInner(inner)))
}

/** Not deeper: what is inside may be large, or lead back. */
function showInner(value: unknown): unknown {
  if (typeof value === 'string') return shorten(withoutPassword(value))
  if (typeof value === 'bigint') return `${value}n`
  return typeof value === 'object' && value !== null ? (Array.isArray(value) ? [] : {}) : value
}
