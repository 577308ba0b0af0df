/**
 * The state that a node keeps over a restart or reload: its id, places to join at and stored values, as plain JSON. `toJSON()` gives
 * it, and the option `state` restores it. Others may have written to its storage: so it is checked like a message, and a value that
 * does not belong to its key is left out.
 */

import { type Awaitable, andThen } from '../awaitable.js'
import { isBytes } from '../is-bytes.js'
import type { StateValue, StoredValue, Verify } from '../upstream.js'
import { type Bencoded, decode, encode } from '../wire/bencode.js'
import type { HttpServerInfo } from '../wire/server-info.js'
import { isTooLong, MAX_SALT_BYTES, MAX_VALUE_DEPTH, signedBytes } from '../wire/value-limits.js'

/** The state of a node: what `toJSON()` gives. */
export interface NodeState {
  /** The node's id in hex. */
  nodeId: string
  /** HTTP servers of nodes: places to join at. */
  nodes: HttpServerInfo[]
  /** The stored values, by key in hex. */
  values: Record<string, StateValue>
  /** UDP was blocked where the node was: it has its first link over WebSocket, then finds out whether it still is. */
  isBlocked?: true
}

const BYTE_FIELDS = ['id', 'k', 'sig', 'salt'] as const
const PUBLIC_KEY_BYTES = 32
const SIGNATURE_BYTES = 64

/** @internal */
export interface ValueChecks {
  hash: (bytes: Uint8Array) => Uint8Array
  verify: Verify | null
}

/** @internal */
export function encodeValue(value: StoredValue): StateValue {
  const fields = BYTE_FIELDS.flatMap(name => {
    const bytes = value[name]
    return bytes ? [[name, Buffer.from(bytes).toString('hex')]] : []
  })
  const { v, seq } = value
  const hex = isBytes(v) ? Buffer.from(v).toString('hex') : encode(v).toString('hex')
  return {
    v: hex,
    ...(!isBytes(v) && { bencoded: true }),
    ...Object.fromEntries(fields),
    ...(seq !== undefined && { seq })
  }
}

/** @internal Reads a value; `undefined` if it does not belong to its key. */
export function decodeValue(
  key: string,
  value: unknown,
  checks: ValueChecks
): Awaitable<StoredValue | undefined> {
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Record<string, unknown>
  const { seq } = fields
  const decoded: Record<string, unknown> = Number.isSafeInteger(seq) ? { seq } : {}
  for (const name of BYTE_FIELDS) {
    const hex = fields[name]
    if (typeof hex === 'string') decoded[name] = Buffer.from(hex, 'hex')
  }
  const v = decodeData(fields)
  const stored = { ...decoded, v } as StoredValue
  if (v === undefined || !isInLimits(key, stored)) return undefined
  return andThen(isOfKey(key, stored, checks), isOfKey => (isOfKey ? stored : undefined))
}

/** Whether other nodes would take it. Ids are as long as keys. */
function isInLimits(key: string, { v, id, salt }: StoredValue): boolean {
  return !isTooLong(v) && id?.length === key.length / 2 && (salt?.length ?? 0) <= MAX_SALT_BYTES
}

/** The value itself: bytes, unless it is marked as bencoded. */
function decodeData({ v, bencoded }: Record<string, unknown>): Bencoded | undefined {
  if (typeof v !== 'string') return undefined
  const bytes = Buffer.from(v, 'hex')
  return bencoded === true ? decode(bytes, MAX_VALUE_DEPTH) : bytes
}

/** @internal Whether a value belongs to its key. */
export function isOfKey(key: string, value: StoredValue, checks: ValueChecks): Awaitable<boolean> {
  return value.k || value.sig ? isSigned(key, value, checks) : isHash(key, checks.hash(encode(value.v)))
}

/** @internal Whether a mutable value belongs to its key, and its signature is valid (BEP 44). */
export function isSigned(
  key: string,
  { v, k, sig, seq, salt }: StoredValue,
  { hash, verify }: ValueChecks
): Awaitable<boolean> {
  if (k?.length !== PUBLIC_KEY_BYTES || sig?.length !== SIGNATURE_BYTES) return false
  if (seq === undefined || !verify) return false
  const hashed = salt ? Buffer.concat([k, salt]) : k
  // It would also be the key of an immutable value, which anybody can put: one of 16 million keys begins like this.
  if (!isHash(key, hash(hashed)) || decode(hashed) !== undefined) return false
  return verify(sig, signedBytes({ ...(salt && { salt }), seq, v }), k)
}

function isHash(key: string, hash: Uint8Array): boolean {
  return Buffer.from(hash).toString('hex') === key
}
