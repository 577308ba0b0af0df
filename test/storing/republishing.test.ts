/** When values and announcements are republished: time that a test moves, and a store that answers as it says. */

import test, { type Test } from 'tape'
import { Id } from '../../src/id.js'
import { type Republication, Republishing } from '../../src/storing/republishing.js'
import { HandClock } from '../helpers/hand-clock.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS

/** The key of a thing with this name. */
const keyOf = (name: string) => Id.of(Buffer.from(name.padEnd(20)))
const nameOf = ({ bytes }: Id) => bytes.toString().trim()

const WHOLE: Republication = { asked: 8, holders: 6 }
const BROKEN: Republication = { asked: 8, holders: 5 }

function createRepublishing(t: Test, { max = 100 } = {}) {
  const clock = new HandClock()
  const random = Math.random
  Math.random = () => 0.5 // an interval as it is: else it is half of that more or less
  const republished: string[] = []
  const forgotten: string[] = []
  const state = {
    clock,
    republished,
    forgotten,
    /** What the next republications find. */
    finds: WHOLE as Republication | null,
    /** Whether the next republications last until `goOn` is called. */
    isSlow: false,
    /** Whether the next republications fail. */
    isBroken: false,
    goOn: () => {},
    republishing: null as unknown as Republishing,
    /** Lets time pass, second by second, and what was begun be done. */
    async pass(milliseconds: number): Promise<string[]> {
      for (let passed = 0; passed < milliseconds; passed += SECONDS) {
        clock.move(SECONDS)
        await new Promise(resolve => setImmediate(resolve))
      }
      return republished.splice(0)
    }
  }
  const republish = async (what: string) => {
    republished.push(what)
    if (state.isBroken) throw new Error('no disk')
    if (state.isSlow)
      await new Promise<void>(resolve => {
        state.goOn = resolve
      })
    return state.finds
  }
  state.republishing = new Republishing(
    {
      republishValue: key => republish(nameOf(key)),
      announceAgain: (infoHash, port) => republish(`${nameOf(infoHash)}:${port}`),
      forgetAnnouncement: infoHash => void forgotten.push(nameOf(infoHash))
    },
    max
  )
  t.teardown(() => {
    state.republishing.close()
    Math.random = random
    clock.restore()
  })
  return state
}

test('a value is republished after a minute, then at growing intervals while its holders stay', async t => {
  const { republishing, pass } = createRepublishing(t)
  republishing.valueStored(keyOf('key'))
  t.deepEqual(await pass(1 * MINUTES - SECONDS), [])
  t.deepEqual(await pass(SECONDS), ['key'])
  for (const interval of [2, 4, 8, 16, 32, 60, 60]) {
    t.deepEqual(await pass(interval * MINUTES - SECONDS), [], `not within ${interval} minutes`)
    t.deepEqual(await pass(SECONDS), ['key'])
  }
})

test('a value whose holders are gone is republished sooner, with a minimum interval', async t => {
  const state = createRepublishing(t)
  const { republishing, pass } = state
  republishing.valueStored(keyOf('key'))
  await pass(1 * MINUTES)
  await pass(2 * MINUTES)
  await pass(4 * MINUTES) // the next would be after 8
  state.finds = BROKEN
  t.deepEqual(await pass(8 * MINUTES), ['key'])
  t.deepEqual(await pass(4 * MINUTES), ['key'])
  t.deepEqual(await pass(2 * MINUTES), ['key'])
  t.deepEqual(await pass(2 * MINUTES), ['key'])
})

test('a value is republished sooner if no node could be asked', async t => {
  const state = createRepublishing(t)
  const { republishing, pass } = state
  republishing.valueStored(keyOf('key'))
  await pass(1 * MINUTES)
  state.finds = { asked: 0, holders: 0 }
  for (const _ of [1, 2, 3]) t.deepEqual(await pass(2 * MINUTES), ['key'])
})

test('a value is republished later if the store does not work for a while', async t => {
  const state = createRepublishing(t)
  const { republishing, pass } = state
  republishing.valueStored(keyOf('key'))
  republishing.valueStored(keyOf('other'))
  state.isBroken = true
  t.deepEqual(await pass(1 * MINUTES + SECONDS), ['key', 'other'], 'what fails holds nothing up')
  state.isBroken = false
  t.deepEqual(await pass(2 * MINUTES), ['key', 'other'])
})

test('a value that is no longer stored is not republished', async t => {
  const state = createRepublishing(t)
  state.republishing.valueStored(keyOf('key'))
  state.finds = null
  t.deepEqual(await state.pass(1 * MINUTES), ['key'])
  t.deepEqual(await state.pass(60 * MINUTES), [])
  t.equal(state.clock.pending, 0)
})

test('an announcement is republished for half an hour after the application’s last call', async t => {
  const { republishing, pass, forgotten } = createRepublishing(t)
  republishing.announced(keyOf('hash'), 6881)
  const republished = await pass(20 * MINUTES)
  t.deepEqual(new Set(republished), new Set(['hash:6881']))
  republishing.announced(keyOf('hash'), 6882)
  await pass(29 * MINUTES)
  t.deepEqual(forgotten, [])
  t.deepEqual(await pass(60 * MINUTES), [])
  t.deepEqual(forgotten, ['hash'])
})

test('the end of an announcement does not make another thing due', async t => {
  const { republishing, pass, forgotten } = createRepublishing(t)
  republishing.announced(keyOf('hash'), 6881) // republished after 1, 3, 7 and 15 minutes
  await pass(30.5 * MINUTES)
  republishing.valueStored(keyOf('key'))
  t.deepEqual(await pass(0.5 * MINUTES), [])
  t.deepEqual(forgotten, ['hash'])
  t.deepEqual(await pass(0.5 * MINUTES), ['key'])
})

test('a value that another node has just republished is not due', async t => {
  const { republishing, pass } = createRepublishing(t)
  republishing.valueStored(keyOf('key'))
  await pass(50 * SECONDS)
  republishing.valueStored(keyOf('key'))
  t.deepEqual(await pass(50 * SECONDS), [])
  t.deepEqual(await pass(10 * SECONDS), ['key'])
  await pass(90 * SECONDS)
  republishing.valueStored(keyOf('key'))
  t.deepEqual(await pass(2 * MINUTES - SECONDS), [], 'the interval stays')
  t.deepEqual(await pass(SECONDS), ['key'])
})

test('one thing is republished at a time, and at most one a second', async t => {
  const state = createRepublishing(t)
  const { republishing, pass } = state
  for (const key of ['a', 'b', 'c']) republishing.valueStored(keyOf(key))
  t.deepEqual(await pass(1 * MINUTES), ['a'])
  state.isSlow = true
  t.deepEqual(await pass(1 * SECONDS), ['b'])
  republishing.valueStored(keyOf('d'))
  t.deepEqual(await pass(2 * MINUTES), [])
  state.goOn()
  t.deepEqual(await pass(1 * SECONDS), [])
  t.deepEqual(await pass(1 * SECONDS), ['c'], 'it has waited longer than a, which is due again')
})

test('the number of republished things is limited', async t => {
  const { republishing, pass } = createRepublishing(t, { max: 2 })
  for (const key of ['a', 'b', 'c', 'a']) republishing.valueStored(keyOf(key))
  t.deepEqual((await pass(90 * SECONDS)).sort(), ['a', 'b'])
})

test('nothing is republished after close', async t => {
  const { republishing, pass, clock } = createRepublishing(t)
  republishing.valueStored(keyOf('key'))
  republishing.close()
  t.equal(clock.pending, 0)
  republishing.valueStored(keyOf('key'))
  t.deepEqual(await pass(2 * MINUTES), [])
})

test('after an outage everything is republished at once, announcements first', async t => {
  const { republishing, clock, pass } = createRepublishing(t)
  republishing.valueStored(keyOf('a'))
  republishing.announced(keyOf('b'), 1)
  republishing.announced(keyOf('c'), 2)
  republishing.valueStored(keyOf('d'))
  republishing.renew()
  clock.move(250)
  await new Promise(resolve => setImmediate(resolve))
  clock.move(250)
  await new Promise(resolve => setImmediate(resolve))
  t.deepEqual(await pass(1 * SECONDS), ['b:1', 'c:2', 'a'])
  t.deepEqual(await pass(1 * SECONDS), ['d'], 'values one a second')
  t.deepEqual(await pass(1 * MINUTES), [], 'and then as before')
})

test('what is being republished when an outage ends is republished again', async t => {
  const state = createRepublishing(t)
  const { republishing, pass } = state
  republishing.announced(keyOf('a'), 1)
  state.isSlow = true
  t.deepEqual(await pass(1 * MINUTES + SECONDS), ['a:1'])
  republishing.renew()
  state.isSlow = false
  t.deepEqual(await pass(1 * SECONDS), [])
  state.goOn()
  t.deepEqual(await pass(2 * SECONDS), ['a:1'])
  t.deepEqual(await pass(30 * SECONDS), [])
})
