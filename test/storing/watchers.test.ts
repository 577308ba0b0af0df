/** Who is told of announcements, and what a stranger can make of it. */

import test, { type Test } from 'tape'
import type { Id } from '../../src/id.js'
import { KRPC_ERROR } from '../../src/krpc/errors.js'
import { MAX_PER_NODE, MAX_WATCHERS, WATCH_LIFETIME, Watchers } from '../../src/storing/watchers.js'
import { encodePeer } from '../../src/wire/compact.js'
import { askerOf, idOf, refusalOf } from '../helpers/askers.js'

const FIRST = idOf(101)
const SECOND = idOf(102)
const recordOf = (id: Id, port = 1) => encodePeer({ host: '192.0.2.1', port, id })

/** Watchers that answer as the test says, and its clock. */
function create(t: Test) {
  const told: { id: Id; infoHash: Id; count: number }[] = []
  const reply = { goesOn: true as boolean | undefined }
  const watchers = new Watchers({
    tell: async (id, infoHash, records) => {
      told.push({ id, infoHash, count: records.length })
      return reply.goesOn
    }
  })
  let now = 1000
  const real = { now: performance.now, setTimeout: globalThis.setTimeout }
  const due: (() => void)[] = []
  performance.now = () => now
  globalThis.setTimeout = ((work: () => void) => due.push(work)) as unknown as typeof setTimeout
  t.teardown(() => {
    performance.now = real.now
    globalThis.setTimeout = real.setTimeout
    watchers.close()
  })
  /** Lets what is due be told. */
  const settle = async () => {
    for (const work of due.splice(0)) work()
    await new Promise(resolve => setImmediate(resolve))
  }
  const namesOf = () => told.splice(0).map(({ id, count }) => `${id.bytes[0]}: ${count}`)
  const move = (milliseconds: number) => {
    now += milliseconds
  }
  return { watchers, reply, settle, move, namesOf }
}

test('who watches is told of the others’ announcements, several in one message', async t => {
  const { watchers, settle, namesOf } = create(t)
  for (const number of [1, 2]) watchers.add(askerOf(idOf(number)), FIRST)
  watchers.add(askerOf(idOf(3)), SECOND)
  watchers.announced(FIRST, recordOf(idOf(9)), idOf(9))
  watchers.announced(FIRST, recordOf(idOf(1)), idOf(1))
  await settle()
  t.deepEqual(namesOf(), ['1: 1', '2: 2'])
  watchers.remove(askerOf(idOf(2)), FIRST)
  watchers.announced(FIRST, recordOf(idOf(9), 2), idOf(9))
  await settle()
  t.deepEqual(namesOf(), ['1: 1'])
})

test('it ends by time, by the answer of the watcher, and by two tellings without one', async t => {
  const { watchers, reply, settle, move, namesOf } = create(t)
  const announce = async () => {
    watchers.announced(FIRST, recordOf(idOf(9)), idOf(9))
    await settle()
    return namesOf().length
  }
  watchers.add(askerOf(idOf(1)), FIRST)
  move(WATCH_LIFETIME - 1)
  t.equal(await announce(), 1)
  watchers.add(askerOf(idOf(1)), FIRST)
  move(WATCH_LIFETIME - 1)
  t.equal(await announce(), 1, 'asked for again')
  move(1)
  t.equal(await announce(), 0)
  t.equal(watchers.size, 0)

  watchers.add(askerOf(idOf(1)), FIRST)
  reply.goesOn = false
  t.equal(await announce(), 1)
  t.equal(watchers.size, 0, 'an error: whoever asked in its name gets it one message')

  watchers.add(askerOf(idOf(1)), FIRST)
  reply.goesOn = undefined
  t.deepEqual([await announce(), watchers.size, await announce(), watchers.size], [1, 1, 1, 0])
})

test('a node has a share, a neighbour a few for those behind it, and a torrent has room for some', async t => {
  const { watchers } = create(t)
  const codeOf = async (work: () => void) => (await refusalOf(work))?.code
  const hashOf = (number: number) => idOf(number % 256)
  for (let i = 0; i < MAX_PER_NODE; i++) watchers.add(askerOf(idOf(1)), hashOf(i))
  t.equal(await codeOf(() => watchers.add(askerOf(idOf(1)), hashOf(200))), KRPC_ERROR.TOO_MANY)
  watchers.add(askerOf(idOf(1)), hashOf(0))
  t.equal(watchers.size, MAX_PER_NODE, 'the same again takes no room')
  const neighbour = idOf(250)
  for (let i = 0; i < 4 * MAX_PER_NODE; i++) {
    watchers.add(
      askerOf(idOf(10 + Math.floor(i / MAX_PER_NODE)), neighbour),
      hashOf(100 + (i % MAX_PER_NODE))
    )
  }
  t.equal(await codeOf(() => watchers.add(askerOf(idOf(20), neighbour), FIRST)), KRPC_ERROR.TOO_MANY)
  watchers.add(askerOf(neighbour), FIRST)
  watchers.close()
  for (let i = 0; i < MAX_WATCHERS; i++) watchers.add(askerOf(idOf(i)), FIRST)
  t.equal(await codeOf(() => watchers.add(askerOf(idOf(240)), FIRST)), KRPC_ERROR.FULL)
})
