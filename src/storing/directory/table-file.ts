/**
 * Reads the tables of LevelDB, which checks little of what it reads: a flipped bit comes back as data, hides an entry, or ends the
 * process with an assertion that failed (leveldown's issue 315, LevelDB's issue 1343). The format: blocks, each followed by its
 * type (1 byte, 0: not compressed) and a masked CRC-32C of both; at the end a footer of 48 bytes that names the index of the
 * data blocks, and that of the other blocks.
 */

import { maskedCrc32c } from './crc32c.js'
import { Reader } from './reader.js'

const FOOTER_BYTES = 48
const TRAILER_BYTES = 5
const MAGIC = Buffer.from('57fb808b247547db', 'hex')
/** Sequence number and kind, behind each key. */
const KEY_TRAILER_BYTES = 8
const PUT = 1

/** An entry as LevelDB has it: one put, or one removal, of a name. */
export interface LevelEntry {
  key: Buffer
  /** `undefined`: removed. */
  value: Buffer | undefined
  /** The entry with the highest one counts. */
  sequence: bigint
}

export interface TableFile {
  /** The entries of the blocks that are as they were written. */
  entries: LevelEntry[]
  /** Whether all are, those included that only LevelDB needs. */
  isWhole: boolean
}

export function readTableFile(bytes: Buffer): TableFile {
  const footer = bytes.subarray(-FOOTER_BYTES)
  const damaged: TableFile = { entries: [], isWhole: false }
  if (footer.length < FOOTER_BYTES || !footer.subarray(-MAGIC.length).equals(MAGIC)) return damaged
  const ends = new Reader(footer)
  const [others, index] = [readBlock(bytes, ends), readBlock(bytes, ends)]
  if (!index) return damaged
  const blocks = index.map(({ value }) => readBlock(bytes, new Reader(value)))
  const hasOthers = others?.every(({ value }) => checkBlock(bytes, new Reader(value)) !== undefined) ?? false
  return {
    entries: blocks.flatMap(block => block?.flatMap(toEntry) ?? []),
    isWhole: hasOthers && blocks.every(block => block !== undefined)
  }
}

function toEntry({ key, value }: Pair): LevelEntry[] {
  if (key.length < KEY_TRAILER_BYTES) return []
  const name = key.subarray(0, -KEY_TRAILER_BYTES)
  const trailer = key.readBigUInt64LE(name.length)
  return [{ key: name, value: trailer & BigInt(PUT) ? value : undefined, sequence: trailer >> 8n }]
}

interface Pair {
  key: Buffer
  value: Buffer
}

/** The keys and values of a block that a handle (offset and size) names; `undefined` if it is damaged. */
function readBlock(bytes: Buffer, handle: Reader): Pair[] | undefined {
  const block = checkBlock(bytes, handle)
  if (!block || block.length < 4) return undefined
  const restarts = 4 * (block.readUInt32LE(block.length - 4) + 1)
  if (restarts > block.length) return undefined
  const reader = new Reader(block.subarray(0, block.length - restarts))
  const pairs: Pair[] = []
  let key = Buffer.alloc(0)
  while (!reader.isAtEnd) {
    const [shared, rest, length] = [reader.number(), reader.number(), reader.number()]
    key = Buffer.concat([key.subarray(0, shared), reader.bytes(rest)])
    pairs.push({ key, value: reader.bytes(length) })
  }
  return pairs
}

/** The bytes of a block, if its checksum is right. */
function checkBlock(bytes: Buffer, handle: Reader): Buffer | undefined {
  const offset = handle.number()
  const end = offset + handle.number() + 1
  const isCompressed = bytes[end - 1] !== 0 // not by this package
  if (end + TRAILER_BYTES - 1 > bytes.length || isCompressed) return undefined
  const isRight = maskedCrc32c(bytes.subarray(offset, end)) === bytes.readUInt32LE(end)
  return isRight ? bytes.subarray(offset, end - 1) : undefined
}
