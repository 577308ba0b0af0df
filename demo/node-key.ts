/** The key of a node in a terminal, in a file that nobody else can read: it keeps the node's id. */

import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { messageOf } from './text.js'
import { UserError } from './user-error.js'

const KEY_BYTES = 32
const OWNER_ONLY = 0o600

/** The key in a file, as hex digits; made and written if there is no file. @throws UserError */
export function keyIn(path: string): string {
  try {
    const key = randomBytes(KEY_BYTES).toString('hex')
    writeFileSync(path, `${key}\n`, { flag: 'wx', mode: OWNER_ONLY })
    return key
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fault(path, messageOf(error))
  }
  const key = read(path)
  if (/^[0-9a-f]{64}$/i.test(key)) return key
  throw fault(path, 'it has no key: 64 hex digits')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw fault(path, messageOf(error))
  }
}

function fault(path: string, reason: string): UserError {
  return new UserError(`--key is '${path}', which cannot be used: ${reason}`)
}
