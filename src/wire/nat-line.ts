/**
 * The line of a description that says which NAT its maker is behind (bep.md, "Candidates"). SDP parsers ignore it. Nothing
 * proves it: whoever passes a description on can as well keep it.
 */

import type { Description } from './description.js'
import { MAX_SDP_BYTES } from './signal.js'

const NAME = 'x-wdht-nat'
/** Left for the line of the proof, which comes after this one: see key-line.ts. */
const KEY_LINE_BYTES = 160

/** What the line may say; the names are those of `NetworkKind`. */
export type NatKind = 'nat' | 'symmetric' | 'blocked'

const KINDS: readonly string[] = ['nat', 'symmetric', 'blocked'] satisfies NatKind[]

/**
 * Puts the line before the first `m=`, in place of others: libdatachannel copies unknown lines of an offer into its answer. So the line
 * also says which description it is for. A description that is as long as it may be gets none.
 */
export function writeNatLine<Given extends Description>(
  description: Given,
  kind: NatKind | undefined
): Given {
  const { type } = description
  const bare = description.sdp.replace(new RegExp(`^a=${NAME}:.*(\r?\n|$)`, 'gm'), '')
  const line = `a=${NAME}:${type} ${kind}\r\n`
  const isTooLong = Buffer.byteLength(bare) + line.length + KEY_LINE_BYTES > MAX_SDP_BYTES
  const sdp = kind === undefined || isTooLong ? bare : bare.replace(/^m=/m, `${line}m=`)
  return { ...description, sdp }
}

/** Reads the line; `undefined` if there is none, or more than one, or one that is not known here. */
export function readNatLine({ type, sdp }: Description): NatKind | undefined {
  const [session = ''] = sdp.split(/^m=/m, 1)
  const lines = [...session.matchAll(new RegExp(`^a=${NAME}:(offer|answer) ([a-z]{1,16})\r?$`, 'gm'))]
  const [[, of, kind = ''] = []] = lines
  return lines.length === 1 && of === type && KINDS.includes(kind) ? (kind as NatKind) : undefined
}
