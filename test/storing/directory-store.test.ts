/**
 * The store on disk: what is there after it was closed, killed, or out of room. With `--seconds 600`, processes that have it open are
 * killed for ten minutes.
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import test, { type Test } from 'tape'
import { WebTorrentDHTError } from '../../src/index.js'
import {
  type DirectoryStore,
  type DirectoryStoreOptions,
  openDirectoryStore
} from '../../src/storing/directory-store.js'
import { Child } from '../helpers/child.js'
import { createClock } from '../helpers/date-clock.js'
import { createRecord, createValue, idOf } from '../helpers/stored.js'

const SECONDS = 1000
const FOREVER = Number.MAX_SAFE_INTEGER
const WORKER = new URL('../helpers/store-worker.js', import.meta.url).pathname
const isWindows = process.platform === 'win32'

const { values: args } = parseArgs({ strict: false, options: { seconds: { type: 'string' } } })
const KILLING_TIME = Number(args.seconds ?? 8) * SECONDS

function createFolder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'webtorrent-dht-store-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Opens a store, which must not warn. */
function openQuietly(t: Test, path: string, options: DirectoryStoreOptions = {}): Promise<DirectoryStore> {
  return openDirectoryStore(path, { onWarning: warning => t.fail(String(warning)), ...options })
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'none'
  } catch (error) {
    return String(error instanceof WebTorrentDHTError ? error.code : error)
  }
}

const hexOf = (records: Buffer[]) => records.map(record => record.toString('hex')).sort()

test('entries are there when the store is opened again', async t => {
  const path = join(createFolder(t), 'made', 'when opened')
  const first = await openQuietly(t, path)
  const until = Date.now() + 60 * SECONDS
  await first.values.put(idOf(1), createValue(1))
  await first.values.put(idOf(2), createValue(2), until)
  await first.values.put(idOf(3), createValue(3))
  await first.values.remove(idOf(3))
  await first.peers.put(idOf(1), createRecord(1), until)
  await first.peers.put(idOf(1), createRecord(2), until)
  await first.peers.remove(idOf(1), createRecord(2))
  await Promise.all([first.close(), first.close()])
  t.equal(await codeOf(Promise.resolve(first.values.get(idOf(1)))), 'ECLOSED')
  t.equal(await codeOf(Promise.resolve(first.peers.put(idOf(1), createRecord(1), until))), 'ECLOSED')

  const second = await openQuietly(t, path)
  t.deepEqual([second.values.size, second.peers.size], [2, 1])
  t.deepEqual(await second.values.get(idOf(1)), createValue(1))
  t.deepEqual(await second.peers.get(idOf(1)), [createRecord(1)])
  const entries = []
  for await (const entry of second.values.entries()) entries.push(entry)
  t.deepEqual(entries, [
    { key: idOf(1), value: createValue(1), until: undefined },
    { key: idOf(2), value: createValue(2), until }
  ])
  await second.close()
})

test('entries that expire while the store is closed are gone when it is opened', async t => {
  const path = createFolder(t)
  const clock = createClock(t)
  const first = await openQuietly(t, path)
  await first.values.put(idOf(1), createValue(1), Date.now() + SECONDS)
  await first.values.put(idOf(2), createValue(2))
  await first.peers.put(idOf(1), createRecord(1), Date.now() + SECONDS)
  await first.peers.put(idOf(1), createRecord(2), Date.now() + 2 * SECONDS)
  await first.close()
  clock.move(SECONDS)
  for (const time of ['once', 'twice']) {
    const store = await openQuietly(t, path)
    t.deepEqual([store.values.size, store.peers.size], [1, 1], `opened ${time}`)
    t.equal(await store.values.get(idOf(1)), undefined)
    t.deepEqual(await store.peers.get(idOf(1)), [createRecord(2)])
    await store.close()
  }
})

test('nothing is kept longer than maxAge', async t => {
  const clock = createClock(t)
  const store = await openQuietly(t, createFolder(t), { maxAge: SECONDS })
  t.teardown(() => store.close())
  await store.values.put(idOf(1), createValue(1))
  await store.peers.put(idOf(1), createRecord(1), FOREVER)
  clock.move(SECONDS - 1)
  t.deepEqual(await store.values.get(idOf(1)), createValue(1))
  clock.move(1)
  t.equal(await store.values.get(idOf(1)), undefined)
  t.deepEqual(await store.peers.get(idOf(1)), [])
})

test('a store that is opened with a lower maximum keeps the latest entries', async t => {
  const path = createFolder(t)
  const first = await openQuietly(t, path)
  for (let i = 1; i <= 10; i++) {
    await first.values.put(idOf(i), createValue(i))
    await first.peers.put(idOf(i % 3), createRecord(i), FOREVER)
  }
  await first.close()
  const second = await openQuietly(t, path)
  await second.values.put(idOf(1), createValue(11))
  await second.peers.put(idOf(1), createRecord(1), FOREVER)
  await second.close()
  for (const limits of [{ maxValues: 2, maxPeers: 2 }, {}]) {
    const store = await openQuietly(t, path, limits)
    t.deepEqual([store.values.size, store.peers.size], [2, 2])
    t.deepEqual(await store.values.get(idOf(1)), createValue(11))
    t.deepEqual(await store.values.get(idOf(10)), createValue(10))
    t.deepEqual(hexOf(await store.peers.get(idOf(1))), hexOf([createRecord(1), createRecord(10)]))
    await store.close()
  }
})

test('a directory can be opened only once at a time', async t => {
  const path = createFolder(t)
  const child = new Child(WORKER)
  t.teardown(() => child.destroy())
  await child.call('open', path)
  t.equal(await codeOf(openQuietly(t, path)), 'ELOCKED', 'while another process has it')
  await child.kill()
  const store = await openQuietly(t, path)
  t.equal(await codeOf(openQuietly(t, path)), 'ELOCKED', 'while this process has it')
  await store.values.put(idOf(1), createValue(1))
  await store.close()
  const again = await openQuietly(t, path)
  t.deepEqual(await again.values.get(idOf(1)), createValue(1), 'who was refused has done nothing')
  await again.close()
})

test('a wrong option or path is an error with a code', async t => {
  const path = createFolder(t)
  const wrong: Record<string, unknown>[] = [
    { maxValues: 0 },
    { maxPeers: 1.5 },
    { maxAge: '1' },
    { onWarning: 1 }
  ]
  for (const options of wrong) t.equal(await codeOf(openDirectoryStore(path, options)), 'EINVAL')
  t.equal(await codeOf(openDirectoryStore('')), 'EINVAL')
  writeFileSync(join(path, 'file'), '')
  t.equal(await codeOf(openDirectoryStore(join(path, 'file'))), 'ESTORE')
})

/** Limits files to 64 KiB, or 128 where a block has 1 KiB: as a full disk, a write fails in the middle. */
const FULL_DISK = ['sh', '-c', 'ulimit -f 128; exec "$@"', 'sh']

test('a full disk fails a put, and the store works again once there is room', {
  skip: isWindows
}, async t => {
  const path = createFolder(t)
  const child = new Child(WORKER, { through: FULL_DISK })
  t.teardown(() => child.destroy())
  // The log is full after some 80 values. When the database is opened again, the few keys that they have make a small table.
  const { stored, errors } = await child.call<{ stored: number[]; errors: string[] }>(
    'put',
    path,
    1,
    1000,
    10
  )
  t.ok(errors.length > 0, `${errors.length} puts failed`)
  t.deepEqual([...new Set(errors)], ['ESTORE'])
  t.ok(stored.length > 900, `${stored.length} puts were acknowledged`)
  await child.kill()
  const store = await openDirectoryStore(path, { onWarning: () => {} })
  const last = new Map(stored.map(version => [version % 10, version]))
  for (const [number, version] of last) {
    const { seq = 0 } = (await store.values.get(idOf(number))) ?? {}
    t.ok(seq >= version, `version ${version} is there, or the one that failed after it (${seq})`)
  }
  await store.close()
})

test(`a killed process loses no acknowledged entry (${KILLING_TIME / SECONDS} s)`, async t => {
  const path = createFolder(t)
  const acknowledged = new Map<number, number>()
  const seen = { rounds: 0, versions: 0, warnings: [] as unknown[], lost: [] as string[] }
  const end = Date.now() + KILLING_TIME
  let version = KEYS
  let next = startWriter()
  while (Date.now() < end) {
    const writer = next
    next = startWriter() // it starts while the other one works
    const { begun, stored } = await writer.killSoon(path, version)
    for (let one = version; one <= stored; one++) acknowledged.set(one % KEYS, one)
    const store = await openDirectoryStore(path, { onWarning: ({ code }) => seen.warnings.push(code) })
    for (const [number, last] of acknowledged) seen.lost.push(...(await findLost(store, number, last)))
    await store.close()
    seen.rounds++
    seen.versions += stored + 1 - version
    version = begun + 1
  }
  await next.kill()
  const warnings = seen.warnings.length
  t.comment(`killed ${seen.rounds} times; ${seen.versions} versions acknowledged; ${warnings} warnings`)
  t.ok(seen.versions > 10 * seen.rounds, 'much was acknowledged')
  t.deepEqual(seen.lost, [], 'nothing is lost')
  const unexpected = seen.warnings.filter(code => code !== 'EDAMAGED')
  t.deepEqual(unexpected, [], 'nothing is damaged, but for the end of the log')
})

/** Things that the killed processes put, each again and again. */
const KEYS = 100

/** What is missing of the version of a key that was acknowledged last, or of a later one. */
async function findLost(store: DirectoryStore, number: number, last: number): Promise<string[]> {
  const value = await store.values.get(idOf(number))
  const version = value?.seq ?? -1
  const isGood =
    version >= last && version % KEYS === number && isDeepStrictEqual(value, createValue(version))
  const records = hexOf(await store.peers.get(idOf(number)))
  const isNamed = [last, last + KEYS].some(one => records.includes(createRecord(one).toString('hex')))
  return [
    isGood ? [] : `value ${last} of ${number}: ${version}`,
    isNamed ? [] : `record ${last} of ${number}`
  ].flat()
}

interface Writer {
  /** Has it put versions until it is killed. `stored` is the last that was acknowledged, `begun` the last that may be there. */
  killSoon(path: string, first: number): Promise<{ begun: number; stored: number }>
  kill(): Promise<unknown>
}

function startWriter(): Writer {
  const child = fork(WORKER, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const kill = () => {
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    return exit
  }
  return {
    kill,
    async killSoon(path, first) {
      const told = { begun: first - 1, stored: first - 1 }
      child.on('message', ({ event, version }: { event: keyof typeof told; version: number }) => {
        told[event] = version
      })
      child.send({ call: 1, method: 'putForever', args: [path, first, KEYS] })
      // Any moment may be the last one. Now and then it is one of the opening.
      const isWriting = Math.random() < 0.8
      while (isWriting && told.stored < first && child.exitCode === null) await once(child, 'message')
      await pause(Math.random() * 200)
      await kill()
      return { begun: told.begun + BEGUN_UNTOLD, stored: told.stored }
    }
  }
}

/** Versions of which a killed process may have begun to put before it could say so. */
const BEGUN_UNTOLD = 100
