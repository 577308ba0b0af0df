/** Ids: what they are made of, and which of two is nearer. */

import fc from 'fast-check'
import test from 'tape'
import { commonBits, compareDistances, distance, Id, isNearer } from '../src/id.js'
import { KBucket } from '../src/upstream.js'

/** Three ids of one length, often with many bits in common. */
const triples = fc
  .integer({ min: 1, max: 64 })
  .chain(length => {
    const bytes = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 128, 255))
    return fc.tuple(...[0, 1, 2].map(() => fc.array(bytes, { minLength: length, maxLength: length })))
  })
  .chain(ids => fc.tuple(fc.constant(ids), fc.nat(64)))
  .map(([ids, shared]) =>
    ids.map(id => Id.of(Uint8Array.from([...(ids[0] ?? []).slice(0, shared), ...id.slice(shared)])))
  )

function numberOf({ hex }: Id): bigint {
  return BigInt(`0x${hex}`)
}

test('an id shares the memory that it is made of', t => {
  const bytes = new Uint8Array(30).fill(7)
  const id = Id.of(bytes.subarray(5, 25))
  t.ok(Buffer.isBuffer(id.bytes))
  t.deepEqual([id.bytes.buffer === bytes.buffer, id.bytes.byteOffset, id.bytes.length], [true, 5, 20])
  const buffer = Buffer.alloc(20)
  t.equal(Id.of(buffer).bytes, buffer)
  t.end()
})

test('an id is the same whether it is made of bytes or of hex', t => {
  const hex = 'ABCDEF0123456789abcdef0123456789abcdef01'
  const [first, second] = [Id.fromHex(hex), Id.of(Buffer.from(hex, 'hex'))]
  t.ok(first.equals(second))
  t.deepEqual([first.hex, second.hex, `${first}`], Array(3).fill(hex.toLowerCase()))
  t.deepEqual(first.bytes, second.bytes)
  t.end()
})

test('what is no hex makes no id', t => {
  for (const hex of ['xy', 'abc', 'ab ', ' ab', 'abzz']) {
    t.throws(() => Id.fromHex(hex), new RegExp(`TypeError: Not an id in hex: '${hex}'`))
  }
  t.end()
})

test('the prefix is the first 32 bits, unsigned; zeros follow a shorter id', t => {
  t.equal(Id.fromHex('fffefdfc00').prefix >>> 0, 0xfffefdfc)
  t.equal(Id.fromHex('80').prefix >>> 0, 0x80000000)
  t.equal(Id.fromHex('01ff').prefix >>> 0, 0x01ff0000)
  t.end()
})

test('of two ids the one is nearer whose XOR with the target is smaller, whatever their length', t => {
  fc.assert(
    fc.property(triples, ([target, a, b]) => {
      if (!target || !a || !b) return false
      const [first, second] = [numberOf(a) ^ numberOf(target), numberOf(b) ^ numberOf(target)]
      const expected = first < second ? -1 : first > second ? 1 : 0
      const isRight = Math.sign(compareDistances(target, a, b)) === expected
      return (
        isRight && isNearer(target, a, b) === expected < 0 && a.equals(b) === (numberOf(a) === numberOf(b))
      )
    }),
    { numRuns: 3000 }
  )
  t.pass('3,000 triples')
  t.end()
})

test('common bits are counted to the first that differs', t => {
  fc.assert(
    fc.property(triples, ([a, b]) => {
      if (!a || !b) return false
      const bits = 8 * a.bytes.length
      return commonBits(a, b) === bits - (numberOf(a) ^ numberOf(b)).toString(2).replace(/^0$/, '').length
    }),
    { numRuns: 3000 }
  )
  t.equal(commonBits(Id.fromHex('00000000'), Id.fromHex('80000000')), 0)
  t.equal(commonBits(Id.fromHex('ff00'), Id.fromHex('ff00')), 16, 'all of them')
  t.end()
})

test('a nearer id has no larger distance, which is that of k-bucket', t => {
  fc.assert(
    fc.property(triples, ([target, a, b]) => {
      if (!target || !a || !b) return false
      const [first, second] = [distance(target, a), distance(target, b)]
      const isOrdered = compareDistances(target, a, b) < 0 ? first <= second : first >= second
      return isOrdered && first === KBucket.distance(target.bytes, a.bytes)
    }),
    { numRuns: 3000 }
  )
  t.equal(distance(Id.fromHex('0102'), Id.fromHex('0100')), 2)
  t.end()
})
