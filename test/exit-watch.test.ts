/** A process ends when nothing but threads of the native library keeps it, by a process and a clock of the test's own. */

import test, { type Test } from 'tape'
import { createExitWatch } from '../src/exit-watch.js'
import { HandClock } from './helpers/hand-clock.js'

const SECOND = 1000

function create(t: Test, cleanup: () => void) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const done: string[] = []
  const state = { clock, done, open: { count: 0 }, isIdle: true }
  const own = { isOtherwiseIdle: () => state.isIdle, exit: () => done.push('exit') }
  const clean = () => {
    done.push('cleanup')
    cleanup()
  }
  return { state, watch: createExitWatch(state.open, clean, own) }
}

const fail = () => {
  throw new Error('possible deadlock')
}

test('the threads end once nothing else is to do, and only then', t => {
  const { state, watch } = create(t, () => {})
  state.isIdle = false
  watch()
  state.clock.move(5 * SECOND)
  t.deepEqual(state.done, [])
  state.isIdle = true
  state.clock.move(SECOND)
  t.deepEqual(state.done, ['cleanup'], 'the process then ends by itself')
  t.equal(state.clock.pending, 0)
  t.end()
})

test('where a connection does not end the process does, unless it has something to do again', t => {
  const { state, watch } = create(t, fail)
  watch()
  state.clock.move(SECOND)
  t.deepEqual(state.done, ['cleanup', 'exit'])
  const other = create(t, () => {
    other.state.isIdle = false
    fail()
  })
  other.watch()
  other.state.clock.move(SECOND)
  t.deepEqual(other.state.done, ['cleanup'])
  t.end()
})

test('while connections are open nothing ends; the next node that closes looks again', t => {
  const { state, watch } = create(t, fail)
  state.open.count = 1
  watch()
  state.clock.move(SECOND)
  state.open.count = 0
  state.clock.move(5 * SECOND)
  t.deepEqual(state.done, [])
  watch()
  state.clock.move(SECOND)
  t.deepEqual(state.done, ['cleanup', 'exit'])
  t.end()
})
