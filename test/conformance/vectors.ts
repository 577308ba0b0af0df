/** The vectors of the conformance kit, as conformance/README.md describes them. */

import { readFileSync } from 'node:fs'
import type { LimitName } from '../../src/connections/rate-limits.js'
import { Id } from '../../src/id.js'
import type { Bencoded } from '../../src/wire/bencode.js'
import type { Reach } from '../../src/wire/candidates.js'
import type { Description } from '../../src/wire/description.js'
import type { LateMessage } from '../../src/wire/late-candidates.js'
import type { NatKind } from '../../src/wire/nat-line.js'

/** A value of bencode in JSON: a byte string is text, or `{"hex": …}`. */
export type Json = string | number | Json[] | { [key: string]: Json }

export interface Vector {
  name: string
}

/** A message as it is written. */
export type Written = { hex: string } | { pieces: [hex: string, times: number][] }

export type Parsed =
  | { kind: 'query' | 'reply'; t: Json; method: string; fields: Json }
  | { kind: 'error'; t: Json; code: number; text: string }
  | { kind: 'frame'; t: Json; path: string[]; position: number; message?: string; failure?: number }

export type Verdict = 'dropped' | { error: number; t: string }

interface Vectors {
  messages: (Vector & Written & { parsed: Parsed })[]
  refusedMessages: (Vector & Written & { must: string; verdict: Verdict })[]
  refusedReplies: (Vector & Written & { method: string; verdict: 'dropped' })[]
  requests: Body<JsonSignal>[]
  responses: Body<JsonSignal>[]
  laterCandidates: Body<LateMessage>[]
  serverInfo: Body<{ host: string; port: number }>[]
  roles: (Vector & { offer: string; due: string[] })[]
  candidates: (Vector & { from: Reach; candidates: string[]; used: number[] })[]
  boundIds: (Vector & { seed: string; key: string; id: string })[]
  looks: (Vector & { id: string; looksBound: boolean })[]
  proofs: (Vector & {
    by: string
    checkedBy: string
    type: Description['type']
    purpose: string
    sdp: string
    verdict: 'proven' | 'claim' | 'refused'
  })[]
  webSocketFingerprints: (Vector & {
    type: Description['type']
    serverNonce: string
    clientNonce: string
    fingerprint: string
  })[]
  puts: (Vector & { steps: Step[] })[]
}

/** What HTTP carries, or the first message on a connection. */
interface Body<Parsed> extends Vector {
  body: string
  parsed: Parsed | null
}

export type JsonSignal =
  | { kind: 'offer' | 'answer'; id: string | null; sdp: string; extensions: string[] }
  | { kind: 'id alone'; id: string }

/** A `put`, a `get`, and what they are answered with. */
export type Step =
  | { put: Record<string, Json>; key: string; signed?: string; stored?: true; error?: number }
  | { get: { target: string; seq?: number }; found: Json | null }

/** What A sends: bytes, or an error in a frame whose text is its own choice. */
export type Sent = { to: string } & (
  | { hex: string }
  | { error: number; t: string; frame: { t: string; path: string[]; position: number } }
)

interface NatEnd {
  kind: NatKind | null
  candidates: string[]
}

interface Decisions {
  frames: (Vector & {
    /** The extensions of each. */
    neighbours: Record<string, string[]>
    from: string
    in: string
    out: Sent[]
    before?: number
    asked?: { node: string; over: string; t: string }
    ended?: string | null
  })[]
  duplicates: (Vector & {
    a: string
    b: string
    first: 'a' | 'b'
    second: 'a' | 'b'
    secondsBetween: number
    stays: 'first' | 'second'
    closedBy: 'a' | 'b' | 'both'
  })[]
  crossingOffers: (Vector & { to: string; from: string; isAsking: boolean; does: 'answers' | 'waits' })[]
  nextHops: (Vector & {
    own: string
    target: string
    path: string[]
    neighbours: { id: string; roundTripTime: number | null }[]
    lost: { relay: string; count: number }[]
    next: string[]
  })[]
  paths: (Vector & {
    neighbours: Record<string, number>
    leads: { relay: string; target: string }[]
    lost: Record<string, number>
    to: string
    path: string[] | null
  })[]
  limits: (Vector & {
    limit: LimitName
    steps: { at: number; asked: number; allowed: number }[]
  })[]
  meetings: (Vector & { a: NatEnd; b: NatEnd; mayOpen: boolean })[]
}

export const decisions: Decisions = JSON.parse(readText('decisions.json'))

export const vectors: Vectors = JSON.parse(readText('vectors.json'))

/** A file of the kit. */
export function readText(name: string): string {
  return readFileSync(new URL(`../../../conformance/${name}`, import.meta.url), 'utf8')
}

/** The bytes of a vector. */
export function bytesOf(written: Written): Buffer {
  if ('hex' in written) return Buffer.from(written.hex, 'hex')
  return Buffer.concat(
    written.pieces.flatMap(([hex, times]) => Array<Buffer>(times).fill(Buffer.from(hex, 'hex')))
  )
}

/** A value of bencode, as the parsers give it. */
export function toBencoded(value: Json): Bencoded {
  if (typeof value === 'string') return Buffer.from(value)
  if (typeof value === 'number') return value
  if (Array.isArray(value)) return value.map(toBencoded)
  if (typeof value.hex === 'string') return Buffer.from(value.hex, 'hex')
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toBencoded(item)]))
}

/** A value with bytes in it as comparable JSON: byte strings in hex, ids too. */
export function toHex(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof Id) return value.hex
  if (typeof value === 'string') return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(toHex)
  if (typeof value !== 'object' || value === null) return value
  if ('hex' in value) return value.hex
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toHex(item)]))
}
