/** Connecting to nodes that were met over routes: only where the table has a place, a few at a time, and not again and again. */

import test, { type Test } from 'tape'
import { Id } from '../../src/id.js'
import { ConnectingWanted } from '../../src/searching/connecting-wanted.js'
import { idOf } from '../helpers/askers.js'
import { HandClock } from '../helpers/hand-clock.js'

/** Milliseconds, as src/searching/connecting-wanted.ts has them. */
const FIRST_PAUSE = 20_000
const LAST_PAUSE = 600_000

/** @param wanted by number */
function create(wanted: (number: number) => boolean = () => true) {
  const attempts: { id: Id; succeed: () => void; fail: () => void }[] = []
  const connected = new Set<string>()
  const counts = { failed: 0 }
  const connecting = new ConnectingWanted({
    onFailed: () => counts.failed++,
    wants: id => wanted(id.bytes[0] as number),
    isConnected: id => connected.has(id.hex),
    connect: id =>
      new Promise((resolve, reject) => {
        attempts.push({ id, succeed: () => resolve(undefined), fail: () => reject(new Error('no')) })
      })
  })
  const end = async (how: 'succeed' | 'fail', number: number) => {
    attempts.findLast(({ id }) => id.equals(idOf(number)))?.[how]()
    await Promise.resolve().then(() => {})
    await new Promise(resolve => setImmediate(resolve))
  }
  return {
    connecting,
    connected,
    counts,
    attempts,
    end,
    tried: () => attempts.map(({ id }) => id.hex.slice(0, 2))
  }
}

function stopTime(t: Test): HandClock {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  return clock
}

test('a wanted node is connected once', async t => {
  const { connecting, end, tried } = create()
  connecting.consider(idOf(1))
  connecting.consider(idOf(1))
  t.deepEqual(tried(), ['01'], 'while an attempt is under way there is no second one')
  await end('succeed', 1)
})

test('a connected or unwanted node is left alone', t => {
  const { connecting, connected, tried } = create(number => number !== 1)
  connecting.consider(idOf(1))
  connected.add(idOf(2).hex)
  connecting.consider(idOf(2))
  t.deepEqual(tried(), [])
  t.end()
})

test('a closed connection is made again when the node is met again', async t => {
  const { connecting, end, tried } = create()
  connecting.consider(idOf(1))
  await end('succeed', 1)
  connecting.consider(idOf(1))
  t.deepEqual(tried(), ['01', '01'])
})

test('after each failed attempt the pause for a node doubles', async t => {
  const clock = stopTime(t)
  const { connecting, counts, end, tried } = create()
  connecting.consider(idOf(1))
  for (const pause of [1, 2, 4, 8, 16].map(times => times * FIRST_PAUSE).concat(LAST_PAUSE, LAST_PAUSE)) {
    const count = tried().length
    await end('fail', 1)
    clock.move(pause - 1)
    connecting.consider(idOf(1))
    t.equal(tried().length, count, `not within ${pause} ms`)
    clock.move(1)
    connecting.consider(idOf(1))
    t.equal(tried().length, count + 1)
  }
  t.equal(counts.failed, 2, 'others are looked for twice: it may never be connected')
})

test('a successful connection resets the pause of a node', async t => {
  const clock = stopTime(t)
  const { connecting, end, tried } = create()
  for (const how of ['fail', 'fail', 'succeed', 'fail'] as const) {
    connecting.consider(idOf(1))
    await end(how, 1)
    clock.move(LAST_PAUSE)
  }
  connecting.consider(idOf(1))
  await end('fail', 1) // the second in a row
  clock.move(2 * FIRST_PAUSE)
  connecting.consider(idOf(1))
  t.equal(tried().length, 6)
})

test('at most eight attempts run at a time, and more nodes are not queued', async t => {
  const { connecting, end, tried } = create()
  for (let i = 1; i <= 20; i++) connecting.consider(idOf(i))
  t.equal(tried().length, 8)
  await end('fail', 3)
  connecting.consider(idOf(20))
  connecting.consider(idOf(19))
  t.deepEqual(tried().slice(8), ['14'], 'one place became free')
})

test('remembered failures are bounded', async t => {
  stopTime(t)
  const { connecting, end, attempts } = create()
  const id = (i: number) => Id.fromHex(i.toString(16).padStart(40, '0'))
  for (let i = 0; i < 300; i++) {
    connecting.consider(id(i))
    attempts.at(-1)?.fail()
    await end('fail', 0)
  }
  const before = attempts.length
  connecting.consider(id(0))
  t.equal(attempts.length, before + 1, 'the first of 300 is forgotten')
  connecting.consider(id(299))
  t.equal(attempts.length, before + 1, 'the last is not')
})

test('`connect` ignores what the table wants, and never rejects', async t => {
  const { connecting, end, tried } = create(() => false)
  const attempt = connecting.connect(idOf(1))
  await end('fail', 1)
  t.equal(await attempt, undefined)
  t.deepEqual(tried(), ['01'])
})
