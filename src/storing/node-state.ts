/**
 * The state that a node keeps over a restart or reload: its id, places to join at and stored values, as plain JSON. `toJSON()` gives
 * it, and the option `state` restores it. Others may have written to its storage: so it is checked like a message, and a value that
 * does not belong to its key is left out.
 */

import type { StateValue, StoredValue, Verify } from '../upstream.js'
import { encode } from '../wire/bencode.js'
import type { HttpServerInfo } from '../wire/server-info.js'

/** The state of a node: what `toJSON()` gives. */
export interface NodeState {
  /** The node's id in hex. */
  nodeId: string
  /** HTTP servers of nodes: places to join at. */
  nodes: HttpServerInfo[]
  /** The stored values, by key in hex. */
  values: Record<string, StateValue>
}

const BYTE_FIELDS = ['v', 'id', 'k', 'sig', 'salt'] as const

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
  return { ...Object.fromEntries(fields), ...(value.seq !== undefined && { seq: value.seq }) }
}

/** @internal Reads a value; `undefined` if it does not belong to its key. */
export function decodeValue(
  key: string,
  value: unknown,
  { hash, verify }: ValueChecks
): StoredValue | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Record<string, unknown>
  const { seq } = fields
  const decoded: Record<string, unknown> = Number.isSafeInteger(seq) ? { seq } : {}
  for (const name of BYTE_FIELDS) {
    const hex = fields[name]
    if (typeof hex === 'string') decoded[name] = Buffer.from(hex, 'hex')
  }
  const stored = decoded as unknown as StoredValue
  if (!stored.v || !stored.id) return undefined
  const isOwn = stored.k ? isSigned(key, stored, { hash, verify }) : isHash(key, hash(encode(stored.v)))
  return isOwn ? stored : undefined
}

/** @internal Whether a mutable value belongs to its key, and its signature is valid (BEP 44). */
export function isSigned(
  key: string,
  { v, k, sig, seq, salt }: StoredValue,
  { hash, verify }: ValueChecks
): boolean {
  if (!k || !sig || seq === undefined || !verify) return false
  const signed = encode({ ...(salt && { salt }), seq, v }).subarray(1, -1)
  return isHash(key, hash(salt ? Buffer.concat([k, salt]) : k)) && verify(sig, signed, k)
}

function isHash(key: string, hash: Uint8Array): boolean {
  return Buffer.from(hash).toString('hex') === key
}
