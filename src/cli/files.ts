/** Writes small files whole or not at all, also where the process is killed meanwhile. Only their owner can read them. */

import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

const OWNER_ONLY = 0o600

/** Writes a file in the place of the one that is there. */
export function writeWhole(path: string, text: string): void {
  const draft = writeDraft(path, text)
  try {
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

/** Writes a file unless there is one. */
export function writeOnce(path: string, text: string): void {
  if (existsSync(path)) return
  const draft = writeDraft(path, text)
  try {
    linkSync(draft, path) // fails where another process was quicker
  } catch (error) {
    if (!existsSync(path)) throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function writeDraft(path: string, text: string): string {
  const draft = `${path}.${randomUUID()}`
  const file = openSync(draft, 'wx', OWNER_ONLY)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return draft
}
