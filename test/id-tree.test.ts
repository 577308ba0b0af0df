/** The index of values by id: it holds what was set, and finds the nearest as a sort of all would. */

import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import test from 'tape'
import { compareDistances, Id } from '../src/id.js'
import { IdTree } from '../src/id-tree.js'

/** An id of so many bytes: a number in its last bytes, so that ids differ in few bits, or a hash of it, which differs in all. */
function idOf(number: number, length: number, isSpread: boolean): Id {
  const bytes = Buffer.alloc(length)
  for (let i = 0, rest = number; i < length && rest > 0; i++, rest >>= 8) bytes[length - 1 - i] = rest & 255
  if (isSpread) for (let i = 0; i < length; i++) bytes[i] = Math.imul(number + i + 1, 0x9e3779b1) >>> 24
  return Id.of(bytes)
}

interface Step {
  what: 'set' | 'delete'
  number: number
  isSpread: boolean
}

/** Trees that grow, and then shrink. */
const steps = fc
  .tuple(stepsOf('set', 'set', 'set', 'delete'), stepsOf('set', 'delete', 'delete', 'delete'))
  .map(parts => parts.flat())

function stepsOf(...what: Step['what'][]): fc.Arbitrary<Step[]> {
  const step = fc.record({ what: fc.constantFrom(...what), number: fc.nat(60), isSpread: fc.boolean() })
  return fc.array(step, { maxLength: 300, size: 'max' })
}

test('it holds what was set and not deleted, and finds the nearest in order, for ids of any length', t => {
  const lengths = fc.constantFrom(1, 3, 4, 5, 20, 64)
  const property = fc.property(
    lengths,
    steps,
    fc.nat(300),
    fc.boolean(),
    (length, steps, number, isSpread) => {
      const tree = new IdTree<string>()
      const model = new Map<string, { id: Id; value: string }>()
      for (const [i, step] of steps.entries()) {
        const id = idOf(step.number, length, step.isSpread)
        if (step.what === 'delete') deepStrictEqual(tree.delete(id), model.delete(id.hex))
        else {
          tree.set(id, `${i}`)
          model.set(id.hex, { id, value: `${i}` })
        }
      }
      const target = idOf(number, length, isSpread)
      const all = [...model.values()].sort((a, b) => compareDistances(target, a.id, b.id))
      const isEven = (value: string) => Number(value) % 2 === 0
      const values = all.map(({ value }) => value)
      for (const count of [0, 1, 8, 1000]) {
        deepStrictEqual(tree.nearest(target, count), values.slice(0, count))
        deepStrictEqual(tree.nearest(target, count, isEven), values.filter(isEven).slice(0, count))
      }
    }
  )
  fc.assert(property, { numRuns: 400 })
  t.pass('400 trees')
  t.end()
})

/** How often two ids are compared to find the nearest 8 of so many, a hundred times. Prefixes that are alike settle nothing. */
function countComparisons(size: number): number {
  let reads = 0
  const alike = (number: number) => {
    const id = Id.of(Buffer.concat([Buffer.alloc(4), idOf(number, 16, true).bytes]))
    return Object.defineProperty(id, 'prefix', { get: () => ++reads && 0 })
  }
  const tree = new IdTree<number>()
  for (let number = 0; number < size; number++) tree.set(alike(number), number)
  const targets = Array.from({ length: 100 }, (_, i) => alike(1_000_000 + i))
  reads = 0
  for (const target of targets) tree.nearest(target, 8)
  return reads
}

test('the nearest 8 of 4,000 are found with about as many comparisons as those of 64', t => {
  const [few, many] = [countComparisons(64), countComparisons(4000)]
  t.ok(few > 0 && many < 1.5 * few, `${few} and ${many}`)
  t.end()
})

test('ids that differ in their last bits only are told apart', t => {
  const tree = new IdTree<number>()
  for (let number = 0; number < 1000; number++) tree.set(idOf(number, 20, false), number)
  t.equal(tree.nearest(idOf(512, 20, false), 2000).length, 1000)
  t.deepEqual(tree.nearest(idOf(512, 20, false), 4), [512, 513, 514, 515])
  for (let number = 0; number < 1000; number++) tree.delete(idOf(number, 20, false))
  t.deepEqual(tree.nearest(idOf(512, 20, false), 1), [])
  t.end()
})

test('whether a value is wanted is asked of the nearest first, and not once there are enough', t => {
  const tree = new IdTree<number>()
  for (let number = 0; number < 500; number++) tree.set(idOf(number, 20, true), number)
  const target = idOf(1000, 20, true)
  const asked: Id[] = []
  const found = tree.nearest(target, 8, value => {
    asked.push(idOf(value, 20, true))
    return value % 2 === 0
  })
  const sorted = [...asked].sort((a, b) => compareDistances(target, a, b))
  t.deepEqual(asked, sorted)
  t.deepEqual([found.length, asked.length < 60], [8, true])
  t.ok(asked.at(-1)?.equals(idOf(found.at(-1) ?? 0, 20, true)), 'the last one asked was taken')
  t.end()
})
