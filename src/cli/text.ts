/** How things are written in the terminal. */

import { styleText } from 'node:util'
import type { Value } from '../index.js'
import { UserError } from './user-error.js'

type Style = Parameters<typeof styleText>[0]

const SHORT_ID_DIGITS = 8
const MAX_SHOWN_CHARACTERS = 60
const ESCAPE = '\u001b'
/** A colour of `paint`, else a control character that is no line's end, or one that turns the direction of writing. */
const COLOUR_OR_CONTROL = new RegExp(`(${ESCAPE}\\[\\d{1,3}m)|(?!\\n)[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]`, 'gu')

/** Whether to colour: see https://no-color.org */
const hasColour = process.stdout.isTTY && !process.env.NO_COLOR

export function paint(style: Style, text: string): string {
  return hasColour ? styleText(style, text) : text
}

/** The first digits of an id or key: enough to tell apart by eye. */
export function shortId(id: string | Uint8Array): string {
  const hex = typeof id === 'string' ? id : Buffer.from(id).toString('hex')
  return paint('cyan', hex.slice(0, SHORT_ID_DIGITS))
}

/** `1 node`, `2 nodes`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 100 ? 2 : 1)} s`
}

/** `host:port`, with the brackets that an IPv6 address needs. */
export function place(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** A value (BEP 44) that a stranger may have sent. */
export function quoteValue(value: Value<Uint8Array>, maxCharacters?: number): string {
  if (typeof value === 'number') return String(value)
  if (value instanceof Uint8Array) return quote(value, maxCharacters)
  if (Array.isArray(value)) return `[${value.map(item => quoteValue(item, maxCharacters)).join(', ')}]`
  const fields = Object.entries(value).map(
    ([key, item]) => `${quote(Buffer.from(key))}: ${quoteValue(item, maxCharacters)}`
  )
  return `{${fields.join(', ')}}`
}

/**
 * Bytes that a stranger may have sent: as quoted text if they are text, else as hex. Control characters, which could
 * take over the terminal, and characters that turn the direction of writing are escaped.
 */
export function quote(bytes: Uint8Array, maxCharacters = MAX_SHOWN_CHARACTERS): string {
  const text = Buffer.from(bytes).toString('utf8')
  if (!Buffer.from(text).equals(bytes))
    return `0x${shorten(Buffer.from(bytes).toString('hex'), maxCharacters)}`
  return `"${visible(shorten(text, maxCharacters))}"`
}

/** Text in which a stranger's words may be. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeCharacter)
}

/** Text of this program's own, with its lines and colours; nothing else in it can take over the terminal. */
export function printable(text: string): string {
  return text.replace(COLOUR_OR_CONTROL, (character, colour) => colour ?? escapeCharacter(character))
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`
}

export function isHash(text: string): boolean {
  return /^[0-9a-f]{40}$/i.test(text)
}

/** Takes quotes off a text, as a shell does. */
export function withoutQuotes(text: string): string {
  return /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text
}

/** A line that says that something has been achieved. */
export function done(text: string): string {
  return `${paint('green', '✓')} ${text}`
}

/** A line that says that something has failed. */
export function failed(text: string): string {
  return `${paint('red', '✗')} ${text}`
}

/** Other nodes write the text of some errors. */
export function messageOf(error: unknown): string {
  if (error instanceof UserError) return error.message
  return visible(error instanceof Error ? error.message : String(error))
}

function shorten(text: string, maxCharacters: number): string {
  const characters = [...text]
  return characters.length <= maxCharacters ? text : `${characters.slice(0, maxCharacters - 1).join('')}…`
}
