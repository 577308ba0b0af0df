/** Writes small files whole or not at all, also where the process is killed meanwhile. Only their owner can read them. */

import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

const OWNER_ONLY = 0o600

/** Behind the name of the file: a draft that a killed process has left. */
const DRAFT = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Writes a file in the place of the one that is there. */
export function writeWhole(path: string, text: string): void {
  withDraft(path, text, draft => renameSync(draft, path))
}

/** Writes a file unless there is one. */
export function writeOnce(path: string, text: string): void {
  if (existsSync(path)) return
  withDraft(path, text, draft => {
    try {
      linkSync(draft, path) // fails where another process was quicker
    } catch (error) {
      if (!existsSync(path)) throw error
    }
  })
}

/** Removes what a killed process has left of writing a file. Only for a file that no other process writes. */
export function removeDrafts(path: string): void {
  const [folder, name] = [dirname(path), basename(path)]
  for (const found of readdirSync(folder)) {
    if (found.startsWith(name) && DRAFT.test(found.slice(name.length)))
      rmSync(join(folder, found), { force: true })
  }
}

function withDraft(path: string, text: string, use: (draft: string) => void): void {
  const draft = `${path}.${randomUUID()}`
  const file = openSync(draft, 'wx', OWNER_ONLY)
  try {
    try {
      writeFileSync(file, text) // `writeSync` writes a part where the disk is nearly full, and says so by a number only
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    use(draft)
  } finally {
    rmSync(draft, { force: true })
  }
}
