/** The async iterable of what comes at its own pace. */

import test from 'tape'
import { Queue } from '../../src/faces/queue.js'
import { failureOf } from '../helpers/calls.js'
import { within } from '../helpers/nodes.js'

/** A queue that the test feeds; `log` says when its source started and stopped. */
function createQueue({ max, signal }: { max?: number; signal?: AbortSignal } = {}) {
  const log: string[] = []
  const queue = new Queue<number>({
    ...(max !== undefined && { max }),
    signal,
    start: () => {
      log.push('start')
      return () => log.push('stop')
    }
  })
  return { queue, log }
}

const DONE = { done: true, value: undefined }

test('the source starts when the first item is wanted, and what came is taken in its order', async t => {
  const { queue, log } = createQueue()
  t.deepEqual(log, [])
  const first = queue.next()
  t.deepEqual(log, ['start'])
  for (const item of [1, 2, 3]) queue.push(item)
  queue.end()
  t.deepEqual(log, ['start', 'stop'])
  queue.push(4)
  t.deepEqual(
    [await first, await queue.next(), await queue.next()].map(({ value }) => value),
    [1, 2, 3]
  )
  t.deepEqual([await queue.next(), await queue.next()], [DONE, DONE])
})

test('several calls of next at a time each get an item, or the end', async t => {
  const { queue } = createQueue()
  const calls = Promise.all([queue.next(), queue.next(), queue.next()])
  queue.push(1)
  queue.push(2)
  queue.end()
  t.deepEqual(
    (await within('all', calls)).map(({ value }) => value),
    [1, 2, undefined]
  )
})

test('a failure comes once, after what was there before', async t => {
  const { queue } = createQueue()
  const first = queue.next()
  queue.push(1)
  queue.push(2)
  queue.end({ error: 'of the source' })
  queue.end({ error: 'a later one' })
  t.deepEqual([(await first).value, (await queue.next()).value], [1, 2])
  t.equal(await failureOf(queue.next()), 'of the source')
  t.deepEqual(await queue.next(), DONE)
})

test('a loop that is left stops the source, and return ends a call of next that waits', async t => {
  const left = createQueue()
  const loop = (async () => {
    for await (const item of left.queue) if (item === 1) break
  })()
  left.queue.push(1)
  left.queue.push(2)
  await within('the end of the loop', loop)
  t.deepEqual(left.log, ['start', 'stop'])
  t.deepEqual(await left.queue.next(), DONE, 'what was not taken is dropped')

  const { queue, log } = createQueue()
  const waiting = queue.next()
  t.deepEqual(await queue.return(), DONE)
  t.deepEqual(await within('the call', waiting), DONE)
  await queue.return()
  t.deepEqual(log, ['start', 'stop'])
})

test('an abort drops what was not taken and throws its reason; an early one starts nothing', async t => {
  const controller = new AbortController()
  const { queue, log } = createQueue({ signal: controller.signal })
  const first = queue.next()
  queue.push(1)
  queue.push(2)
  await first
  controller.abort('enough')
  t.equal(await failureOf(queue.next()), 'enough')
  t.deepEqual(await queue.next(), DONE)
  t.deepEqual(log, ['start', 'stop'])

  const early = createQueue({ signal: AbortSignal.abort('before') })
  t.equal(await failureOf(early.queue.next()), 'before')
  t.deepEqual(await early.queue.next(), DONE)
  t.deepEqual(early.log, [])
})

test('a queue with a maximum keeps the newest', async t => {
  const { queue } = createQueue({ max: 1 })
  const first = queue.next()
  queue.push(1)
  t.equal((await first).value, 1)
  for (const item of [2, 3, 4]) queue.push(item)
  queue.end()
  t.equal((await queue.next()).value, 4)
  t.deepEqual(await queue.next(), DONE)
})

test('a source that ends while it starts is stopped', async t => {
  const log: string[] = []
  const queue = new Queue<number>({
    start: queue => {
      queue.push(1)
      queue.end()
      return () => log.push('stop')
    }
  })
  t.equal((await queue.next()).value, 1)
  t.deepEqual(await queue.next(), DONE)
  t.deepEqual(log, ['stop'])
})
