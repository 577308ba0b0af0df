/**
 * Entries of a directory store, as they are on disk: a CRC-32 of name and entry in 4 bytes, then the entry, a bencoded
 * dictionary. LevelDB does not check what it reads, so that a flipped bit would come back as data. A value's `v` is kept as its
 * own bencoded bytes: whatever BEP 44 lets it be, the format stays the same.
 */

import { crc32 } from 'node:zlib'
import { isBytes } from '../../is-bytes.js'
import type { StoredValue } from '../../upstream.js'
import { type Bencoded, decode, dictionary, encode } from '../../wire/bencode.js'
import { MAX_VALUE_DEPTH } from '../../wire/value-limits.js'

const CRC_BYTES = 4
const BYTE_FIELDS = ['id', 'k', 'sig', 'salt'] as const

/** The fields of every entry beside its own. */
export interface Held {
  /** Its place in the order of putting, over all runs. */
  order: number
  /** When it expires, in milliseconds since the epoch; `Infinity`: never. */
  until: number
}

/** How many entries there are after a write. Each write has it, so that missing ones are noticed. */
export interface Totals {
  values: number
  peers: number
}

export function encodeValue(name: string, value: StoredValue, held: Held): Buffer {
  const fields = BYTE_FIELDS.flatMap(field => {
    const bytes = value[field]
    return bytes ? [[field, bytes]] : []
  })
  const { seq } = value
  return seal(name, {
    ...fromHeld(held),
    ...Object.fromEntries(fields),
    ...(seq !== undefined && { seq }),
    v: encode(value.v)
  })
}

/** Reads a value. `undefined` if it is damaged. */
export function decodeValue(name: string, bytes: Uint8Array): (Held & { value: StoredValue }) | undefined {
  const fields = unseal(name, bytes)
  const held = toHeld(fields)
  const { v: encoded, seq } = fields ?? {}
  const v = isBytes(encoded) ? decode(encoded, MAX_VALUE_DEPTH) : undefined
  if (!held || v === undefined) return undefined
  const own: Record<string, unknown> = { v, ...(typeof seq === 'number' && { seq }) }
  for (const field of BYTE_FIELDS) {
    const value = fields?.[field]
    if (isBytes(value)) own[field] = toBuffer(value)
  }
  return { ...held, value: own as unknown as StoredValue }
}

export function encodeHeld(name: string, held: Held): Buffer {
  return seal(name, fromHeld(held))
}

/** Reads what every entry has. `undefined` if it is damaged. */
export function decodeHeld(name: string, bytes: Uint8Array): Held | undefined {
  return toHeld(unseal(name, bytes))
}

export function encodeTotals(name: string, { values, peers }: Totals): Buffer {
  return seal(name, { values, peers })
}

/** Reads the totals. `undefined` if they are damaged. */
export function decodeTotals(name: string, bytes: Uint8Array): Totals | undefined {
  const { values, peers } = unseal(name, bytes) ?? {}
  return typeof values === 'number' && typeof peers === 'number' ? { values, peers } : undefined
}

function fromHeld({ order, until }: Held): Record<string, number> {
  const milliseconds = Math.ceil(until)
  return { order, ...(Number.isSafeInteger(milliseconds) && { until: milliseconds }) }
}

function toHeld(fields: Record<string, Bencoded> | undefined): Held | undefined {
  const { order, until = Number.POSITIVE_INFINITY } = fields ?? {}
  return typeof order === 'number' && typeof until === 'number' ? { order, until } : undefined
}

function seal(name: string, fields: Record<string, unknown>): Buffer {
  const body = encode(fields)
  const crc = Buffer.alloc(CRC_BYTES)
  crc.writeUInt32BE(checksum(name, body))
  return Buffer.concat([crc, body])
}

function unseal(name: string, bytes: Uint8Array): Record<string, Bencoded> | undefined {
  if (bytes.length <= CRC_BYTES) return undefined
  const body = bytes.subarray(CRC_BYTES)
  if (toBuffer(bytes).readUInt32BE() !== checksum(name, body)) return undefined
  return dictionary(decode(body))
}

function checksum(name: string, body: Uint8Array): number {
  return crc32(body, crc32(Buffer.from(name, 'latin1')))
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
