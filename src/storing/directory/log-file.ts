/**
 * Reads the log files of LevelDB: the write-ahead log and the MANIFEST. LevelDB opens a database whose log is damaged and says
 * nothing; what is behind the damage is gone then. The format, of every LevelDB: blocks of 32 KiB. In these, fragments: a masked
 * CRC-32C of type and data (4 bytes), the length of the data (2), the type (1), the data. A record is one fragment or several.
 */

import { maskedCrc32c } from './crc32c.js'

const BLOCK_BYTES = 32 * 1024
const HEADER_BYTES = 7
const FULL = 1
const FIRST = 2
const LAST = 4

export interface LogFile {
  /** The records that are as they were written. */
  records: Buffer[]
  /**
   * - `whole`: all are
   * - `torn`: whole up to the last record, which the end of the file cuts off, or up to zeros, as after a crash; or empty
   * - `damaged`: anything else
   */
  state: 'whole' | 'torn' | 'damaged'
}

interface Fragment {
  type: number
  data: Buffer
}

export function readLogFile(bytes: Buffer): LogFile {
  const records: Buffer[] = []
  let parts: Buffer[] = []
  let isTorn = bytes.length === 0
  let isDamaged = false
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const block = bytes.subarray(start, start + BLOCK_BYTES)
    const { fragments, end } = readBlock(block)
    if (end === 'torn' && isZero(bytes.subarray(start + block.length))) isTorn = true
    else if (end !== 'whole') isDamaged = true
    for (const { type, data } of fragments) {
      if (type === FULL || type === FIRST) parts = []
      else if (parts.length === 0) continue // its beginning was damaged
      parts.push(data)
      if (type === FULL || type === LAST) records.push(Buffer.concat(parts.splice(0)))
    }
    if (end !== 'whole') parts = []
  }
  const intact = isTorn ? 'torn' : 'whole'
  return { records, state: isDamaged ? 'damaged' : intact }
}

/** Reads a block, on behind a fragment that is damaged: what comes then counts only if its checksum is right. */
function readBlock(block: Buffer): { fragments: Fragment[]; end: LogFile['state'] } {
  const fragments: Fragment[] = []
  let isDamaged = false
  let position = 0
  while (block.length - position >= HEADER_BYTES) {
    const dataEnd = position + HEADER_BYTES + block.readUInt16LE(position + 4)
    if (isZero(block.subarray(position))) return { fragments, end: isDamaged ? 'damaged' : 'torn' }
    if (dataEnd > block.length) break
    const checked = block.subarray(position + HEADER_BYTES - 1, dataEnd)
    if (maskedCrc32c(checked) === block.readUInt32LE(position))
      fragments.push({ type: checked[0] ?? 0, data: checked.subarray(1) })
    else isDamaged = true
    position = dataEnd
  }
  const rest = block.subarray(position)
  const isFilled =
    rest.length === 0 || (rest.length < HEADER_BYTES && block.length === BLOCK_BYTES && isZero(rest))
  if (isDamaged) return { fragments, end: 'damaged' }
  if (isFilled) return { fragments, end: 'whole' }
  return { fragments, end: block.length < BLOCK_BYTES ? 'torn' : 'damaged' }
}

function isZero(bytes: Buffer): boolean {
  return bytes.every(byte => byte === 0)
}
