/** How things are written in the page. */

import type { Value } from 'webtorrent-dht'

const SHORT_ID_DIGITS = 8

/** The first digits of an id or key: enough to tell apart by eye. */
export function shortId(id: string): string {
  return id.slice(0, SHORT_ID_DIGITS)
}

/** `1 node`, `2 nodes`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 100 ? 2 : 1)} s`
}

/** About: `8 s`, `3 min`, `2 h`. */
export function duration(milliseconds: number): string {
  const whole = Math.ceil(milliseconds / 1000)
  if (whole < 100) return `${whole} s`
  return whole < 100 * 60 ? `${Math.round(whole / 60)} min` : `${Math.round(whole / 3600)} h`
}

/** `host:port`, with the brackets that an IPv6 address needs. */
export function place({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** A value (BEP 44) that a stranger may have sent. */
export function readableValue(value: Value<Uint8Array>): string {
  if (typeof value === 'number') return String(value)
  if (value instanceof Uint8Array) return readable(value)
  if (Array.isArray(value)) return `[${value.map(readableValue).join(', ')}]`
  const fields = Object.entries(value).map(([key, item]) => `“${visible(key)}”: ${readableValue(item)}`)
  return `{${fields.join(', ')}}`
}

/** Bytes that a stranger may have sent: as text in quotation marks if they are text, else as hex. */
export function readable(bytes: Uint8Array): string {
  const text = decode(bytes)
  return text === null ? hex(bytes) : `“${visible(text)}”`
}

/** The same without quotation marks. */
export function readableText(bytes: Uint8Array): string {
  const text = decode(bytes)
  return text === null ? hex(bytes) : visible(text)
}

/** A stranger's text. Characters that turn the direction of writing could make one text look like another. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeCharacter)
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

function hex(bytes: Uint8Array): string {
  return `0x${[...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')}`
}

function escapeCharacter(character: string): string {
  return character === '\n' ? '\n' : `\\u{${character.codePointAt(0)?.toString(16)}}`
}
