/** `classic-level` (LevelDB), an optional dependency, loaded when a directory store is opened. */

import type { ClassicLevel } from 'classic-level'
import { isError, messageOf, WebTorrentDHTError } from '../../errors.js'

/** A database of names and bytes. Names are Latin-1 strings in this code. */
export type Level = ClassicLevel<Buffer, Buffer>

/** One change. Without bytes it removes the name. */
export interface Change {
  name: string
  bytes?: Buffer
}

/** The class `ClassicLevel`. @throws WebTorrentDHTError `ENOLEVEL` */
export async function loadLevel(): Promise<typeof ClassicLevel> {
  try {
    const level = await import('classic-level')
    return level.ClassicLevel
  } catch (cause) {
    const message = 'A directory store needs the package classic-level 3: npm install classic-level'
    throw new WebTorrentDHTError('ENOLEVEL', message, { cause })
  }
}

/** The code of an error of LevelDB: `LEVEL_LOCKED`, `LEVEL_CORRUPTION`, … A database that does not open says it in the cause. */
export function levelCodeOf(error: unknown): string | undefined {
  if (!isError(error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return levelCodeOf(error.cause) ?? code
}

/** The words of an error of LevelDB. */
export function reasonOf(error: unknown): string {
  return isError(error) && error.cause !== undefined ? reasonOf(error.cause) : messageOf(error)
}

/** Applies changes, all or none. @param options.sync whether they are on the disk when this is done */
export async function applyChanges(
  level: Level,
  changes: Change[],
  { sync }: { sync: boolean }
): Promise<void> {
  const operations = changes.map(({ name, bytes }) => {
    const key = toKey(name)
    return bytes ? { type: 'put' as const, key, value: bytes } : { type: 'del' as const, key }
  })
  await level.batch(operations, { sync })
}

export function toKey(name: string): Buffer {
  return Buffer.from(name, 'latin1')
}

export function toName(key: Buffer): string {
  return key.toString('latin1')
}
