/** Inputs: what a stranger may send to a node. Each is a few numbers, and made into bytes when it is sent. */

import fc from 'fast-check'
import { encodeRaw, type RawMessage } from '../helpers/raw-client.js'
import { BAD_BODIES, BAD_DESCRIPTIONS, BAD_ERRORS, BAD_MESSAGES, BAD_REPLIES } from '../robustness/corpus.js'
import { editLines, OFFERS } from './descriptions.js'
import { byte, type Edit, edit, editBytes, editTree, type Material } from './edits.js'
import {
  type Dictionary,
  type Framed,
  frameFor,
  goodBody,
  goodError,
  goodFrame,
  goodQuery,
  goodReply,
  goodServerInfo,
  INFO_HASHES,
  offerToNode,
  type Sender,
  VALUE_KEYS
} from './messages.js'
import { type Tree, toBencode, toJson, toTree } from './tree.js'

/** How many of 10,000 inputs are of a kind. Those that cost the node an `RTCPeerConnection` are few. */
const SHARES = {
  /** A query on a connection that is open. */
  query: 4870,
  /** A frame, with a query or a report. */
  frame: 1500,
  /** A reply or an error to a query that the node waits for. */
  reply: 2800,
  /** A message that hurt once, or a mutation of it. */
  corpus: 400,
  /** An HTTP request. */
  http: 350,
  /** An offer to the node itself, for which it must make an `RTCPeerConnection`; over HTTP or in a query. */
  offer: 60,
  /** A connection on which nobody has said who is there, and its first messages. */
  newcomer: 16,
  /** A connection that is made with a mutated offer of a real `RTCPeerConnection`. */
  joining: 4
}

export type InputKind = keyof typeof SHARES
export const KINDS = Object.keys(SHARES) as InputKind[]

export interface Input {
  kind: InputKind
  /** Which of the good messages it begins with. */
  which: number
  /** Which of the clients sends it. */
  client: number
  /** Decides what is optional in the good message. */
  by: number
  /** Mutations of the message's tree. */
  edits: Edit[]
  /** Mutations of its bytes, or of the lines of a description. */
  cuts: Edit[]
}

/** What a reply is for. */
interface AskedFor {
  query: RawMessage
  framed: Framed | null
}

const edits = fc.array(edit, { maxLength: 4 })
const cuts = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Edit[]>([]) },
  { weight: 1, arbitrary: fc.array(edit, { minLength: 1, maxLength: 3 }) }
)
// fast-check prefers the extremes of a range, which would make the rarest kinds the most frequent ones.
const kind = fc.noBias(fc.nat(sum(Object.values(SHARES)) - 1)).map(kindAt)

export const inputs: fc.Arbitrary<Input> = fc
  .tuple(kind, byte, byte, byte, edits, cuts)
  .map(([kind, which, client, by, edits, cuts]) => ({ kind, which, client, by, edits, cuts }))

/** Inputs are sampled so many at a time, each time with another seed, so that any of them is quickly had again. */
export const SAMPLE_SIZE = 500

/** Where in fast-check's sequences the input with an index is. */
export function placeOfInput(seed: number, index: number): { seed: number; path: string } {
  const sample = Math.floor(index / SAMPLE_SIZE)
  return { seed: (Math.imul(seed, 0x9e3779b1) + sample) | 0, path: String(index % SAMPLE_SIZE) }
}

/** The inputs from an index on, as many as a sample has. */
export function sampleInputs(seed: number, start: number): Input[] {
  return fc.sample(inputs, { numRuns: SAMPLE_SIZE, seed: placeOfInput(seed, start).seed })
}

/** All that ever hurt, as it was. */
export function corpusInputs(): Input[] {
  const unchanged = { client: 0, by: 0, edits: [], cuts: [] }
  const all = (kind: InputKind, count: number) =>
    Array.from({ length: count }, (_, which) => ({ ...unchanged, kind, which }))
  const bodies = BAD_BODIES.map((_, i) => ({ ...unchanged, kind: 'http' as const, which: 2 * i + 1 }))
  const offers = BAD_DESCRIPTIONS.map((_, i) => ({ ...unchanged, kind: 'offer' as const, which: 4 * i + 3 }))
  return [...all('corpus', CORPUS.length), ...bodies, ...offers]
}

/** Replies among these are for queries that the node waits for; see `isReply`. */
const CORPUS = [...BAD_MESSAGES, ...BAD_REPLIES, ...BAD_ERRORS]

/** Whether an input is meant for a query of the node's. */
export function isReply({ kind, which }: Input): boolean {
  return kind === 'reply' || (kind === 'corpus' && which % CORPUS.length >= BAD_MESSAGES.length)
}

/** A message on a data channel. @param asked what it replies to, if it is a reply */
export function makeMessage(input: Input, sender: Sender, asked: AskedFor | null): Uint8Array | string {
  const { which, by, edits, cuts } = input
  const framed = asked?.framed
  if (framed && input.kind === 'reply') {
    // Half of them are mutated within the frame, the others outside.
    const isInside = (which & 16) !== 0
    const inner = { ...input, ...(!isInside && { edits: [], cuts: [] }) }
    const reply = Buffer.from(makeMessage(inner, sender, { query: asked.query, framed: null }))
    const trees = editTree(
      toTree(frameFor(framed, reply, by)),
      isInside ? [] : edits,
      materialOf(input, sender)
    )
    return editBytes(toBencode(trees), isInside ? [] : cuts, reply)
  }
  const other = encodeRaw(goodQuery(which + by, sender, which))
  if (input.kind === 'corpus') {
    const message = (CORPUS[which % CORPUS.length] as (typeof CORPUS)[number]).make(sender)
    return cuts.length > 0 ? editBytes(Buffer.from(message), cuts, other) : message
  }
  const trees = editTree(
    toTree(goodMessage(input, sender, asked?.query ?? null)),
    edits,
    materialOf(input, sender)
  )
  const bytes = editBytes(toBencode(trees), cuts, other)
  return by === 255 && which > 200 ? bytes.toString('latin1') : bytes
}

function goodMessage({ kind, which, by }: Input, sender: Sender, query: RawMessage | null): Dictionary {
  if (kind === 'frame') return goodFrame(which, sender, by)
  if (!query) return goodQuery(which, sender, by)
  const { t } = query
  return which % 8 === 7 ? { t, y: 'e', e: goodError(by) } : { t, y: 'r', r: goodReply(query, sender, by) }
}

/** The first message on a connection. */
export function makeFirstMessage(input: Input, sender: Sender): Uint8Array | string {
  const { which, by, edits, cuts } = input
  if (which % 2 === 0) return makeMessage(input, sender, null)
  const bytes = toJson(editTree(toTree(goodServerInfo(by)), edits, materialOf(input, sender)))
  return editBytes(bytes, cuts, encodeRaw(goodQuery(by, sender, by)))
}

/** The body of an HTTP request. */
export function makeBody(input: Input, sender: Sender): Buffer {
  const { which, by, edits, cuts } = input
  if (which % 8 === 1) return Buffer.from(BAD_BODIES[(which >> 1) % BAD_BODIES.length]?.body ?? '')
  const bytes = toJson(editTree(toTree(goodBody(sender, by)), edits, materialOf(input, sender)))
  return editBytes(bytes, cuts, toJson([toTree(goodServerInfo(by))]))
}

/** A description that passes all checks before WebRTC's own, unless it has too much of something. */
export function makeDescription({ which, edits, cuts }: Input, sdp?: string): string {
  const bad = which % 4 === 3 ? BAD_DESCRIPTIONS[(which >> 2) % BAD_DESCRIPTIONS.length]?.sdp : undefined
  const good = sdp ?? bad ?? (OFFERS[which % OFFERS.length] as string)
  return [...edits, ...cuts].reduce(editLines, good)
}

/** An offer to the node itself, as a query. */
export function makeOffer(input: Input, sender: Sender): Buffer {
  return encodeRaw(offerToNode(sender, makeDescription(input), input.by))
}

function materialOf({ which, by }: Input, sender: Sender): Material {
  const { id, nodeId, token, others, transaction } = sender
  const known = [
    nodeId,
    token,
    id,
    ...others,
    ...INFO_HASHES.slice(0, 4),
    ...VALUE_KEYS.slice(0, 4),
    transaction
  ]
  const other: Tree = toTree(goodQuery(which + by, sender, which))
  return { known, other }
}

function kindAt(share: number): InputKind {
  let left = share
  return KINDS.find(kind => {
    left -= SHARES[kind]
    return left < 0
  }) as InputKind
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
