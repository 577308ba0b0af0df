/** Dictionaries are read by shapes: what must be there, what may be, and which field is named as wrong. */

import test from 'tape'
import { byteString, shape as createShape, integer, readFields } from '../../src/wire/check.js'

const shape = createShape({ b: integer(0, 9), a: byteString(1, 2) }, { d: integer(0, 9), c: integer(0, 9) })
const A = Buffer.from('a')

test('the fields of a shape are read, and no others', t => {
  t.deepEqual(
    readFields({ a: A, b: 1, e: 2 }, shape),
    { fields: { b: 1, a: A } },
    'optional ones may be missing'
  )
  t.deepEqual(readFields({ a: A, b: 1, c: 3, d: 4 }, shape), { fields: { b: 1, a: A, d: 4, c: 3 } })
  t.end()
})

test('the first field that is missing or wrong is named, required ones before optional ones', t => {
  t.deepEqual(readFields({}, shape), { wrong: 'b' })
  t.deepEqual(readFields({ b: 1 }, shape), { wrong: 'a' })
  t.deepEqual(readFields({ a: 1, b: 1, d: 10 }, shape), { wrong: 'a' })
  t.deepEqual(readFields({ a: A, b: 1, c: 10, d: 10 }, shape), { wrong: 'd' })
  t.deepEqual(readFields({ a: A, b: 1, c: 10 }, shape), { wrong: 'c' })
  t.end()
})

test('a byte string is taken as it is, if it has the right length', t => {
  const bytes = Buffer.from([1, 2, 3]).subarray(1)
  t.equal(byteString(2)(bytes), bytes)
  t.deepEqual(
    [byteString(1)(bytes), byteString(3, 4)(bytes), byteString(2)('ab' as never)],
    Array(3).fill(undefined)
  )
  t.end()
})
