import { deepStrictEqual } from 'node:assert'
import { createRequire } from 'node:module'
import bencode from 'bencode'
import fc from 'fast-check'
import test from 'tape'
import { type Bencoded, decode, encode } from '../../src/wire/bencode.js'
import { BAD_MESSAGES } from '../robustness/corpus.js'

const require = createRequire(import.meta.url)
/** The decoder of `k-rpc-socket`, which is another version. */
const upstreamBencode = createRequire(require.resolve('k-rpc-socket'))('bencode')

const text = (value: string) => decode(Buffer.from(value))

/** What decodes to itself: keys of ASCII, integers that a double holds. */
const values: fc.Arbitrary<Bencoded> = fc.letrec<{ value: Bencoded }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    fc.maxSafeInteger(),
    fc.uint8Array({ maxLength: 50 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .dictionary(
        fc.string({ maxLength: 10 }).filter(key => !key.endsWith('__proto__')),
        tie('value'),
        { maxKeys: 5 }
      )
      .map(entries => ({ ...entries }))
  )
})).value

/** Bytes that look like bencode, more often than random ones do. */
const almostBencode = fc
  .array(
    fc.constantFrom('d', 'l', 'i', 'e', ':', '-', '0', '1', '2', '9', '.', '+', 'a', '3:abc', 'i5e', '1:t')
  )
  .map(parts => Buffer.from(parts.join('')))

const mutated = fc
  .tuple(values, fc.nat(), fc.nat(255), fc.constantFrom('replace', 'insert', 'remove', 'cut'))
  .map(([value, at, byte, how]) => {
    const bytes = encode(value)
    const position = at % bytes.length
    const [before, after] = [
      bytes.subarray(0, position),
      bytes.subarray(position + (how === 'insert' ? 0 : 1))
    ]
    if (how === 'cut') return before
    return Buffer.concat(how === 'remove' ? [before, after] : [before, Buffer.from([byte]), after])
  })

const anything = fc.oneof(fc.uint8Array({ maxLength: 200 }), almostBencode, mutated)

test('what is encoded decodes to itself', t => {
  fc.assert(
    fc.property(values, value => {
      deepStrictEqual(plain(decode(encode(value))), plain(value))
    }),
    { numRuns: 300 }
  )
  t.pass('300 values')
  t.end()
})

test('valid input decodes as the bencode packages decode it, this one and that of k-rpc-socket', t => {
  fc.assert(
    fc.property(values, value => {
      const bytes: Uint8Array = bencode.encode(value)
      deepStrictEqual(plain(decode(bytes)), plain(bencode.decode(bytes)))
      deepStrictEqual(plain(decode(bytes)), plain(upstreamBencode.decode(Buffer.from(bytes))))
    }),
    { numRuns: 200 }
  )
  t.pass('200 values')
  t.end()
})

test('no bytes make it throw, and what it accepts can be encoded and decoded again', t => {
  let accepted = 0
  fc.assert(
    fc.property(anything, bytes => {
      const value = decode(bytes)
      if (value === undefined) return
      accepted++
      const again = encode(value)
      const second = decode(again)
      if (second === undefined || !encode(second).equals(again)) throw new Error('not stable')
    }),
    { numRuns: 20_000 }
  )
  t.ok(accepted > 100, `${accepted} of 20,000 were accepted`)
  t.end()
})

test('a part of a message, or one with more behind it, is no message', t => {
  fc.assert(
    fc.property(values, fc.uint8Array({ minLength: 1, maxLength: 5 }), (value, more) => {
      const bytes = encode(value)
      for (let end = 0; end < bytes.length; end++) {
        if (decode(bytes.subarray(0, end)) !== undefined)
          throw new Error(`accepted ${end} of ${bytes.length}`)
      }
      if (decode(Buffer.concat([bytes, more])) !== undefined) throw new Error('accepted more')
    }),
    { numRuns: 200 }
  )
  t.pass('200 messages')
  t.end()
})

test('each of the bad messages is decoded or refused in no time', t => {
  const sender = { id: Buffer.alloc(20, 1), transaction: Buffer.from('aa') }
  const start = performance.now()
  for (const { make } of BAD_MESSAGES) decode(Buffer.from(make(sender)))
  const time = performance.now() - start
  t.ok(time < 1000, `${Math.round(time)} ms for ${BAD_MESSAGES.length} messages`)
  t.end()
})

test('a long message of many small values is decoded in no time', t => {
  const start = performance.now()
  const list = decode(Buffer.from(`l${'0:'.repeat(32_000)}e`))
  const dictionary = decode(Buffer.from(`d${'1:ai1e'.repeat(10_000)}e`))
  t.equal(Array.isArray(list) && list.length, 32_000, 'list')
  t.deepEqual(dictionary, { a: 1 }, 'the last of equal keys counts, as upstream has it')
  t.ok(performance.now() - start < 1000, 'in less than a second')
  t.end()
})

test('nesting is accepted six deep, which is more than any message needs, and no deeper', t => {
  const nested = (depth: number) => 'l'.repeat(depth) + 'e'.repeat(depth)
  t.ok(text(nested(6)), 'six')
  t.equal(text(nested(7)), undefined, 'seven')
  t.equal(text(`${'d1:a'.repeat(7)}de${'e'.repeat(7)}`), undefined, 'dictionaries')
  t.end()
})

test('lengths and integers are bounded', t => {
  t.equal(text(`i${Number.MAX_SAFE_INTEGER}e`), Number.MAX_SAFE_INTEGER, 'the largest that a double holds')
  t.equal(text(`i${BigInt(Number.MAX_SAFE_INTEGER) + 1n}e`), undefined, 'one more')
  t.equal(text(`i-${BigInt(Number.MAX_SAFE_INTEGER) + 1n}e`), undefined, 'one less than the smallest')
  t.equal(text('0000003:abc'), undefined, 'a length of seven digits')
  t.equal(text('-1:a'), undefined, 'a negative length')
  t.equal(text('l-3:e'), undefined, 'a negative length in a list')
  t.equal(text('4:abc'), undefined, 'a string that ends early')
  t.equal(text('i-e'), undefined, 'a sign alone')
  t.equal(text('ie'), undefined, 'no digits')
  t.equal(text('i1.5e'), undefined, 'a fraction')
  t.equal(text('i+1e'), undefined, 'a plus')
  t.equal(text(''), undefined, 'nothing')
  t.end()
})

test('no key of a message becomes a prototype', t => {
  t.equal(text('d9:__proto__d1:ai1eee'), undefined, '`__proto__`')
  t.equal(text(`d12:\ufeff__proto__d1:ai1eee`), undefined, 'behind a byte order mark')
  t.equal(text('d1:xd9:__proto__i1eee'), undefined, 'further in')
  t.deepEqual(
    text('d11:constructori1e8:toStringi2ee'),
    { constructor: 1, toString: 2 },
    'others are own keys'
  )
  t.end()
})

/** As plain values that `deepEqual` compares by content. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, item]) => [key, plain(item)])
      .sort()
  }
  return value === 0 ? 0 : value // -0, which bencode does not tell apart
}
