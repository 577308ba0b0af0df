/**
 * Opens the database of a directory store, whatever state its files are in: as it is, or a new one with what can be read of a
 * damaged one, which is moved aside. LevelDB's own repair is of no use: it ends the process when it comes upon some kinds of damage.
 * Only one process may open it. What stops it is a disk that does not work, never a file.
 *
 * The database is in the folder `level` of the directory, and a damaged one goes to the folder `damaged`: the directory itself may
 * be a mounted volume, which cannot be moved.
 */

import { access, constants, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClassicLevel } from 'classic-level'
import { WebTorrentDHTError } from '../../errors.js'
import { applyChanges, type Level, levelCodeOf, reasonOf } from './level.js'
import { inspect, salvage } from './salvage.js'

/** Bytes that must fit on the disk: as much as LevelDB writes while it opens a database, a log of 4 MiB as a table. */
const PROBE_BYTES = 8 * 1024 * 1024
/** Entries that are written together to a new database. */
const SALVAGED_TOGETHER = 1000

export interface FolderOptions<Content> {
  ClassicLevel: typeof ClassicLevel
  /** Reads all of the database. Where that fails, the database is damaged. */
  read(level: Level): Promise<Content>
  warn(warning: WebTorrentDHTError): void
}

interface Opened<Content> {
  level: Level
  content: Content
}

/** @throws WebTorrentDHTError `ELOCKED`, `ESTORE` */
export async function openFolder<Content>(
  path: string,
  options: FolderOptions<Content>
): Promise<Opened<Content>> {
  try {
    const folder = join(path, 'level')
    await finishReplacing(path)
    await mkdir(folder, { recursive: true })
    await throwIfLocked(folder, options)
    const opened = await openIntact(folder, options)
    if ('level' in opened) return opened
    await throwIfUnusable(path)
    await replace(path, opened.damage, options)
    return await openLevel(folder, options)
  } catch (error) {
    if (error instanceof WebTorrentDHTError) throw error
    const message = `The store in ${path} does not open: ${reasonOf(error)}`
    throw new WebTorrentDHTError('ESTORE', message, { cause: error })
  }
}

/** Opens a database that is not damaged. */
async function openIntact<Content>(
  folder: string,
  options: FolderOptions<Content>
): Promise<Opened<Content> | { damage: unknown }> {
  try {
    const { torn } = await inspect(folder)
    const opened = await openLevel(folder, options)
    for (const name of torn) {
      const text = `The end of ${join(folder, name)} cannot be read, as after a crash. What was written last may be lost.`
      options.warn(new WebTorrentDHTError('EDAMAGED', text))
    }
    return opened
  } catch (error) {
    if (error instanceof WebTorrentDHTError) throw error
    return { damage: error }
  }
}

async function openLevel<Content>(
  folder: string,
  { ClassicLevel, read }: FolderOptions<Content>
): Promise<Opened<Content>> {
  const level = createLevel(folder, ClassicLevel)
  try {
    await level.open()
    return { level, content: await read(level) }
  } catch (error) {
    await level.close()
    if (levelCodeOf(error) === 'LEVEL_LOCKED') throw lockedError(folder, error)
    throw error
  }
}

function createLevel(folder: string, Class: typeof ClassicLevel): Level {
  // `salvage` does not read compressed tables. Keys and signatures do not get smaller anyway.
  return new Class(folder, { keyEncoding: 'buffer', valueEncoding: 'buffer', compression: false })
}

/**
 * Tells whether somebody has the database open, before anybody looks at files that change. LevelDB takes the lock before it refuses
 * to open what exists already. (Two processes that begin within the same millisecond may both get past this. One of them fails
 * a little later, unless the files are damaged: then both replace them.)
 */
async function throwIfLocked<Content>(
  folder: string,
  { ClassicLevel }: FolderOptions<Content>
): Promise<void> {
  const level = new ClassicLevel(folder, { createIfMissing: false, errorIfExists: true })
  try {
    await level.open()
  } catch (error) {
    if (levelCodeOf(error) === 'LEVEL_LOCKED') throw lockedError(folder, error)
  } finally {
    await level.close()
  }
}

function lockedError(folder: string, cause: unknown): WebTorrentDHTError {
  return new WebTorrentDHTError('ELOCKED', `The store in ${folder} is in use`, { cause })
}

/** Tells a disk that does not work from damaged files: a database on a full disk must not be taken for a broken one. */
async function throwIfUnusable(path: string): Promise<void> {
  const folder = join(path, 'level')
  for (const name of await readdir(folder)) await access(join(folder, name), constants.R_OK | constants.W_OK)
  const probe = join(path, 'probe')
  const file = await open(probe, 'w')
  try {
    await file.writeFile(Buffer.alloc(PROBE_BYTES))
    await file.sync()
  } finally {
    await file.close()
    await rm(probe, { force: true })
  }
}

/** Puts a new database, with what can be read of the damaged one, in its place. */
async function replace<Content>(
  path: string,
  damage: unknown,
  { ClassicLevel, warn }: FolderOptions<Content>
): Promise<void> {
  const [folder, aside, fresh] = foldersOf(path)
  const changes = await salvage(folder)
  await rm(fresh, { recursive: true, force: true })
  const level = createLevel(fresh, ClassicLevel)
  try {
    await level.open()
    for (let i = 0; i < changes.length; i += SALVAGED_TOGETHER)
      await applyChanges(level, changes.slice(i, i + SALVAGED_TOGETHER), { sync: true })
  } finally {
    await level.close()
  }
  await rm(aside, { recursive: true, force: true })
  await rename(folder, aside)
  await rename(fresh, folder)
  const code = changes.length > 0 ? 'EREPAIRED' : 'EREPLACED'
  const rest =
    changes.length > 0 ? 'What could be read is in a new one' : 'Nothing could be read, and a new one begins'
  const text = `The store in ${path} was damaged: ${reasonOf(damage)}. ${rest}; the old one is in ${aside}.`
  warn(new WebTorrentDHTError(code, text, { cause: damage }))
}

/** Goes on where a process was killed between the two steps of replacing a database. */
async function finishReplacing(path: string): Promise<void> {
  const [folder, , fresh] = foldersOf(path)
  const names = await readdir(path).catch(() => [])
  const isBetween =
    names.some(name => join(path, name) === fresh) && !names.some(name => join(path, name) === folder)
  if (isBetween) await rename(fresh, folder)
}

function foldersOf(path: string): [folder: string, aside: string, fresh: string] {
  return [join(path, 'level'), join(path, 'damaged'), join(path, 'salvaged')]
}
