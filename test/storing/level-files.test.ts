/** The files of LevelDB as this package reads them, against those that LevelDB writes. */

import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import test, { type Test } from 'tape'
import { readLogFile } from '../../src/storing/directory/log-file.js'
import { inspect, salvage } from '../../src/storing/directory/salvage.js'
import { readTableFile } from '../../src/storing/directory/table-file.js'

interface Entry {
  key: Buffer
  value: Buffer
}

const createEntries = (count: number, size: number): Entry[] =>
  Array.from({ length: count }, (_, i) => ({
    key: Buffer.from(`key ${String(i).padStart(5, '0')}`),
    value: Buffer.alloc(size, i)
  }))

/** Has LevelDB write entries, one after the other. @returns its folder, closed */
async function write(t: Test, entries: Entry[], { isTable = false } = {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-level-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const level = new ClassicLevel<Buffer, Buffer>(folder, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    compression: false
  })
  for (const { key, value } of entries) await level.put(key, value)
  if (isTable) await level.compactRange(Buffer.of(0), Buffer.of(255))
  await level.close()
  return folder
}

function readOne(folder: string, pattern: RegExp): Buffer {
  const [name = ''] = readdirSync(folder).filter(one => pattern.test(one))
  return readFileSync(join(folder, name))
}

/** Positions of bytes that can change without a trace. */
function findBlindSpots(bytes: Buffer, isWhole: (damaged: Buffer) => boolean): number[] {
  return Array.from(bytes.keys()).filter(position => {
    const damaged = Buffer.from(bytes)
    damaged[position] = (bytes[position] ?? 0) ^ (1 << (position % 8))
    return isWhole(damaged)
  })
}

test('a log across several blocks is read whole', async t => {
  for (const [count, size] of [
    [3, 10],
    [300, 1000],
    [3, 100_000]
  ] as const) {
    const entries = createEntries(count, size)
    const { records, state } = readLogFile(readOne(await write(t, entries), /\.log$/))
    t.equal(state, 'whole')
    t.equal(records.length, count)
    t.ok(records.every((record, i) => record.includes(entries[i]?.value ?? '')))
  }
})

test('a change of any byte of a log is noticed', async t => {
  const bytes = readOne(await write(t, createEntries(20, 50)), /\.log$/)
  t.deepEqual(
    findBlindSpots(bytes, damaged => readLogFile(damaged).state === 'whole'),
    []
  )
})

test('a truncated log gives all records before the cut', async t => {
  const bytes = readOne(await write(t, createEntries(40, 1000)), /\.log$/)
  for (let length = 0; length < bytes.length; length += 97) {
    const { records, state } = readLogFile(bytes.subarray(0, length))
    const written = records.reduce((sum, record) => sum + record.length, 0)
    if (state === 'damaged' || length - written > 1100 + 10 * 40) t.fail(`${length} bytes: ${state}`)
  }
  t.equal(
    readLogFile(Buffer.concat([bytes, Buffer.alloc(50_000)])).state,
    'torn',
    'as is one that ends in zeros'
  )
  t.end()
})

test('a log gives the records behind a damaged one', async t => {
  const bytes = readOne(await write(t, createEntries(10, 100)), /\.log$/)
  bytes[bytes.indexOf('key 00004')] = 0
  const { records, state } = readLogFile(bytes)
  t.equal(state, 'damaged')
  t.equal(records.length, 9)
})

test('a table is read whole, and a change of any byte that matters is noticed', async t => {
  const entries = createEntries(40, 200)
  const bytes = readOne(await write(t, entries, { isTable: true }), /\.ldb$/)
  const table = readTableFile(bytes)
  t.ok(table.isWhole)
  t.deepEqual(
    table.entries.map(({ key, value }) => ({ key, value })),
    entries
  )
  const padding = bytes.length - 48 // of the footer: the places of two blocks, zeros, and a mark
  const blind = findBlindSpots(bytes, damaged => readTableFile(damaged).isWhole)
  t.ok(
    blind.every(position => position >= padding && bytes[position] === 0),
    blind.join()
  )
})

test('a database is refused only if a needed file is missing or damaged', async t => {
  const folder = await write(t, createEntries(20, 300), { isTable: true })
  writeFileSync(join(folder, '000099.ldb'), 'half written by a process that was killed')
  t.deepEqual(await inspect(folder), { torn: [readdirSync(folder).find(name => /\.log$/.test(name))] })
  const files: [pattern: RegExp, damage: (file: string) => void, reason: RegExp][] = [
    [/^MANIFEST/, file => truncateSync(file, statSync(file).size - 1), /MANIFEST-\d+ is damaged/],
    [/^MANIFEST/, file => unlinkSync(file), /MANIFEST is missing/],
    [/^CURRENT/, file => unlinkSync(file), /CURRENT is missing/],
    [/\.log$/, file => unlinkSync(file), /log is missing/],
    [/00000\d\.ldb$/, file => unlinkSync(file), /table \d+ is missing/],
    [/00000\d\.ldb$/, file => truncateSync(file, 100), /\.ldb is damaged/]
  ]
  for (const [pattern, damage, reason] of files) {
    const copy = `${folder}-copy`
    cpSync(folder, copy, { recursive: true })
    for (const name of readdirSync(copy).filter(one => pattern.test(one))) damage(join(copy, name))
    await inspect(copy).then(
      () => t.fail(`${reason}`),
      error => t.match(error.message, reason)
    )
    rmSync(copy, { recursive: true })
  }
})

test('salvage gives all entries of a database, and no removed ones', async t => {
  const entries = createEntries(20, 300)
  const folder = await write(t, entries, { isTable: true })
  const level = new ClassicLevel<Buffer, Buffer>(folder, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    compression: false
  })
  await level.del(Buffer.from('key 00003'))
  await level.put(Buffer.from('key 00004'), Buffer.from('new'))
  await level.close()
  const salvaged = await salvage(folder)
  const wanted = entries
    .filter((_, i) => i !== 3)
    .map(({ key, value }, i) => ({ name: key.toString(), bytes: i === 3 ? Buffer.from('new') : value }))
  t.deepEqual(
    salvaged.sort((a, b) => (a.name < b.name ? -1 : 1)),
    wanted
  )
})
