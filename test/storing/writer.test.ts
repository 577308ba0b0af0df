/** How a directory store writes: in order, together, on the disk within a second, and no more after a failure. */

import test, { type Test } from 'tape'
import type { Change } from '../../src/storing/directory/level.js'
import { Writer } from '../../src/storing/directory/writer.js'
import { HandClock } from '../helpers/hand-clock.js'

interface Applied {
  names: string[]
  sync: boolean
  at: number
}

function create(t: Test) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const applied: Applied[] = []
  const failures: unknown[] = []
  const state = {
    clock,
    applied,
    failures,
    /** Lets the write end that is under way, if writes do not end by themselves. */
    end: (_?: Error) => {},
    isSlow: false,
    writer: null as unknown as Writer,
    put: (...names: string[]) => state.writer.write(() => names.map(name => ({ name })))
  }
  state.writer = new Writer({
    apply: async (changes: Change[], { sync }) => {
      applied.push({ names: changes.map(({ name }) => name), sync, at: performance.now() })
      if (state.isSlow)
        await new Promise<void>((resolve, reject) => {
          state.end = error => (error ? reject(error) : resolve())
        })
    },
    total: () => ({ name: 'total' }),
    onFailure: error => failures.push(error.code)
  })
  return state
}

const settled = () => new Promise(resolve => setImmediate(resolve))

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    error => error.code
  )
}

test('a change is written at once, and on the disk within a second', async t => {
  const { writer, clock, applied, put } = create(t)
  await put('a')
  t.deepEqual(
    applied.map(({ names, sync }) => [names, sync]),
    [[['a', 'total'], false]]
  )
  clock.move(900)
  await settled()
  t.deepEqual(
    applied.slice(1).map(({ names, sync }) => [names, sync]),
    [[['total'], true]]
  )
  t.equal(clock.pending, 0, 'then there is nothing to do')
  await writer.close()
  t.equal(applied.length, 2)
})

test('each of endless changes is on the disk within a second', async t => {
  const { clock, applied, put } = create(t)
  for (let i = 0; i < 50; i++) {
    await put(`${i}`)
    clock.move(100)
    await settled()
  }
  clock.move(1000)
  await settled()
  const late = applied.filter(
    ({ at }, index) => !applied.slice(index).some(other => other.sync && other.at - at < 1000)
  )
  t.deepEqual(late, [])
  t.ok(applied.filter(({ sync }) => sync).length < 15, 'and the disk is not asked more often than it must')
})

test('changes that come during a write are written together, in order', async t => {
  const state = create(t)
  const { writer, applied, put } = state
  state.isSlow = true
  const done: string[] = []
  for (const name of ['a', 'b', 'c']) put(name).then(() => done.push(name))
  t.deepEqual(
    applied.map(({ names }) => names),
    [['a', 'total']]
  )
  state.end()
  await settled()
  t.deepEqual(done, ['a'])
  t.deepEqual(applied.at(-1)?.names, ['b', 'c', 'total'])
  state.isSlow = false
  state.end()
  await settled()
  t.deepEqual(done, ['a', 'b', 'c'])
  await writer.close()
})

test('after a failed write nothing more is written: LevelDB would not read it', async t => {
  const state = create(t)
  const { writer, applied, put, failures } = state
  state.isSlow = true
  const codes = ['a', 'b'].map(name => codeOf(put(name)))
  state.end(new Error('no space'))
  t.deepEqual(await Promise.all(codes), ['ESTORE', 'ESTORE'])
  t.equal(await codeOf(put('c')), 'ESTORE')
  t.deepEqual(failures, ['ESTORE'], 'which is said once')
  await writer.close()
  t.equal(applied.length, 1)
  t.equal(state.clock.pending, 0)
})

test('close writes all waiting changes to the disk', async t => {
  const state = create(t)
  const { writer, applied, put } = state
  state.isSlow = true
  const codes = ['a', 'b'].map(name => codeOf(put(name)))
  const closed = writer.close()
  state.isSlow = false
  state.end()
  await closed
  t.deepEqual(await Promise.all(codes), ['none', 'none'])
  t.ok(applied.at(-1)?.sync)
  t.equal(await codeOf(put('c')), 'ECLOSED')
  t.equal(state.clock.pending, 0)
})

test('refused changes are not prepared', async t => {
  const state = create(t)
  state.isSlow = true
  const codes = ['a', 'b'].map(name => codeOf(state.put(...Array(10_000).fill(name))))
  let isPrepared = false
  const refused = state.writer.write(() => {
    isPrepared = true
    return [{ name: 'c' }]
  })
  t.equal(await codeOf(refused), 'EFULL')
  t.notOk(isPrepared)
  state.isSlow = false
  state.end()
  t.deepEqual(await Promise.all(codes), ['none', 'none'])
  await state.writer.close()
})
