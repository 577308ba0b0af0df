/** What every store promises, of both that there are. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type Test } from 'tape'
import WebTorrentDHT, { type Store, type StoredValue, type WebTorrentDHTOptions } from '../../src/index.js'
import { openDirectoryStore } from '../../src/storing/directory-store.js'
import { MemoryStore } from '../../src/storing/memory-store.js'
import { createClock } from '../helpers/date-clock.js'
import { destroyAll } from '../helpers/nodes.js'
import { createRecord, createValue, idOf } from '../helpers/stored.js'

const SECONDS = 1000
const MAX_VALUES = 3
const MAX_PEERS = 6
const FOREVER = Number.MAX_SAFE_INTEGER

const kinds: Record<string, (t: Test) => Promise<Store<Buffer>>> = {
  async memory(t) {
    const dht = new WebTorrentDHT({ bootstrap: false, maxValues: MAX_VALUES, maxPeers: MAX_PEERS })
    t.teardown(() => destroyAll(dht))
    return new MemoryStore({ values: dht._values, peers: dht._peers })
  },
  async directory(t) {
    const path = mkdtempSync(join(tmpdir(), 'webtorrent-dht-store-'))
    const store = await openDirectoryStore(path, {
      maxValues: MAX_VALUES,
      maxPeers: MAX_PEERS,
      onWarning: warning => t.fail(warning.message)
    })
    t.teardown(async () => {
      await store.close()
      rmSync(path, { recursive: true })
    })
    return store
  }
}

async function listOf<Entry>(entries: Iterable<Entry> | AsyncIterable<Entry>): Promise<Entry[]> {
  const list: Entry[] = []
  for await (const entry of entries) list.push(entry)
  return list
}

const hexOf = (records: Buffer[]) => records.map(record => record.toString('hex')).sort()
const [A, B, C, D] = [idOf(1), idOf(2), idOf(3), idOf(4)]

const promises: Record<string, (t: Test, store: Store<Buffer>) => Promise<void>> = {
  async 'a value comes back as it was put'(t, { values }) {
    const immutable: StoredValue = { v: Buffer.from('text'), id: Buffer.alloc(20, 1) }
    await values.put(A, immutable)
    await values.put(B, createValue(1))
    t.deepEqual(await values.get(A), immutable)
    t.deepEqual(await values.get(B), createValue(1))
    t.equal(await values.get(C), undefined)
    t.equal(values.size, 2)
  },

  async 'whatever can be bencoded can be stored'(t, { values }) {
    const id = Buffer.alloc(20, 1)
    const kinds = [0, -5, [], [1, [Buffer.from('x')]], {}, { a: { b: Buffer.alloc(0) } }, Buffer.alloc(0)]
    for (const v of kinds) {
      const value = { v, id } as unknown as StoredValue
      await values.put(A, value)
      t.deepEqual(await values.get(A), value, JSON.stringify(v))
    }
  },

  async 'a value takes the place of the one under its key'(t, { values }) {
    await values.put(A, createValue(1))
    await values.put(A, createValue(2))
    t.deepEqual(await values.get(A), createValue(2))
    t.equal(values.size, 1)
  },

  async 'puts that nobody waits for are done in their order'(t, { values, peers }) {
    await Promise.all([
      values.put(A, createValue(1)),
      values.put(A, createValue(2)),
      values.remove(A),
      values.put(A, createValue(3)),
      peers.put(A, createRecord(1), FOREVER),
      peers.remove(A, createRecord(1))
    ])
    t.deepEqual(await values.get(A), createValue(3))
    t.deepEqual(await peers.get(A), [])
  },

  async 'a value that was removed is gone'(t, { values }) {
    await values.put(A, createValue(1))
    await values.remove(A)
    await values.remove(B)
    t.equal(await values.get(A), undefined)
    t.deepEqual(await listOf(values.entries()), [])
    t.equal(values.size, 0)
  },

  async 'a value is gone when it expires, and one that was put again without a time stays'(t, { values }) {
    const clock = createClock(t)
    await values.put(A, createValue(1), Date.now() + 2 * SECONDS)
    await values.put(B, createValue(2), Date.now() + 2 * SECONDS)
    await values.put(B, createValue(3))
    clock.move(2 * SECONDS - 1)
    t.deepEqual(await values.get(A), createValue(1))
    clock.move(1)
    t.equal(await values.get(A), undefined)
    t.deepEqual(await values.get(B), createValue(3))
    t.deepEqual(await listOf(values.entries()), [{ key: B, value: createValue(3), until: undefined }])
  },

  async 'a full store evicts the value that was not used for longest'(t, { values }) {
    for (const [number, key] of [A, B, C].entries()) await values.put(key, createValue(number))
    await values.get(A)
    await values.put(D, createValue(4))
    t.deepEqual(await Promise.all([A, B, C, D].map(async key => Boolean(await values.get(key)))), [
      true,
      false,
      true,
      true
    ])
    t.equal(values.size, MAX_VALUES)
  },

  async 'entries give all values with their times'(t, { values }) {
    const until = Math.ceil(Date.now()) + 60 * SECONDS
    await values.put(A, createValue(1), until)
    await values.put(B, createValue(2))
    const entries = await listOf(values.entries())
    t.deepEqual(
      entries.sort((one, other) => Number(one.value.seq) - Number(other.value.seq)),
      [
        { key: A, value: createValue(1), until },
        { key: B, value: createValue(2), until: undefined }
      ]
    )
  },

  async 'records come back with and without an id, each once, under their info hash'(t, { peers }) {
    const short = createRecord(2).subarray(0, 6)
    for (const record of [createRecord(1), short, createRecord(1)]) await peers.put(A, record, FOREVER)
    await peers.put(B, createRecord(3), FOREVER)
    t.deepEqual(hexOf(await peers.get(A)), hexOf([createRecord(1), short]))
    t.deepEqual(await peers.get(B), [createRecord(3)])
    t.deepEqual(await peers.get(C), [])
    t.equal(peers.size, 3)
  },

  async 'as many records are chosen as are wanted, others each time'(t, { peers }) {
    for (let i = 1; i <= 5; i++) await peers.put(A, createRecord(i), FOREVER)
    const seen = new Set<string>()
    for (let round = 0; round < 200; round++) {
      const chosen = hexOf(await peers.get(A, 2))
      if (new Set(chosen).size !== 2) t.fail('two different ones')
      for (const record of chosen) seen.add(record)
    }
    t.equal(seen.size, 5)
    t.equal((await peers.get(A, 9)).length, 5)
    t.deepEqual(await peers.get(A, 0), [])
  },

  async 'a record that was removed is gone, and the others stay'(t, { peers }) {
    for (const number of [1, 2, 3]) await peers.put(A, createRecord(number), FOREVER)
    await peers.remove(A, createRecord(2))
    await peers.remove(B, createRecord(1))
    t.deepEqual(hexOf(await peers.get(A)), hexOf([createRecord(1), createRecord(3)]))
    t.equal(peers.size, 2)
  },

  async 'a record is gone when it expires, unless it was put again'(t, { peers }) {
    const clock = createClock(t)
    for (const number of [1, 2, 3]) await peers.put(A, createRecord(number), Date.now() + 2 * SECONDS)
    clock.move(SECONDS)
    await peers.put(A, createRecord(2), Date.now() + 2 * SECONDS)
    await peers.put(A, createRecord(3), Date.now() + SECONDS / 2)
    clock.move(SECONDS - 1)
    t.deepEqual(
      hexOf(await peers.get(A)),
      hexOf([createRecord(1), createRecord(2)]),
      'or put again with less time'
    )
    clock.move(1)
    t.deepEqual(await peers.get(A, 1), [createRecord(2)], 'expired ones are not chosen')
    const until = Date.now() + SECONDS
    t.deepEqual(await listOf(peers.entries()), [{ infoHash: A, record: createRecord(2), until }])
  },

  async 'a full store keeps what was announced last'(t, { peers }) {
    for (let i = 1; i <= 20 * MAX_PEERS; i++) await peers.put(idOf(i % 3), createRecord(i), FOREVER)
    t.ok(peers.size <= 2 * MAX_PEERS, `${peers.size} records`) // the memory store's may be twice as many, as upstream's
    const last = 20 * MAX_PEERS
    t.ok(hexOf(await peers.get(idOf(last % 3))).includes(createRecord(last).toString('hex')))
    t.equal((await listOf(peers.entries())).length, peers.size)
  },

  async 'what has expired takes no room after a minute'(t, { values, peers }) {
    const clock = createClock(t)
    await values.put(A, createValue(1), Date.now() + SECONDS)
    await peers.put(A, createRecord(1), Date.now() + SECONDS)
    clock.move(61 * SECONDS)
    await values.put(B, createValue(2))
    await peers.put(A, createRecord(2), FOREVER)
    t.deepEqual([values.size, peers.size], [1, 1])
  },

  async 'a record is kept as it was put, whatever becomes of the bytes'(t, { peers }) {
    const record = createRecord(1)
    await peers.put(A, record, FOREVER)
    record.fill(0)
    t.deepEqual(await peers.get(A), [createRecord(1)])
  }
}

for (const [kind, create] of Object.entries(kinds)) {
  for (const [promise, check] of Object.entries(promises))
    test(`${kind}: ${promise}`, async t => check(t, await create(t)))
}

test("the memory store shares bittorrent-dht's _values and _peers", async t => {
  const dht = new WebTorrentDHT({ bootstrap: false })
  t.teardown(() => destroyAll(dht))
  const store = new MemoryStore({ values: dht._values, peers: dht._peers })
  store.values.put(A, createValue(1))
  t.deepEqual(dht._values.get(A), createValue(1))
  store.peers.put(A, createRecord(1), FOREVER)
  t.deepEqual(dht._peers.get(A), [createRecord(1)])
  dht._values.set(B, createValue(2))
  dht._peers.add(B, createRecord(2))
  t.deepEqual(store.values.get(B), createValue(2))
  t.deepEqual(store.peers.get(B), [createRecord(2)])
  t.deepEqual(
    [...store.values.entries()].map(({ key }) => key),
    [A, B]
  )
  t.deepEqual(
    [...store.peers.entries()].map(({ infoHash, until }) => [infoHash, until]),
    [
      [A, FOREVER],
      [B, undefined]
    ]
  )
  dht._values.remove(A)
  dht._peers.remove(A, createRecord(1))
  t.equal(store.values.get(A), undefined)
  t.deepEqual(store.peers.get(A), [])
})

test('expired entries of the memory store leave _values and _peers within a minute', async t => {
  const clock = createClock(t)
  const dht = new WebTorrentDHT({ bootstrap: false })
  t.teardown(() => destroyAll(dht))
  const store = new MemoryStore({ values: dht._values, peers: dht._peers })
  store.values.put(A, createValue(1), Date.now() + SECONDS)
  store.peers.put(A, createRecord(1), Date.now() + SECONDS)
  clock.move(61 * SECONDS)
  store.values.put(B, createValue(2))
  store.peers.put(B, createRecord(2), FOREVER)
  t.deepEqual(dht._values.keys, [B])
  t.deepEqual(dht._peers.get(A), [])
})

test('a store that lacks a method is refused at once', t => {
  const whole = () => ({ get() {}, put() {}, remove() {}, entries() {} })
  const wrong: [quoted: string, store: unknown][] = [
    ['store.values.get', 5],
    ['store.values.get', {}],
    ['store.values.put', { values: { ...whole(), put: 1 }, peers: whole() }],
    ['store.peers.entries', { values: whole(), peers: { ...whole(), entries: null } }],
    ['store.close', { values: whole(), peers: whole(), close: 'x' }]
  ]
  for (const [quoted, store] of wrong) {
    t.throws(
      () => new WebTorrentDHT({ bootstrap: false, store } as WebTorrentDHTOptions),
      (error: { code?: string; message: string }) =>
        error.code === 'EINVAL' && error.message.includes(quoted),
      quoted
    )
  }
  t.end()
})
