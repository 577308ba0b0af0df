/**
 * The line of a description that names the node and its extensions. Trackers pass on the type and the text of a description, and nothing
 * that stands beside them.
 */

import { parseJsonObject } from '../wire/signal.js'

const NODE_LINE = 'x-wdht-node'
/** Characters of another node's reason. */
const MAX_REASON = 200

interface Names {
  id?: string
  extensions?: string[]
}

/** The names that a node says beside its description. */
export interface NodeLine extends Names {
  /** In an answer: why there is none. */
  refused?: string
}

/** Refuses an offer: this node lets nobody in. */
export const NEWCOMER = 'a newcomer itself'

/** An answer that refuses has no description. */
export const NO_DESCRIPTION = 'v=0\r\n'

/** Puts the line before the first `m=`: see key-line.ts. */
export function writeNodeLine(sdp: string, line: NodeLine): string {
  const text = `a=${NODE_LINE}:${JSON.stringify(line)}\r\n`
  return /^m=/m.test(sdp) ? sdp.replace(/^m=/m, () => `${text}m=`) : sdp + text
}

/** Takes the line out; `undefined` if there is none, as in the description of an ordinary WebTorrent client. */
export function takeNodeLine(sdp: string): { sdp: string; line: NodeLine } | undefined {
  const pattern = new RegExp(`^a=${NODE_LINE}:(.*?)\r?\n`, 'm')
  const from = parseJsonObject(pattern.exec(sdp)?.[1] ?? '')
  if (!from) return undefined
  const { id, extensions, refused } = from
  const line: NodeLine = {
    ...(typeof id === 'string' && { id }),
    ...(isStrings(extensions) && { extensions }),
    ...(typeof refused === 'string' && { refused: refused.slice(0, MAX_REASON) })
  }
  return { sdp: sdp.replace(pattern, ''), line }
}

/** The names in the line. */
export function namesOf({ id, extensions }: Names): Names {
  return { ...(id !== undefined && { id }), ...(extensions && { extensions }) }
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}
