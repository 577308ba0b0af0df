/** Looks at the files of a database before LevelDB does, and reads what can be read of damaged ones. */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Change, toName } from './level.js'
import { type LogFile, readLogFile } from './log-file.js'
import { readManifest } from './manifest.js'
import { Reader } from './reader.js'
import { type LevelEntry, readTableFile } from './table-file.js'

const LOG = /^\d+\.log$/
const TABLE = /^\d+\.(ldb|sst)$/
/** Of a batch in the log: the sequence number of its first change, and how many there are. */
const BATCH_HEADER_BYTES = 12
const PUT = 1

/**
 * Finds the damage that LevelDB does not notice, and answers with the loss of what is in intact files or with the end of the process.
 * Without CURRENT it begins a new database and deletes the tables.
 *
 * @returns logs that end in the middle of a record. LevelDB takes all before it.
 * @throws Error that says what is damaged
 */
export async function inspect(folder: string): Promise<{ torn: string[] }> {
  const names = await readdir(folder)
  if (!names.includes('CURRENT')) {
    if (names.some(name => LOG.test(name) || TABLE.test(name))) throw new Error('the file CURRENT is missing')
    return { torn: [] }
  }
  const manifestName = (await readFile(join(folder, 'CURRENT'), 'latin1')).trimEnd()
  if (!names.includes(manifestName)) throw new Error('the MANIFEST is missing')
  const manifest = await readLog(folder, manifestName)
  if (manifest.state !== 'whole') throw damaged(manifestName)
  const { logNumber, tables } = readManifest(manifest.records)
  const logs = names.filter(name => LOG.test(name) && Number.parseInt(name, 10) >= logNumber)
  if (logNumber > 0 && !logs.some(name => Number.parseInt(name, 10) === logNumber))
    throw new Error('the log is missing')
  const torn: string[] = []
  for (const name of logs) {
    const { state } = await readLog(folder, name)
    if (state === 'damaged') throw damaged(name)
    if (state === 'torn') torn.push(name)
  }
  for (const [number, size] of tables) {
    const name = names.find(other => TABLE.test(other) && Number.parseInt(other, 10) === number)
    if (name === undefined) throw new Error(`the table ${number} is missing`)
    const bytes = await readFile(join(folder, name))
    if (bytes.length !== size || !readTableFile(bytes).isWhole) throw damaged(name)
  }
  return { torn }
}

async function readLog(folder: string, name: string): Promise<LogFile> {
  return readLogFile(await readFile(join(folder, name)))
}

function damaged(name: string): Error {
  return new Error(`the file ${name} is damaged`)
}

/** Reads everything that is as it was written. A file that cannot be read is left out. */
export async function salvage(folder: string): Promise<Change[]> {
  const newest = new Map<string, LevelEntry>()
  const take = (entry: LevelEntry) => {
    const name = toName(entry.key)
    const other = newest.get(name)
    if (!other || entry.sequence > other.sequence) newest.set(name, entry)
  }
  for (const name of await readdir(folder)) {
    if (!LOG.test(name) && !TABLE.test(name)) continue
    const bytes = await readFile(join(folder, name)).catch(() => Buffer.alloc(0))
    if (TABLE.test(name)) readTableFile(bytes).entries.forEach(take)
    else readLogFile(bytes).records.flatMap(readBatch).forEach(take)
  }
  return [...newest].flatMap(([name, { value }]) => (value ? [{ name, bytes: value }] : []))
}

function readBatch(record: Buffer): LevelEntry[] {
  if (record.length < BATCH_HEADER_BYTES) return []
  const entries: LevelEntry[] = []
  const reader = new Reader(record, BATCH_HEADER_BYTES)
  for (let sequence = record.readBigUInt64LE(); !reader.isAtEnd; sequence++) {
    const isPut = reader.number() === PUT
    const key = reader.string()
    entries.push({ key, sequence, value: isPut ? reader.string() : undefined })
  }
  return entries
}
