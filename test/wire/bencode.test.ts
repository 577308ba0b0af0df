/** Bencode: what is read and written is what the `bencode` packages read and write, and nothing that has two spellings is read. */

import { deepStrictEqual } from 'node:assert'
import { createRequire } from 'node:module'
import { runInNewContext } from 'node:vm'
import bencode from 'bencode'
import fc from 'fast-check'
import test from 'tape'
import { Buffer as PageBuffer } from '../../src/browser/buffer.js'
import { type Bencoded, decode, encode, MAX_DEPTH } from '../../src/wire/bencode.js'
import { BAD_MESSAGES } from '../robustness/corpus.js'

const require = createRequire(import.meta.url)
/** The decoder of `k-rpc-socket`, which is another version. */
const upstreamBencode = createRequire(require.resolve('k-rpc-socket'))('bencode')

const text = (value: string, maxDepth?: number) => decode(Buffer.from(value, 'latin1'), maxDepth)

/** Keys of any characters. */
const keys = fc
  .oneof(fc.string({ maxLength: 10 }), fc.string({ maxLength: 40, unit: 'binary' }))
  .filter(key => !key.endsWith('__proto__'))

/** Keys that no package reads or sorts in a way of its own. */
const plainKeys = keys.filter(key => !/[\ud800-\udfff\ufeff\ufffd]/.test(key))

/** What decodes to itself: integers that a double holds. */
function valuesWith(keys: fc.Arbitrary<string>): fc.Arbitrary<Bencoded> {
  return fc.letrec<{ value: Bencoded }>(tie => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 5 },
      fc.maxSafeInteger(),
      fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes)),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(keys, tie('value'), { maxKeys: 5 }).map(entries => ({ ...entries }))
    )
  })).value
}

const values = valuesWith(keys)
const plainValues = valuesWith(plainKeys)

/** Bytes that look like bencode, more often than random ones do. */
const almostBencode = fc
  .array(
    fc.constantFrom('d', 'l', 'i', 'e', ':', '-', '0', '1', '2', '9', '.', '+', 'a', '3:abc', 'i5e', '1:t')
  )
  .map(parts => Buffer.from(parts.join('')))

/** Keys stay ASCII: the library tells others in hex, or without a byte order mark. */
const mutated = fc
  .tuple(
    valuesWith(fc.string({ maxLength: 10 })),
    fc.nat(),
    fc.nat(127),
    fc.constantFrom('replace', 'insert', 'remove', 'cut')
  )
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

test('valid input decodes as the bencode packages decode it, version 4 and that of k-rpc-socket', t => {
  fc.assert(
    fc.property(plainValues, value => {
      const bytes: Uint8Array = bencode.encode(value)
      deepStrictEqual(plain(decode(bytes)), plain(bencode.decode(bytes)))
      deepStrictEqual(plain(decode(bytes)), plain(upstreamBencode.decode(Buffer.from(bytes))))
      deepStrictEqual(decode(upstreamBencode.encode(value)), decode(bytes), 'what webtorrent-dht 0.18 writes')
    }),
    { numRuns: 200 }
  )
  t.pass('200 values')
  t.end()
})

test('what is encoded is what `bencode` encodes, which decodes it to the same', t => {
  fc.assert(
    fc.property(plainValues, value => {
      const bytes = encode(value)
      deepStrictEqual(bytes.toString('latin1'), Buffer.from(bencode.encode(value)).toString('latin1'))
      deepStrictEqual(plain(bencode.decode(bytes)), plain(value))
      deepStrictEqual(plain(upstreamBencode.decode(bytes)), plain(value))
    }),
    { numRuns: 300 }
  )
  t.pass('300 values')
  t.end()
})

test('bytes are accepted if and only if they are what their value is encoded to', t => {
  let accepted = 0
  fc.assert(
    fc.property(anything, bytes => {
      const value = decode(bytes)
      // The library loops for ever where a length is negative.
      if (value === undefined && /-\d*:/.test(Buffer.from(bytes).toString('latin1'))) return
      deepStrictEqual(value !== undefined, isCanonical(bytes))
      if (value === undefined) return
      accepted++
      deepStrictEqual(plain(value), plain(bencode.decode(bytes)))
    }),
    { numRuns: 20_000 }
  )
  t.ok(accepted > 100, `${accepted} of 20,000 were accepted`)
  t.end()
})

/** As the library sees it, with those limits of ours that so few bytes can reach. */
function isCanonical(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false
  try {
    const value = bencode.decode(bytes)
    return depthOf(value) <= MAX_DEPTH && isSafe(value) && Buffer.from(bencode.encode(value)).equals(bytes)
  } catch {
    return false // no bencode
  }
}

function isSafe(value: Bencoded): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value)
  return value instanceof Uint8Array || Object.values(value).every(isSafe)
}

function depthOf(value: Bencoded): number {
  if (typeof value !== 'object' || value instanceof Uint8Array) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

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
  const entries = Array.from({ length: 10_000 }, (_, i) => `5:${10_000 + i}i1e`)
  const dictionary = decode(Buffer.from(`d${entries.join('')}e`))
  t.equal(Array.isArray(list) && list.length, 32_000, 'list')
  t.equal(Object.keys(dictionary ?? {}).length, 10_000, 'dictionary')
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

test('deeper nesting is accepted where the caller says so', t => {
  const nested = (depth: number) => 'd1:al'.repeat(depth / 2) + 'ee'.repeat(depth / 2)
  for (const depth of [6, 8, 1000]) {
    t.ok(text(nested(depth), depth), `${depth}`)
    t.equal(text(nested(depth), depth - 1), undefined, `not where ${depth - 1} are allowed`)
  }
  t.equal(text('le', 0), undefined)
  t.equal(text('i1e', 0), 1)
  t.end()
})

const REFUSED: [what: string, bytes: string][] = [
  ['nothing', ''],
  ['bytes after the value', 'i1ex'],
  ['a second value', 'i1ei1e'],
  ['an integer above those that a double holds', `i${BigInt(Number.MAX_SAFE_INTEGER) + 1n}e`],
  ['an integer below those that a double holds', `i-${BigInt(Number.MAX_SAFE_INTEGER) + 1n}e`],
  ['an integer of 18 digits', `i${'1'.repeat(18)}e`],
  ['a sign alone', 'i-e'],
  ['no digits', 'ie'],
  ['no end', 'i1'],
  ['a fraction', 'i1.5e'],
  ['a plus', 'i+1e'],
  ['a space', 'i 1e'],
  ['an exponent', 'i1e3e'],
  ['minus zero', 'i-0e'],
  ['a zero in front', 'i03e'],
  ['two zeros', 'i00e'],
  ['a zero behind a minus', 'i-03e'],
  ['a length of seven digits', '0000003:abc'],
  ['a length of seven digits, no zeros', `1000000:${'x'.repeat(1_000_000)}`],
  ['a length with a zero in front', '020:aaaaaaaaaaaaaaaaaaaa'],
  ['two zeros as a length', '00:'],
  ['a negative length', '-1:a'],
  ['a negative length in a list', 'l-3:e'],
  ['a length with a plus', '+1:a'],
  ['a length alone', '3'],
  ['a string without a length', ':abc'],
  ['a string that ends early', '4:abc'],
  ['a list without an end', 'li1e'],
  ['a dictionary without an end', 'd1:ai1e'],
  ['a key without a value', 'd1:ae'],
  ['a key that is an integer', 'di1ei1ee'],
  ['a key that is a list', 'dlei1ee'],
  ['a key whose length has a zero in front', 'd01:ai1ee'],
  ['unsorted keys', 'd1:bi1e1:ai1ee'],
  ['a longer key before its beginning', 'd2:aai1e1:ai1ee'],
  ['keys sorted by length', 'd1:bi1e2:aai1ee'],
  ['unsorted keys further in', 'd1:ad1:bi1e1:ai1eee'],
  ['a key that is there twice', 'd1:ai1e1:ai2ee'],
  ['an empty key that is there twice', 'd0:i1e0:i1ee'],
  ['keys in the order of UTF-16', 'd4:\xf0\x9f\x98\x80i1e3:\xef\xbf\xbdi1ee'],
  ['a key that is no UTF-8, and one that is spelled as it in hex', 'd4:ff41i1e2:\xffAi1ee'],
  ['`__proto__` as a key', 'd9:__proto__d1:ai1eee'],
  ['`__proto__` behind a byte order mark', 'd12:\xef\xbb\xbf__proto__d1:ai1eee'],
  ['`__proto__` further in', 'd1:xd9:__proto__i1eee']
]

for (const [what, bytes] of REFUSED) {
  test(`refused: ${what}`, t => {
    t.equal(text(bytes), undefined)
    t.end()
  })
}

test('what is nearly refused is accepted', t => {
  t.equal(text(`i${Number.MAX_SAFE_INTEGER}e`), Number.MAX_SAFE_INTEGER, 'the largest that a double holds')
  t.equal(text(`i${Number.MIN_SAFE_INTEGER}e`), Number.MIN_SAFE_INTEGER, 'the smallest')
  t.deepEqual([text('i0e'), text('i-1e'), text('i10e')], [0, -1, 10])
  t.deepEqual([text('0:'), text('10:0123456789')], [Buffer.alloc(0), Buffer.from('0123456789')])
  t.equal((text(`100000:${'x'.repeat(100_000)}`) as Buffer).length, 100_000, 'a length of six digits')
  t.deepEqual(text('d0:i1e1:ai2e2:aai3e1:bi4ee'), { '': 1, a: 2, aa: 3, b: 4 }, 'sorted keys')
  t.deepEqual(text('d11:constructori1e8:toStringi2ee'), { constructor: 1, toString: 2 }, 'own keys')
  t.deepEqual(text('d3:\xef\xbf\xbdi1e4:\xf0\x9f\x98\x80i1ee'), { '\ufffd': 1, '\u{1f600}': 1 }, 'UTF-8')
  t.deepEqual(text('d4:ff42i1e2:\xffAi1ee'), { ff42: 1, ff41: 1 }, 'other keys are told in hex')
  t.end()
})

test('byte strings are views of the message', t => {
  const message = new Uint8Array(Buffer.from('xxd1:al3:abceexx')).subarray(2, -2)
  const { a } = decode(message) as { a: [Buffer] }
  t.ok(Buffer.isBuffer(a[0]))
  t.equal(a[0].toString(), 'abc')
  t.deepEqual([a[0].buffer === message.buffer, a[0].byteOffset], [true, 9])
  t.end()
})

const { foreign } = runInNewContext('({ foreign: { b: new Uint8Array([120]), a: ["y", null] } })')

/** The library writes all of these. */
const WRITTEN: [what: string, value: unknown, expected: string][] = [
  ['text, as UTF-8', 'zu\u00df', '4:zu\xc3\x9f'],
  ['empty text', '', '0:'],
  ['long text', 'x'.repeat(5000), `5000:${'x'.repeat(5000)}`],
  ['long text that is no ASCII', '\u{1f600}'.repeat(500), `2000:${'\xf0\x9f\x98\x80'.repeat(500)}`],
  ['half a character', '\ud800', '3:\xef\xbf\xbd'],
  ['integers', [0, -0, 9, 10, -1, Number.MIN_SAFE_INTEGER], 'li0ei0ei9ei10ei-1ei-9007199254740991ee'],
  ['bytes', new Uint8Array([0, 255]), '2:\x00\xff'],
  ['a part of other bytes', Buffer.from('abcde').subarray(1, 3), '2:bc'],
  [
    'other views of memory',
    [new Uint16Array([257]), new DataView(new ArrayBuffer(3), 1)],
    'l2:\x01\x012:\x00\x00e'
  ],
  ['an ArrayBuffer', new ArrayBuffer(2), '2:\x00\x00'],
  ['lists', [[], [[1]]], 'llelli1eeee'],
  ['what is missing in a list is left out', [1, undefined, null, 2], 'li1ei2ee'],
  ['a list with a hole', Object.assign([1], { 2: 2 }), 'li1ei2ee'],
  [
    'dictionaries, sorted',
    { b: 1, a: { d: 2, c: 3 }, 10: 4, 9: 5 },
    'd2:10i4e1:9i5e1:ad1:ci3e1:di2ee1:bi1ee'
  ],
  ['a key before longer ones', { ab: 1, a: 2, '': 3 }, 'd0:i3e1:ai2e2:abi1ee'],
  ['what is missing in a dictionary is left out', { a: undefined, b: null, c: 1 }, 'd1:ci1ee'],
  ['a dictionary without a prototype', Object.assign(Object.create(null), { a: 1 }), 'd1:ai1ee'],
  [
    'the fields of an object of a class',
    new (class {
      b = 1
      a = 2
      get c() {
        return 3
      }
    })(),
    'd1:ai2e1:bi1ee'
  ],
  ['values of another realm', foreign, 'd1:al1:ye1:b1:xe'],
  [
    'a Map',
    new Map<unknown, unknown>([
      ['b', 1],
      ['a', 2],
      ['c', null],
      [5, 3]
    ]),
    'd1:5i3e1:ai2e1:bi1ee'
  ],
  ['a Map whose keys are bytes', new Map([[Buffer.from('b'), 1]]), 'd1:bi1ee'],
  ['a Set', new Set([2, 1, null]), 'li2ei1ee'],
  ['an object around text', Object('a'), '1:a']
]

for (const [what, value, expected] of WRITTEN) {
  test(`written as bencode writes it: ${what}`, t => {
    t.equal(encode(value).toString('latin1'), expected)
    t.equal(Buffer.from(bencode.encode(value)).toString('latin1'), expected, 'by the library')
    t.ok(decode(encode(value)) !== undefined, 'and it can be read')
    t.end()
  })
}

test('true is written as 1 and false as 0, and objects around them alike, as the library does with a warning', t => {
  t.equal(encode([true, false, Object(true), Object(5)]).toString(), 'li1ei0ei1ei5ee')
  t.end()
})

test('keys are sorted as raw bytes', t => {
  t.equal(
    encode({ '\u{1f600}': 1, '\uffff': 2, '\ue000': 3, z: 4 }).toString(),
    'd1:zi4e3:\ue000i3e3:\uffffi2e4:\u{1f600}i1ee'
  )
  const bytes = new Map([
    [Buffer.from([200]), 1],
    [Buffer.from([30]), 2],
    [Buffer.from([30, 0]), 3]
  ])
  t.equal(encode(bytes).toString('latin1'), 'd1:\x1ei2e2:\x1e\x00i3e1:\xc8i1ee')
  t.end()
})

const UNWRITABLE: [value: unknown, message: RegExp][] = [
  [1.5, /safe integers only: 1\.5/],
  [Number.NaN, /safe integers only: NaN/],
  [Number.POSITIVE_INFINITY, /safe integers only: Infinity/],
  [2 ** 53, /safe integers only: 9007199254740992/],
  [1n, /no bigint/],
  [Symbol('x'), /no symbol/],
  [() => {}, /no function/],
  [undefined, /no undefined/],
  [null, /no null/],
  [new Date(), /no Date/],
  [/x/, /no RegExp/],
  [Promise.resolve(), /no Promise/],
  [new WeakMap(), /no WeakMap/],
  [runInNewContext('new Map([[1, 2]])'), /no Map/],
  [{ '\ud800': 1 }, /Not a key in UTF-8/],
  [
    new Map<unknown, number>([
      ['a', 1],
      [Buffer.from('a'), 2]
    ]),
    /key is there twice: 'a'/
  ]
]

test('what bencode does not have is refused, and not written as something else', t => {
  for (const [value, message] of UNWRITABLE) {
    t.throws(() => encode(value), message)
    const isMissing = value === undefined || value === null
    if (!isMissing) t.throws(() => encode({ a: [value] }), { name: 'TypeError', message })
  }
  t.end()
})

test('a page, which has another Buffer, reads and writes the same', t => {
  const NodeBuffer = globalThis.Buffer
  const inPage = <T>(run: () => T): T => {
    globalThis.Buffer = PageBuffer as unknown as typeof Buffer
    try {
      return run()
    } finally {
      globalThis.Buffer = NodeBuffer
    }
  }
  fc.assert(
    fc.property(values, value => {
      const bytes = encode(value)
      const inPageToo = inPage(() => encode(value))
      deepStrictEqual(NodeBuffer.from(inPageToo).toString('hex'), bytes.toString('hex'))
      const read = inPage(() => decode(new Uint8Array(bytes)))
      deepStrictEqual(plain(read), plain(value))
    }),
    { numRuns: 300 }
  )
  const read = inPage(() => decode(Uint8Array.from(Buffer.from('d2:\xffA1:xe', 'latin1'))))
  t.ok(PageBuffer.isBuffer((read as Record<string, unknown>).ff41))
  for (const [what, value, expected] of WRITTEN) {
    t.equal(NodeBuffer.from(inPage(() => encode(value))).toString('latin1'), expected, what)
  }
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
