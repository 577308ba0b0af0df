/** Reads the MANIFEST of a LevelDB database: which files belong to it. Others may be there, half written by a killed process. */

import { Reader } from './reader.js'

/** Parts of a record. */
const COMPARATOR = 1
const LOG_NUMBER = 2
const NEXT_FILE = 3
const LAST_SEQUENCE = 4
const COMPACT_POINTER = 5
const DELETED_FILE = 6
const NEW_FILE = 7
const PREVIOUS_LOG_NUMBER = 9

export interface Manifest {
  /** The oldest log that it needs; 0: none. */
  logNumber: number
  /** The tables by number, with their sizes in bytes. */
  tables: Map<number, number>
}

/** @param records those of the MANIFEST, in their order */
export function readManifest(records: Buffer[]): Manifest {
  const manifest: Manifest = { logNumber: 0, tables: new Map() }
  for (const record of records) {
    const reader = new Reader(record)
    while (!reader.isAtEnd) readPart(reader, manifest)
  }
  return manifest
}

function readPart(reader: Reader, manifest: Manifest): void {
  switch (reader.number()) {
    case COMPARATOR:
      reader.string()
      break
    case LOG_NUMBER:
      manifest.logNumber = reader.number()
      break
    case NEXT_FILE:
    case LAST_SEQUENCE:
    case PREVIOUS_LOG_NUMBER:
      reader.number()
      break
    case COMPACT_POINTER:
      reader.number() // the level
      reader.string()
      break
    case DELETED_FILE:
      reader.number()
      manifest.tables.delete(reader.number())
      break
    case NEW_FILE:
      reader.number()
      manifest.tables.set(reader.number(), reader.number())
      reader.string() // its smallest key
      reader.string() // its largest
  }
}
