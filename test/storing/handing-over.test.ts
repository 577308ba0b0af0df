/** In which order values are handed over, and what happens where that takes too long. */

import test from 'tape'
import { Id } from '../../src/id.js'
import { handOver } from '../../src/storing/handing-over.js'

const keys = (count: number) => Array.from({ length: count }, (_, i) => Id.of(Buffer.alloc(20, i)))
const NEVER = new Promise<never>(() => {})
const LONG = 60_000

test('the rarest values are handed over first', async t => {
  const [rare, common, unknown] = keys(3) as [Id, Id, Id]
  const holders = new Map([
    [rare.hex, 1],
    [common.hex, 7]
  ])
  const order: Id[] = []
  const handed = await handOver({
    keys: [common, rare, unknown],
    holdersOf: ({ hex }) => holders.get(hex) ?? 0,
    handOver: async key => order.push(key),
    timeout: LONG
  })
  t.deepEqual(order, [unknown, rare, common])
  t.deepEqual(handed, { values: 3, safe: 3 })
})

test('values that nobody takes, and those that fail, are not safe, and hold up no others', async t => {
  const [none, broken, good] = keys(3) as [Id, Id, Id]
  const handed = await handOver({
    keys: [none, broken, good],
    holdersOf: () => 0,
    handOver: async key => {
      if (key === broken) throw new Error('no disk')
      return key === good ? 1 : 0
    },
    timeout: LONG
  })
  t.deepEqual(handed, { values: 3, safe: 1 })
})

test('handing over ends in time, with what is done by then', async t => {
  let begun = 0
  const all = keys(100)
  const handed = await handOver({
    keys: all,
    holdersOf: () => 0,
    handOver: async key => (begun++ === 0 && key ? 1 : NEVER),
    timeout: 20
  })
  t.deepEqual(handed, { values: 100, safe: 1 })
  t.ok(begun < 20, `${begun} of 100 were begun`)
})
