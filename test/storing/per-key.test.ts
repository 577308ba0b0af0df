/** Work on one key in turn: synchronous where it can be, and never more of it than there may be. */

import test from 'tape'
import { PerKey } from '../../src/storing/per-key.js'

/** Work that ends when a test says so. */
function createWork(result: number) {
  const state = { hasBegun: false, end: () => {}, fail: (_: Error) => {}, run: () => Promise.resolve(result) }
  state.run = () => {
    state.hasBegun = true
    return new Promise((resolve, reject) => {
      state.end = () => resolve(result)
      state.fail = reject
    })
  }
  return state
}

const settled = () => new Promise(resolve => setImmediate(resolve))

test('synchronous work is done at once', t => {
  const perKey = new PerKey()
  t.equal(
    perKey.run('key', () => 5),
    5
  )
  t.throws(() => {
    perKey.run('key', () => {
      throw new Error('at once')
    })
  }, /at once/)
  t.equal(
    perKey.run('key', () => perKey.run('key', () => 6)),
    6,
    'even inside of other such work'
  )
  t.end()
})

test('work on a key waits for all work on it that began earlier', async t => {
  const perKey = new PerKey()
  const [first, second] = [createWork(1), createWork(2)]
  const results = [perKey.run('key', first.run), perKey.run('key', second.run), perKey.run('key', () => 3)]
  await settled()
  t.ok(first.hasBegun)
  t.notOk(second.hasBegun)
  first.end()
  await settled()
  t.ok(second.hasBegun)
  second.end()
  t.deepEqual(await Promise.all(results), [1, 2, 3])
  t.equal(
    perKey.run('key', () => 4),
    4,
    'and when all is done it is synchronous again'
  )
})

test('work on other keys does not wait', async t => {
  const perKey = new PerKey()
  const first = createWork(1)
  const result = perKey.run('one', first.run)
  t.equal(
    perKey.run('other', () => 2),
    2
  )
  first.end()
  t.equal(await result, 1)
})

test('failed work does not stop the work behind it', async t => {
  const perKey = new PerKey()
  const first = createWork(1)
  const results = [perKey.run('key', first.run), perKey.run('key', () => 2)]
  first.fail(new Error('no disk'))
  const [failed, done] = await Promise.allSettled(results)
  t.ok(failed?.status === 'rejected' && /no disk/.test(String(failed.reason)))
  t.deepEqual(done, { status: 'fulfilled', value: 2 })
})

test('reads and writes of one key do not mix', async t => {
  const perKey = new PerKey()
  let stored = 0
  const increase = async () => {
    const read = stored
    await settled()
    stored = read + 1
  }
  await Promise.all(Array.from({ length: 20 }, () => perKey.run('key', increase)))
  t.equal(stored, 20)
})

test('too much work is refused until some is done', async t => {
  const perKey = new PerKey({ maxUndone: 2 })
  const [first, second] = [createWork(1), createWork(2)]
  const results = [perKey.run('one', first.run), perKey.run('other', second.run)]
  for (const key of ['one', 'third']) {
    let hasBegun = false
    const refused = Promise.resolve(
      perKey.run(key, () => {
        hasBegun = true
      })
    )
    const code = await refused.then(
      () => 'none',
      error => error.code
    )
    t.equal(code, 'EFULL')
    t.notOk(hasBegun)
  }
  first.end()
  await results[0]
  await settled()
  t.equal(
    perKey.run('third', () => 3),
    3
  )
  second.end()
  await results[1]
})
