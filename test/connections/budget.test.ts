/** Budget: a slot is taken before a connection is made, and given back once. */

import test from 'tape'
import { Budget, type Evicter, shareOut } from '../../src/connections/budget.js'

const maker = (evict: Evicter['evict']): Evicter => ({ evict, evictPending: () => false })
const noRoom = maker(() => Promise.resolve(false))

/** The code of the error that a promise ends with. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    error => error.code
  )
}

test('a slot given back twice counts once', async t => {
  const budget = new Budget(2, 2, noRoom)
  const slot = await budget.take('outbound')
  await budget.take('inbound')
  t.equal(await codeOf(budget.take('inbound')), 'EFULL')
  slot.giveBack()
  slot.giveBack()
  t.equal(budget.taken, 1)
  t.equal(budget.pending, 1)
})

test('an open connection is no longer pending, but still takes a slot', async t => {
  const budget = new Budget(10, 1, noRoom)
  const slot = await budget.take('inbound')
  t.equal(await codeOf(budget.take('inbound')), 'EFULL', 'one may be in the making')
  slot.opened()
  slot.opened()
  t.equal(budget.pending, 0)
  await budget.take('inbound')
  slot.giveBack()
  slot.opened()
  t.deepEqual([budget.taken, budget.pending], [1, 1])
})

test('a full budget evicts to free a slot', async t => {
  const slots: { giveBack(): void }[] = []
  const budget = new Budget(
    1,
    5,
    maker(async () => {
      slots.shift()?.giveBack()
      return true
    })
  )
  slots.push(await budget.take('inbound'))
  slots.push(await budget.take('outbound'))
  t.equal(budget.taken, 1)
})

test('concurrent callers never exceed the budget, and refused ones leave no trace', async t => {
  const slots: { opened(): void; giveBack(): void }[] = []
  let most = 0
  const budget = new Budget(
    8,
    100,
    maker(async () => {
      await Promise.resolve()
      most = Math.max(most, budget.taken)
      if (slots.length <= 4) return false
      slots.shift()?.giveBack()
      return true
    })
  )
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, async (_, i) => {
      const slot = await budget.take(i % 2 === 0 ? 'inbound' : 'outbound')
      slot.opened()
      slots.push(slot)
      most = Math.max(most, budget.taken)
    })
  )
  t.ok(results.some(({ status }) => status === 'rejected'))
  t.equal(most, 8)
  t.deepEqual([budget.taken, budget.pending], [slots.length, 0])
})

test('neither inbound nor outbound connections can take all slots', async t => {
  const asked: unknown[] = []
  const budget = new Budget(
    16,
    8,
    maker(async purpose => {
      asked.push(purpose)
      return false
    })
  )
  const take = async (purpose: 'inbound' | 'outbound') => {
    const slot = await budget.take(purpose)
    return slot
  }
  const pending = await Promise.allSettled(Array.from({ length: 8 }, () => take('inbound')))
  t.equal(
    pending.filter(({ status }) => status === 'fulfilled').length,
    6,
    'a quarter of those in the making'
  )
  const own = await take('outbound')
  own.opened()
  for (const result of pending) if (result.status === 'fulfilled') result.value.opened()
  for (let i = 0; i < 8; i++) (await take('inbound')).opened()
  t.equal(await codeOf(take('inbound')), 'EFULL', 'an eighth of all')
  t.deepEqual(asked, ['inbound'], 'one of the same kind would have had to go')
  ;(await take('outbound')).opened()
  t.equal(await codeOf(take('outbound')), 'EFULL')
  t.deepEqual(
    asked.filter(purpose => purpose !== null),
    ['inbound'],
    'any would have done'
  )
  t.equal(budget.taken, 16)
})

test('the shares of the routing table and of applications leave room for newcomers', t => {
  for (const max of [1, 2, 3, 8, 16, 64, 500]) {
    const { routing, application } = shareOut(max)
    t.ok(routing >= 1 && application >= 1, `${max}: each has one`)
    if (max >= 8) t.ok(routing + application < max, `${max}: ${routing} and ${application}`)
  }
  t.end()
})
