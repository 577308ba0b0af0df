/** Candidates that come after their description, as HTTP carries them: in a request those of the newcomer, in the response the server's. */

import { MAX_CANDIDATES } from './candidates.js'
import { MAX_UFRAG_BYTES, parseJsonObject } from './signal.js'

/** Bytes of one line of SDP. Those with IPv6 addresses have some 120. */
export const MAX_LINE_BYTES = 256

const TYPE = 'candidates'

export interface LateMessage {
  /** The `ice-ufrag` of the offer. */
  ufrag: string
  /** Lines of SDP. */
  candidates: string[]
  /** In a response: whether there may be more. */
  late: boolean
}

export function encodeLate({ ufrag, candidates, late }: LateMessage): string {
  return JSON.stringify({ type: TYPE, ufrag, candidates, ...(late && { late }) })
}

export function parseLate(body: string): LateMessage | undefined {
  const { type, ufrag, candidates, late = false } = parseJsonObject(body) ?? {}
  if (type !== TYPE || !isText(ufrag, MAX_UFRAG_BYTES) || typeof late !== 'boolean') return undefined
  if (!Array.isArray(candidates) || candidates.length > MAX_CANDIDATES) return undefined
  return candidates.every(line => isText(line, MAX_LINE_BYTES)) ? { ufrag, candidates, late } : undefined
}

/** Whether an offer says that its maker asks for candidates after the answer, or an answer that there will be some. */
export function saysLate(body: string): boolean {
  return parseJsonObject(body)?.late === true
}

function isText(value: unknown, maxBytes: number): value is string {
  return typeof value === 'string' && Buffer.byteLength(value) <= maxBytes
}
