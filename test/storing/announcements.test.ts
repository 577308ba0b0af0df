/** Who has announced what: shares of the store, and what is forgotten when. */

import test, { type Test } from 'tape'
import type { Id } from '../../src/id.js'
import { KRPC_ERROR } from '../../src/krpc/errors.js'
import type { Asker } from '../../src/krpc/method.js'
import { Announcements } from '../../src/storing/announcements.js'
import { AnnouncerChecks } from '../../src/storing/announcer-checks.js'
import type { PeerEntry, PeerStore } from '../../src/storing/store.js'
import { decodePeer, encodePeer } from '../../src/wire/compact.js'
import { askerOf, idOf, refusalOf } from '../helpers/askers.js'
import { createClock } from '../helpers/date-clock.js'

const MAX_PER_NODE = 2
const MAX_AGE = 1000
const HOST = '192.0.2.1'
const [FIRST, SECOND, THIRD, FOURTH] = [101, 102, 103, 104].map(idOf) as [Id, Id, Id, Id]

/** A store that keeps what it gets, until it is told to remove it. */
class Store implements PeerStore<Buffer> {
  readonly #records = new Map<string, PeerEntry<Buffer>>()

  get size(): number {
    return this.#records.size
  }

  get(infoHash: string): Buffer[] {
    return [...this.#records.values()].flatMap(entry => (entry.infoHash === infoHash ? entry.record : []))
  }

  put(infoHash: string, record: Buffer, until: number): void {
    this.#records.set(`${infoHash} ${record.toString('hex')}`, { infoHash, record, until })
  }

  remove(infoHash: string, record: Buffer): void {
    this.#records.delete(`${infoHash} ${record.toString('hex')}`)
  }

  entries(): Iterable<PeerEntry<Buffer>> {
    return this.#records.values()
  }
}

/** One whose puts are done when the test says so. */
class SlowStore extends Store {
  readonly waiting: { done(): void; fail(): void }[] = []

  override async put(infoHash: string, record: Buffer, until: number): Promise<void> {
    await new Promise<void>((done, fail) =>
      this.waiting.push({ done, fail: () => fail(new Error('no disk')) })
    )
    super.put(infoHash, record, until)
  }
}

function create<S extends Store>(t: Test, store: S) {
  const clock = createClock(t)
  const added: string[] = []
  const news: string[] = []
  const looked: Id[] = []
  const announcements = new Announcements(store, {
    idLength: 20,
    maxPerNode: MAX_PER_NODE,
    maxAge: MAX_AGE,
    checks: new AnnouncerChecks({
      isConnected: () => false,
      isAlone: () => false,
      find: async id => looked.push(id) > 0,
      onGone: () => {}
    }),
    onNew: (announcer, infoHash, record) =>
      news.push(`${announcer.bytes[0]}: ${infoHash.bytes[0]}, ${record.length}`),
    onAdded: ({ id }, infoHash, { port }) => added.push(`${id.bytes[0]}: ${infoHash.bytes[0]}, ${port}`)
  })
  const announce = (asker: Asker, infoHash: Id, port = 1) =>
    announcements.add(asker, infoHash, { host: HOST, port })
  /** The ports that are stored for a torrent. */
  const portsOf = (infoHash: Id) => store.get(infoHash.hex).map(record => decodePeer(record, 20)?.port)
  /** Whether there is room for an announcement, which is made if there is. */
  const isTaken = async (...announcement: Parameters<typeof announce>) => {
    const error = await refusalOf(() => announce(...announcement))
    if (error) t.deepEqual([error.code, error.counted], [KRPC_ERROR.TOO_MANY, 'share of the store used up'])
    return error === null
  }
  return { clock, store, added, news, looked, announcements, announce, portsOf, isTaken }
}

test('a node with a full share may announce the same torrents again', async t => {
  const { announce, isTaken, portsOf } = create(t, new Store())
  const owner = askerOf(idOf(1))
  announce(owner, FIRST)
  announce(owner, FIRST)
  t.ok(await isTaken(owner, SECOND), 'the same again takes no room')
  t.notOk(await isTaken(owner, THIRD))
  t.deepEqual(portsOf(THIRD), [], 'what is refused is not stored')
  t.ok(await isTaken(owner, FIRST, 2))
  t.deepEqual(portsOf(FIRST), [2], 'another port takes the place of the earlier one')
  t.ok(await isTaken(askerOf(idOf(2)), THIRD), 'others have theirs')
})

test('a repeated announcement is no news; another port, and one after it was forgotten, is', t => {
  const { announce, announcements, news } = create(t, new Store())
  const owner = askerOf(idOf(1))
  for (const port of [1, 1, 2]) announce(owner, FIRST, port)
  t.equal(news.length, 2)
  announcements.forget(idOf(1))
  announce(owner, FIRST, 1)
  t.deepEqual(news, Array(3).fill('1: 101, 26'))
  t.end()
})

test('all nodes behind one neighbour have four shares together', async t => {
  const { isTaken } = create(t, new Store())
  const neighbour = idOf(200)
  for (let i = 0; i < 4 * MAX_PER_NODE; i++) t.ok(await isTaken(askerOf(idOf(i), neighbour), idOf(100 + i)))
  t.notOk(await isTaken(askerOf(idOf(50), neighbour), idOf(150)))
  t.ok(await isTaken(askerOf(idOf(50), idOf(201)), idOf(150)), 'there is room through another')
  t.ok(await isTaken(askerOf(neighbour), idOf(150)), 'and the neighbour has its own share')
})

test('what is announced in somebody’s name over a route is not in his share, and goes when he is gone', async t => {
  const { announcements, isTaken, store } = create(t, new Store())
  const claimed = idOf(1)
  for (const torrent of [FIRST, SECOND]) t.ok(await isTaken(askerOf(claimed, idOf(200)), torrent))
  t.notOk(await isTaken(askerOf(claimed, idOf(200)), THIRD))
  t.ok(await isTaken(askerOf(claimed), THIRD), 'the node itself')
  t.ok(await isTaken(askerOf(claimed, idOf(201)), THIRD, 2), 'over another neighbour')
  announcements.forget(claimed)
  t.equal(store.size, 0)
})

test('expired announcements do not count towards a share', async t => {
  const { announce, isTaken, clock } = create(t, new Store())
  const neighbour = idOf(200)
  const through = (number: number) => askerOf(idOf(number), neighbour)
  announce(through(1), FIRST)
  clock.move(MAX_AGE / 2)
  announce(through(1), SECOND)
  t.notOk(await isTaken(through(1), THIRD))
  clock.move(MAX_AGE / 2)
  t.ok(await isTaken(through(1), THIRD))
  for (let i = 0; i < 4 * MAX_PER_NODE - 2; i++) announce(through(10 + i), THIRD)
  t.notOk(await isTaken(through(2), FOURTH))
  clock.move(MAX_AGE)
  t.ok(await isTaken(through(2), FOURTH))
})

test('the announcements of a node are removed when it is gone', async t => {
  const { announcements, announce, isTaken, portsOf, store } = create(t, new Store())
  const neighbour = idOf(200)
  const owner = askerOf(idOf(1), neighbour)
  for (const torrent of [FIRST, SECOND]) announce(owner, torrent, 1)
  announce(askerOf(idOf(2), neighbour), FIRST, 2)
  announcements.forget(idOf(1))
  t.deepEqual(portsOf(FIRST), [2])
  t.equal(store.size, 1)
  t.ok(await isTaken(owner, THIRD), 'it takes no room')
})

test('an announcement is stored with its node’s id and expiry, then reported', async t => {
  const { announce, added, store } = create(t, new SlowStore())
  const done = announce(askerOf(idOf(1)), FIRST, 5)
  t.deepEqual(added, [], 'not before')
  store.waiting[0]?.done()
  await done
  t.deepEqual(added, ['1: 101, 5'])
  const record = encodePeer({ host: HOST, port: 5, id: idOf(1) })
  t.deepEqual([...store.entries()], [{ infoHash: FIRST.hex, record, until: Date.now() + MAX_AGE }])
})

test('announcements that a slow store has not stored yet count towards a share', async t => {
  const { announce, isTaken, portsOf, store } = create(t, new SlowStore())
  const owner = askerOf(idOf(1))
  const pending = [FIRST, SECOND].map(torrent => announce(owner, torrent))
  t.notOk(await isTaken(owner, THIRD))
  for (const { done } of store.waiting) done()
  await Promise.all(pending)
  t.deepEqual([portsOf(FIRST), portsOf(SECOND)], [[1], [1]])
})

test('an announcer that is named to others is looked for, unless it has just announced', async t => {
  const { announcements, announce, clock, looked, store } = create(t, new Store())
  store.put(FIRST.hex, encodePeer({ host: HOST, port: 1, id: idOf(1) }), Number.POSITIVE_INFINITY)
  store.put(FIRST.hex, encodePeer({ host: HOST, port: 2, id: null }), Number.POSITIVE_INFINITY)
  announce(askerOf(idOf(2)), FIRST, 3)
  t.equal((await announcements.get(FIRST)).length, 3)
  t.deepEqual(looked, [idOf(1)])
  clock.move(60_001)
  await announcements.get(SECOND)
  t.equal(looked.length, 1, 'nobody asks for it')
  await announcements.get(FIRST)
  t.deepEqual(looked, [1, 1, 2].map(idOf))
})
