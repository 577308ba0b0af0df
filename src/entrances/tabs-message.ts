/** The messages between tabs (docs/beps/ways-in.md). Any script of the origin can write to the channel, so all of it is checked. */

import { toHex } from '../hex.js'
import { MAX_SDP_BYTES } from '../wire/signal.js'
import type { CarriedSignal } from './entrance.js'

const NAME_BYTES = 16
const NAME = /^[0-9a-f]{32}$/
/** Hex digits; ids have 20 bytes, or as many as the option `idLength` says. */
const MAX_ID_DIGITS = 128
const MAX_EXTENSIONS = 16
const MAX_EXTENSION_LENGTH = 64
const MAX_REASON_LENGTH = 200

/** `from` and `to` are names: of a request, and of a tab that serves. */
export type TabMessage =
  | { kind: 'ask'; from: string }
  | { kind: 'offer'; from: string; to: string; signal: CarriedSignal }
  | TabReply

/** A message to a request. */
export type TabReply =
  | { kind: 'here'; from: string; to: string }
  | { kind: 'answer'; from: string; to: string; signal: CarriedSignal }
  | { kind: 'refusal'; from: string; to: string; reason: string }

/** A name that nobody else has. */
export function createName(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(NAME_BYTES)))
}

/** A refusal with a text that is short enough to be read. */
export function createRefusal(from: string, to: string, reason: string): TabMessage {
  return { kind: 'refusal', from, to, reason: reason.slice(0, MAX_REASON_LENGTH) }
}

/** Reads what came over the channel. */
export function parseTabMessage(value: unknown): TabMessage | undefined {
  const { kind, from, to, signal, reason } = fieldsOf(value)
  if (!isName(from)) return undefined
  if (kind === 'ask') return { kind, from }
  if (!isName(to)) return undefined
  if (kind === 'here') return { kind, from, to }
  if (kind === 'refusal') return isText(reason, MAX_REASON_LENGTH) ? { kind, from, to, reason } : undefined
  if (kind !== 'offer' && kind !== 'answer') return undefined
  const carried = parseSignal(signal, kind)
  return carried && { kind, from, to, signal: carried }
}

function parseSignal(value: unknown, wanted: CarriedSignal['type']): CarriedSignal | undefined {
  const { type, sdp, id, extensions } = fieldsOf(value)
  if (type !== wanted || !isText(sdp, MAX_SDP_BYTES)) return undefined
  if (id !== undefined && !isText(id, MAX_ID_DIGITS)) return undefined
  if (extensions !== undefined && !isExtensions(extensions)) return undefined
  return { type: wanted, sdp, ...(id !== undefined && { id }), ...(extensions && { extensions }) }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value)
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength
}

function isExtensions(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_EXTENSIONS &&
    value.every(extension => isText(extension, MAX_EXTENSION_LENGTH))
  )
}
