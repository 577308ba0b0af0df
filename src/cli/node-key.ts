/** The key of a node, in a file that nobody else can read: it keeps the node's id. */

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeOnce } from './files.js'
import { messageOf } from './text.js'
import { UserError } from './user-error.js'

const KEY_BYTES = 32

/** In hex. */
export function newKey(): string {
  return randomBytes(KEY_BYTES).toString('hex')
}

/**
 * The key in a file, as hex digits; made and written if there is no file.
 *
 * @param flag the flag that names the file, for messages
 * @throws UserError
 */
export function keyIn(path: string, flag = '--key'): string {
  const fault = (reason: string) => new UserError(`${flag} is '${path}', which cannot be used: ${reason}`)
  try {
    writeOnce(path, `${newKey()}\n`)
    const key = readFileSync(path, 'utf8').trim()
    if (/^[0-9a-f]{64}$/i.test(key)) return key
  } catch (error) {
    throw fault(messageOf(error))
  }
  throw fault('it has no key: 64 hex digits')
}
