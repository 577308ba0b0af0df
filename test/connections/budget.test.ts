/** Budget: a slot is taken before a connection is made, and given back once. */

import test from 'tape'
import { Budget } from '../../src/connections/budget.js'

test('a slot that is released twice is given back once', t => {
  const budget = new Budget(2, 2, () => false)
  const slot = budget.take()
  budget.take()
  t.throws(() => budget.take(), { code: 'EFULL' })
  slot.release()
  slot.release()
  t.equal(budget.taken, 1)
  t.equal(budget.pending, 1)
  t.end()
})

test('an open connection counts as a connection, and as pending no more', t => {
  const budget = new Budget(10, 1, () => false)
  const slot = budget.take()
  t.throws(() => budget.take(), { code: 'EFULL' }, 'one may be in the making')
  slot.opened()
  slot.opened()
  t.equal(budget.pending, 0)
  budget.take()
  slot.release()
  slot.opened()
  t.deepEqual([budget.taken, budget.pending], [1, 1])
  t.end()
})

test('a full budget makes room if it can', t => {
  const slots: { release(): void }[] = []
  const budget = new Budget(1, 5, () => {
    slots.shift()?.release()
    return true
  })
  slots.push(budget.take())
  slots.push(budget.take())
  t.equal(budget.taken, 1)
  t.end()
})
