/**
 * A directory store whose files are damaged opens, tells so, and has what can be read. `--flips 1000` damages so many places of each
 * file.
 */

import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import test, { type Test } from 'tape'
import type { ErrorCode, WebTorrentDHTError } from '../../src/index.js'
import { type DirectoryStore, openDirectoryStore } from '../../src/storing/directory-store.js'
import { createRecord, createValue, idOf } from '../helpers/stored.js'

const { values: args } = parseArgs({ strict: false, options: { flips: { type: 'string' } } })
/** Places in each file where a bit is flipped. */
const FLIPS = Number(args.flips ?? 4)
/** How many values and announcements are stored. Those with odd numbers are in a table, the others in the log. */
const COUNT = 40
/** Stores that are examined at the same time: they wait for the disk. */
const AT_ONCE = 4
const FOREVER = Number.MAX_SAFE_INTEGER

/** In memory, where there is such a place: LevelDB waits for the disk often, and nothing here depends on it. */
const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

interface Folders {
  /** A store as a process leaves it that closes it. */
  closed: string
  /** A store as a process leaves it that is killed. */
  killed: string
  /** Where copies are. */
  root: string
}

async function createFolders(t: Test): Promise<Folders> {
  const root = mkdtempSync(join(SCRATCH, 'webtorrent-dht-damaged-'))
  t.teardown(() => rmSync(root, { recursive: true, force: true }))
  const closed = join(root, 'closed')
  const killed = join(root, 'killed')
  for (const isOdd of [true, false]) {
    const store = await openDirectoryStore(closed)
    for (let i = isOdd ? 1 : 2; i <= COUNT; i += 2) await put(store, i)
    if (!isOdd) cpSync(closed, killed, { recursive: true })
    await store.close()
  }
  return { closed, killed, root }
}

async function put({ values, peers }: DirectoryStore, number: number): Promise<void> {
  await values.put(idOf(number), createValue(number))
  await peers.put(idOf(number), createRecord(number), FOREVER)
}

/** The numbers of what is there as it was put, and whether anything is there that was not. */
async function read({
  values,
  peers
}: DirectoryStore): Promise<{ values: number[]; peers: number[]; isWrong: boolean }> {
  const numbers = Array.from({ length: COUNT }, (_, i) => i + 1)
  const found = {
    values: [] as number[],
    peers: [] as number[],
    isWrong: values.size > COUNT || peers.size > COUNT
  }
  for (const number of numbers) {
    const value = await values.get(idOf(number))
    if (value) found.values.push(number)
    if (value && !isDeepStrictEqual(value, createValue(number))) found.isWrong = true
    const records = await peers.get(idOf(number))
    if (records.length > 0) found.peers.push(number)
    if (records.length > 1 || records.some(record => !record.equals(createRecord(number))))
      found.isWrong = true
  }
  return found
}

/** What is wrong with a store after its files were damaged; `null` if all is well. */
async function examine(path: string, mayLose: boolean): Promise<string | null> {
  const warnings: ErrorCode[] = []
  const store = await openDirectoryStore(path, { onWarning: ({ code }) => warnings.push(code) })
  const found = await read(store)
  const lost = 2 * COUNT - found.values.length - found.peers.length
  await put(store, 1)
  await store.close()
  if (found.isWrong) return 'it has what was not put'
  if (lost > 0 && !mayLose) return `${lost} entries are lost`
  if (lost > 0 && warnings.length === 0) return `${lost} entries are lost, without a word`
  const later: ErrorCode[] = []
  const again = await openDirectoryStore(path, { onWarning: ({ code }) => later.push(code) })
  const kept = await read(again)
  await again.close()
  if (later.length > 0) return `it warns again: ${later}`
  const isKept = [...found.values, 1].every(number => kept.values.includes(number))
  return isKept ? null : 'what was there is gone when it is opened again'
}

/** The kinds of files, and whether something may be lost with them. */
const fileKinds: Record<string, { pattern: RegExp; mayLose: boolean }> = {
  CURRENT: { pattern: /^CURRENT$/, mayLose: false },
  'LOCK or LOG': { pattern: /^LO(CK|G)$/, mayLose: false },
  MANIFEST: { pattern: /^MANIFEST/, mayLose: false },
  'a table': { pattern: /\.ldb$/, mayLose: true },
  'the log': { pattern: /\.log$/, mayLose: true }
}

/** Copies a store and damages the files of one kind in the copy. @returns the copy */
function damageCopy(
  from: string,
  { root }: Folders,
  kind: RegExp,
  damage: (file: string, bytes: Buffer) => void
): string {
  const copy = mkdtempSync(join(root, 'copy-'))
  cpSync(from, copy, { recursive: true })
  const folder = join(copy, 'level')
  for (const name of readdirSync(folder).filter(one => kind.test(one)))
    damage(join(folder, name), readFileSync(join(folder, name)))
  return copy
}

const damages: Record<string, (file: string, bytes: Buffer) => void> = {
  'was deleted': file => unlinkSync(file),
  'is empty': file => truncateSync(file, 0),
  'was cut in half': (file, bytes) => truncateSync(file, bytes.length >> 1),
  'lacks its last byte': (file, bytes) => truncateSync(file, Math.max(0, bytes.length - 1)),
  'is full of zeros': (file, bytes) => writeFileSync(file, Buffer.alloc(bytes.length)),
  'has a name that changed': (file, bytes) => {
    const position = bytes.toString('latin1').search(/[vp][0-9a-f]{40}/)
    if (position >= 0) bytes.write('~', position + 1) // out of its order: LevelDB ends the process when it writes that
    writeFileSync(file, bytes)
  },
  'is full of other bytes': (file, bytes) =>
    writeFileSync(
      file,
      bytes.map(byte => byte ^ 0xa5)
    )
}

function flipAt(share: number, bit: number) {
  return (file: string, bytes: Buffer) => {
    const position = Math.floor(share * bytes.length)
    const byte = bytes[position]
    if (byte !== undefined) bytes[position] = byte ^ (1 << bit)
    writeFileSync(file, bytes)
  }
}

for (const [name, { pattern, mayLose }] of Object.entries(fileKinds)) {
  test(`a store opens, and tells what it lost, when ${name} is damaged`, async t => {
    const folders = await createFolders(t)
    const all = { ...damages }
    for (let i = 0; i < FLIPS; i++)
      all[`has a bit flipped at ${i} of ${FLIPS}`] = flipAt((i + 0.5) / FLIPS, (i * 5) % 8)
    const faults: string[] = []
    const check = async (from: string, what: string, damage: (file: string, bytes: Buffer) => void) => {
      const copy = damageCopy(from, folders, pattern, damage)
      const fault = await examine(copy, mayLose).catch(error => `it fails: ${error}`)
      if (fault) faults.push(`${name} of ${basename(from)} ${what}: ${fault}`)
      rmSync(copy, { recursive: true })
    }
    const checks = [folders.closed, folders.killed].flatMap(from =>
      Object.entries(all).map(
        ([what, damage]) =>
          () =>
            check(from, what, damage)
      )
    )
    while (checks.length > 0) await Promise.all(checks.splice(0, AT_ONCE).map(run => run()))
    t.deepEqual(faults, [])
  })
}

test('an unreadable store is moved aside, and a new one is begun', async t => {
  const folders = await createFolders(t)
  const path = damageCopy(folders.killed, folders, /./, (file, bytes) => {
    writeFileSync(
      file,
      bytes.map(byte => byte ^ 0xa5)
    )
  })
  const warnings: WebTorrentDHTError[] = []
  const store = await openDirectoryStore(path, { onWarning: warning => warnings.push(warning) })
  const [replaced, ...others] = warnings
  t.equal(replaced?.code, 'EREPLACED')
  t.ok(replaced?.message.includes(join(path, 'damaged')), replaced?.message)
  t.deepEqual(others, [])
  t.deepEqual([store.values.size, store.peers.size], [0, 0])
  t.ok(readdirSync(join(path, 'damaged')).length > 0)
  await put(store, 1)
  await store.close()
  const again = await openDirectoryStore(path, { onWarning: warning => t.fail(warning.message) })
  t.deepEqual((await read(again)).values, [1])
  await again.close()
})

test('the warning says what is damaged and how many entries are lost', async t => {
  const folders = await createFolders(t)
  const path = damageCopy(folders.closed, folders, /\.ldb$/, file => unlinkSync(file))
  const warnings: WebTorrentDHTError[] = []
  const store = await openDirectoryStore(path, { onWarning: warning => warnings.push(warning) })
  await store.close()
  const [repaired, damaged] = warnings
  t.equal(repaired?.code, 'EREPAIRED')
  t.ok(/the table \d+ is missing/.test(repaired?.message ?? ''), repaired?.message)
  t.equal(damaged?.code, 'EDAMAGED')
  t.ok(damaged?.message.startsWith(`${2 * COUNT} entries`), damaged?.message)
})

test('a value that is damaged while the store is open gives a warning, and is removed', async t => {
  const { closed } = await createFolders(t)
  const warnings: WebTorrentDHTError[] = []
  const store = await openDirectoryStore(closed, { onWarning: warning => warnings.push(warning) })
  const folder = join(closed, 'level')
  const { v } = createValue(COUNT)
  for (const name of readdirSync(folder).filter(one => /\.ldb$/.test(one))) {
    const position = readFileSync(join(folder, name)).indexOf(v)
    if (position < 0) continue
    const file = openSync(join(folder, name), 'r+')
    writeSync(file, 'X', position)
    closeSync(file)
  }
  t.equal(await store.values.get(idOf(COUNT)), undefined)
  t.deepEqual(
    warnings.map(({ code, message }) => [code, message.includes(idOf(COUNT))]),
    [['EDAMAGED', true]]
  )
  t.equal(store.values.size, COUNT - 1)
  t.deepEqual(await store.values.get(idOf(1)), createValue(1), 'the others are there')
  await store.values.put(idOf(COUNT), createValue(COUNT))
  t.deepEqual(await store.values.get(idOf(COUNT)), createValue(COUNT), 'and it can be put again')
  await store.close()
})

test('after a kill during the replacement of a damaged database, the new one is used', async t => {
  const { closed } = await createFolders(t)
  renameSync(join(closed, 'level'), join(closed, 'salvaged'))
  const store = await openDirectoryStore(closed, { onWarning: warning => t.fail(warning.message) })
  t.equal((await read(store)).values.length, COUNT)
  await store.close()
})
