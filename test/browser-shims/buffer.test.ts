/** The `Buffer` of the browser build does what Node.js' does. */

import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import tape from 'tape'
import { Buffer as BrowserBuffer } from '../../src/browser/buffer.js'

type NodeBuffer = Buffer
// What lacks in it is said at its top; the rest has Node.js' types.
const Lean = BrowserBuffer as unknown as typeof Buffer

const ENCODINGS = [
  'utf8',
  'utf-8',
  'UTF8',
  'hex',
  'latin1',
  'binary',
  'ascii',
  'base64',
  'base64url'
] as const

const bytes = fc.uint8Array({ maxLength: 40 })
const encoding = fc.constantFrom(...ENCODINGS)
const offset = fc.option(fc.integer({ min: -2, max: 45 }), { nil: undefined })
const anyText = fc.string({ unit: 'binary', maxLength: 30 })
const hexDigits = fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEFg'), maxLength: 20 })
const base64Digits = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(...'abcXYZ019+/-_ \n'), maxLength: 20 }),
    fc.constantFrom('', '=', '==')
  )
  .map(([digits, padding]) => digits + padding)
const encoded = fc.oneof(
  fc.tuple(anyText, fc.constantFrom('utf8', 'latin1', 'ascii', 'binary') as fc.Arbitrary<BufferEncoding>),
  fc.tuple(hexDigits, fc.constant<BufferEncoding>('hex')),
  fc.tuple(base64Digits, fc.constantFrom<BufferEncoding>('base64', 'base64url'))
)

/** Runs the same on both kinds: the same value, or the same kind of error. */
function isSame(work: (Kind: typeof Buffer) => unknown): void {
  const [expected, actual] = [Buffer, Lean].map(Kind => outcome(() => work(Kind)))
  if (expected !== actual) throw new Error(`Node.js: ${expected}, here: ${actual}`)
}

function same(t: tape.Test, work: (Kind: typeof Buffer) => unknown): void {
  t.doesNotThrow(() => isSame(work), String(work))
}

function holds<Inputs>(t: tape.Test, property: fc.IProperty<Inputs>): void {
  const { failed, counterexample, errorInstance } = fc.check(property)
  t.notOk(failed, failed ? `${errorInstance} with ${fc.stringify(counterexample)}` : 'as in Node.js')
}

function outcome(work: () => unknown): string {
  try {
    const result = work()
    return JSON.stringify(result)
  } catch (error) {
    return (error as Error).name
  }
}

tape('Buffer in pages makes the bytes that Node.js makes of text', async t => {
  holds(
    t,
    fc.property(encoded, ([text, name]) => isSame(Kind => Kind.from(text, name)))
  )
  holds(
    t,
    fc.property(encoded, ([text, name]) => isSame(Kind => Kind.from(text, name).length))
  )
  holds(
    t,
    fc.property(anyText, text => isSame(Kind => [Kind.from(text), Kind.byteLength(text)]))
  )
  same(t, Kind => Kind.from('text', 'none' as BufferEncoding))
  same(t, Kind => Kind.byteLength('abcd', 'hex'))
})

tape('Buffer in pages makes the text that Node.js makes of bytes', async t => {
  holds(
    t,
    fc.property(bytes, encoding, (data, name) =>
      isSame(Kind => Kind.from(data).toString(name as BufferEncoding))
    )
  )
  holds(
    t,
    fc.property(bytes, encoding, offset, offset, (data, name, start, end) =>
      isSame(Kind => Kind.from(data).toString(name as BufferEncoding, start, end))
    )
  )
  same(t, Kind => Kind.from([0xef, 0xbb, 0xbf, 0x61]).toString()) // a byte order mark stays
  same(t, Kind => `${Kind.from('template')}`)
  same(t, Kind => Kind.from('a').toString('none' as BufferEncoding))
})

tape('Buffer in pages is made of all that Node.js makes one of', async t => {
  holds(
    t,
    fc.property(fc.array(fc.integer()), list => isSame(Kind => Kind.from(list)))
  )
  holds(
    t,
    fc.property(bytes, data => isSame(Kind => Kind.from(JSON.parse(JSON.stringify(Kind.from(data))))))
  )
  holds(
    t,
    fc.property(bytes, offset, offset, (data, start, length) =>
      isSame(Kind => Kind.from(data.buffer, start, length))
    )
  )
  for (const wrong of [5, null, undefined, {}, true, new Set([1])])
    isSame(Kind => Kind.from(wrong as unknown as string))
  same(t, Kind => Kind.from(Object('text') as string))
  same(t, Kind => Kind.from(new Uint16Array([1, 257])))
  same(t, Kind => Kind.from({ length: 2, 0: 1, 1: 2 } as unknown as number[]))
  same(t, Kind => Kind.from(new SharedArrayBuffer(2)))
  for (const size of [0, 3, -1, 1.5, '3', undefined]) same(t, Kind => Kind.alloc(size as number))
  same(t, Kind => [Kind.alloc(5, 'ab'), Kind.alloc(5, 7), Kind.alloc(5, '6162', 'hex'), Kind.alloc(3, '')])
  same(t, Kind => [Kind.allocUnsafe(5).length, Kind.allocUnsafeSlow(5).length])
})

tape('Buffer in pages joins and compares as in Node.js', async t => {
  const total = fc.option(fc.nat(60), { nil: undefined })
  holds(
    t,
    fc.property(fc.array(bytes, { maxLength: 4 }), total, (list, length) =>
      isSame(Kind => Kind.concat(list, length))
    )
  )
  holds(
    t,
    fc.property(bytes, bytes, (a, b) => isSame(Kind => [Kind.compare(a, b), Kind.from(a).equals(b)]))
  )
  holds(
    t,
    fc.property(
      bytes,
      data => Lean.from(data).equals(Buffer.from(data)) && Buffer.from(data).equals(Lean.from(data))
    )
  )
  holds(
    t,
    fc.property(bytes, bytes, fc.array(offset, { minLength: 4, maxLength: 4 }), (a, b, range) =>
      isSame(Kind => Kind.from(a).compare(b, ...range))
    )
  )
  same(t, Kind => Kind.from('a').equals('a' as unknown as NodeBuffer))
  same(t, Kind => Kind.concat(['a'] as unknown as NodeBuffer[]))
})

tape('Buffer in pages finds, fills and copies as in Node.js', async t => {
  const few = fc.uint8Array({ max: 2, maxLength: 12 })
  const needle = fc.oneof(
    fc.uint8Array({ max: 2, maxLength: 3 }),
    fc.integer(),
    fc.constantFrom('', '\0', '\x01\x02')
  )
  holds(
    t,
    fc.property(few, needle, offset, (data, wanted, from) =>
      isSame(Kind => [
        Kind.from(data).indexOf(wanted, from),
        Kind.from(data).includes(wanted as number, from)
      ])
    )
  )
  same(t, Kind => [Kind.from('abc').indexOf('62', 'hex'), Kind.from('abc').indexOf('YWI=', 0, 'base64')])
  const filling = fc.oneof(bytes, fc.integer(), anyText)
  holds(
    t,
    fc.property(bytes, filling, offset, offset, (data, value, start, end) =>
      isSame(Kind => Kind.from(data).fill(value, start ?? 0, end))
    )
  )
  same(t, Kind => [Kind.alloc(4).fill('6162', 'hex'), Kind.alloc(4).fill('YWI=', 1, 'base64')])
  same(t, Kind => Kind.alloc(4).fill('no hex', 'hex'))
  holds(
    t,
    fc.property(bytes, bytes, offset, offset, offset, (from, to, targetStart, start, end) =>
      isSame(Kind => {
        const target = Kind.from(to)
        return [Kind.from(from).copy(target, targetStart, start, end), target]
      })
    )
  )
  const own = Lean.from('abcdef')
  own.copy(own, 2)
  t.equal(own.toString(), 'ababcd', 'onto itself')
})

tape('Buffer in pages writes text as in Node.js', async t => {
  holds(
    t,
    fc.property(encoded, offset, offset, ([text, name], start, length) =>
      isSame(Kind => {
        const buffer = Kind.alloc(12)
        return [buffer.write(text, start ?? 0, length as number, name), buffer]
      })
    )
  )
  same(t, Kind => {
    const buffer = Kind.alloc(8)
    return [buffer.write('6162', 'hex'), buffer.write('YWI=', 3, 'base64'), buffer.write('z', 7), buffer]
  })
})

tape('Buffer in pages reads and writes integers as in Node.js', async t => {
  const methods = Object.getOwnPropertyNames(Lean.prototype).filter(name => /^(read|write)[UI]/.test(name))
  t.equal(methods.length, 3 * 2 * 5, 'UInt, Uint and Int, read and written, of five sizes and orders')
  const value = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.integer({ min: -300, max: 300 }), fc.double())
  const place = fc.option(fc.oneof(fc.integer({ min: -1, max: 6 }), fc.constant(0.5)), { nil: undefined })
  for (const name of methods as 'writeUInt16BE'[]) {
    const method = (buffer: NodeBuffer, ...args: unknown[]): unknown =>
      Reflect.apply(buffer[name], buffer, args)
    const isWrite = name.startsWith('write')
    holds(
      t,
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), value, place, (data, number, at) =>
        isSame(Kind => {
          const buffer = Kind.from(data)
          return isWrite ? [method(buffer, number, at), buffer] : method(buffer, at)
        })
      )
    )
  }
})

tape('Buffer in pages shares its memory with its slices, and its kind with what is made of it', async t => {
  const whole = Lean.from('abcdef')
  const part = whole.slice(1, -1)
  part[0] = 0x7a
  t.equal(whole.toString(), 'azcdef')
  for (const made of [part, whole.subarray(2), whole.map(byte => byte + 1), Lean.of(1, 2)]) {
    t.ok(made instanceof BrowserBuffer)
  }
  const memory = new ArrayBuffer(4)
  Lean.from(memory, 1)[0] = 9
  t.equal(new Uint8Array(memory)[1], 9)
})

tape('Buffer in pages takes Buffers of the `buffer` package for its own', async t => {
  const { Buffer: Usual } = await import(
    new URL('../../../node_modules/buffer/index.js', import.meta.url).href
  )
  t.ok(Lean.isBuffer(Usual.from('a')) && Usual.isBuffer(Lean.from('a')) && Lean.isBuffer(Lean.from('a')))
  for (const other of [new Uint8Array(1), 'a', null, undefined, Lean.prototype]) t.notOk(Lean.isBuffer(other))
  t.ok(Lean.from('ab').equals(Usual.from('ab')) && Usual.from('ab').equals(Lean.from('ab')))
  t.equal(Lean.concat([Usual.from('a'), Lean.from('b')]).toString(), 'ab')
  t.deepEqual(
    ENCODINGS.filter(name => !Lean.isEncoding(name)),
    []
  )
  t.notOk(Lean.isEncoding('none'))
})

tape('Buffer in pages takes the bytes of another frame', t => {
  const foreign: Uint8Array = runInNewContext('Uint8Array.of(97, 98)')
  t.equal(Lean.concat([foreign, Lean.from('c')]).toString(), 'abc')
  t.equal(Lean.compare(foreign, Lean.from('ab')), 0)
  t.ok(Lean.from('ab').equals(foreign))
  t.equal(Lean.from('cab').indexOf(foreign), 1)
  t.throws(() => Lean.concat([runInNewContext('[97]')]), TypeError)
  t.end()
})
