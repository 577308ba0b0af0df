/** Checks of arguments: what is taken, what is refused, and how a wrong value is quoted. */

import { runInNewContext } from 'node:vm'
import test from 'tape'
import {
  invalid,
  optional,
  quote,
  readBytes,
  readCallback,
  readCount,
  readFunction,
  readId,
  readName,
  readOptions,
  readPort,
  readPositive,
  readSalt,
  readSequence,
  readSignal,
  readTag
} from '../src/arguments.js'
import { isBytes } from '../src/is-bytes.js'

const HEX = 'ABCDEF0123456789abcdef0123456789abcdef01'
/** A `Uint8Array` of another realm. */
const foreign: Uint8Array = runInNewContext('new Uint8Array(20).fill(7)')

const cyclic: { self?: unknown } = {}
cyclic.self = cyclic
const bare = Object.assign(Object.create(null), { x: 1 })
const revoked = Proxy.revocable({}, {})
revoked.revoke()
const throwing = new Proxy(
  {},
  {
    get: () => {
      throw new Error('of the proxy')
    },
    ownKeys: () => {
      throw new Error('of the proxy')
    }
  }
)

test('any value can be quoted, in a few characters', t => {
  const quoted: [value: unknown, text: string | RegExp][] = [
    ['room', "'room'"],
    ['', "''"],
    ['a\nb\ud800', "'a\\nb\\ud800'"],
    ['x'.repeat(1e6), /^'x+…'$/],
    [5n, '5n'],
    [-0.5, '-0.5'],
    [Number.NaN, 'NaN'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [() => {}, 'a function'],
    [function named() {}, 'the function named'],
    [Buffer.from('ab'), '2 bytes (6162)'],
    [foreign, /^20 bytes \(0707/],
    [new Float64Array(2), 'an instance of Float64Array'],
    [new Date(Number.NaN), 'an instance of Date'],
    [{ port: 1 }, '{"port":1}'],
    [[1, 'x', 5n, { y: 1 }], '[1,"x","5n",{}]'],
    [new Array(1e9), 'an array of 1000000000'],
    [Object.fromEntries(Array.from({ length: 100 }, (_, i) => [i, i])), 'an object of 100 fields'],
    [bare, '{"x":1}'],
    [cyclic, '{"self":{}}'],
    [revoked.proxy, 'what cannot be shown'],
    [throwing, 'what cannot be shown'],
    [{ toJSON: () => undefined }, 'what cannot be shown']
  ]
  for (const [value, text] of quoted) {
    const shown = quote(value)
    t.ok(typeof text === 'string' ? shown === text : text.test(shown), shown)
    t.ok(shown.length < 80)
  }
  t.end()
})

test('an error names the argument, the value, and what to pass', t => {
  const error = invalid('port', '80', 'a number')
  t.deepEqual([error.code, error.message], ['EINVAL', "port is '80'; it should be a number"])
  t.end()
})

test('ids are bytes of any realm or hex, of the wanted length', t => {
  for (const value of [
    HEX,
    HEX.toLowerCase(),
    Buffer.from(HEX, 'hex'),
    new Uint8Array(Buffer.from(HEX, 'hex'))
  ]) {
    t.equal(readId('infoHash', value, 20).hex, HEX.toLowerCase())
  }
  t.equal(readId('infoHash', foreign, 20).hex, '07'.repeat(20))
  t.equal(readId('infoHash', 'ab'.repeat(32), 32).bytes.length, 32)
  const bytes = Buffer.alloc(20)
  const id = readId('infoHash', bytes, 20)
  bytes.fill(1)
  t.equal(id.hex, '00'.repeat(20), 'what the caller writes later does not change it')
  t.end()
})

test('what is no id is refused with what to pass', t => {
  const refused: [value: unknown, text: string][] = [
    ['my-room', "infoHash is 'my-room'; it should be 20 bytes or 40 hex digits"],
    [`magnet:?xt=urn:btih:${HEX}`, 'hex digits: the info hash that it names'],
    [`urn:btih:${HEX}`, 'hex digits: the info hash that it names'],
    ['JBSWY3DPEBLW64TMMQQQJBSWY3DPEBLW', 'hex digits: decode base32 first'],
    [`1220${'ab'.repeat(32)}`, 'the first 20 bytes'],
    ['ab'.repeat(32), 'the first 20 bytes'],
    [`${HEX}0`, '40 hex digits'],
    [`${HEX.slice(1)}g`, '40 hex digits'],
    [` ${HEX.slice(1)}`, '40 hex digits'],
    [Buffer.alloc(19), 'infoHash is 19 bytes (0000'],
    [new Float64Array(20), 'an instance of Float64Array'],
    [new Int8Array(20), 'an instance of Int8Array'],
    [new ArrayBuffer(20), 'an instance of ArrayBuffer'],
    [Array(20).fill(0), 'an array of 20'],
    [new String(HEX), 'an instance of String'],
    [{ length: 20 }, '{"length":20}'],
    ...[undefined, null, 5, 5n, true, throwing].map((value): [unknown, string] => [value, quote(value)])
  ]
  for (const [value, text] of refused) refuses(t, () => readId('infoHash', value, 20), text)
  t.end()
})

test('numbers are in range and whole', t => {
  t.deepEqual(
    [1, 65535].map(port => readPort('port', port)),
    [1, 65535]
  )
  t.deepEqual(
    [0, 2 ** 53 - 1].map(seq => readSequence('seq', seq)),
    [0, 2 ** 53 - 1]
  )
  t.deepEqual([readCount('k', 1), readPositive('age', 0.5)], [1, 0.5])
  t.equal(readPositive('age', Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)
  const wrong = ['1', true, null, undefined, 1n, [], [1], {}, Number.NaN, -1, new Number(1)]
  for (const value of [...wrong, 0, 65536, 1.5]) refuses(t, () => readPort('port', value), 'port is ')
  for (const value of [...wrong, 2 ** 53, 0.5, Number.POSITIVE_INFINITY])
    refuses(t, () => readSequence('seq', value), 'seq is ')
  for (const value of [...wrong, 0, 1.5, Number.POSITIVE_INFINITY])
    refuses(t, () => readCount('k', value), 'k is ')
  for (const value of [...wrong, 0]) refuses(t, () => readPositive('age', value), 'age is ')
  t.end()
})

test('bytes and texts have limits in bytes, and texts say the same in UTF-8', t => {
  t.equal(readSalt('salt', 'é').toString('hex'), 'c3a9')
  t.deepEqual([readSalt('salt', foreign).length, readSalt('salt', '').length], [20, 0])
  t.equal(readSalt('salt', Buffer.alloc(64)).length, 64)
  for (const value of [
    'x'.repeat(65),
    'é'.repeat(33),
    Buffer.alloc(65),
    '\ud800',
    5,
    null,
    {},
    new Uint16Array(2)
  ])
    refuses(t, () => readSalt('salt', value), 'salt is ')
  refuses(t, () => readBytes('v', '', 1, 999), '1 to 999 bytes')
  t.deepEqual(
    ['a', '😀'.repeat(16)].map(name => readName('protocol', name)),
    ['a', '😀'.repeat(16)]
  )
  for (const value of [
    '',
    'x'.repeat(65),
    '😀'.repeat(17),
    '\ud800',
    'a\udc00',
    5,
    null,
    undefined,
    ['a'],
    Buffer.from('a')
  ])
    refuses(t, () => readName('protocol', value), 'protocol is ')
  t.equal(readTag('tag', 'mine', 'reserved'), 'mine')
  for (const value of ['', 'reserved', 5, null, undefined, {}])
    refuses(t, () => readTag('tag', value, 'reserved'), 'tag is ')
  t.end()
})

test('callbacks, options and signals may be left out; null is as undefined', t => {
  const callback = () => {}
  t.equal(readCallback('callback', callback), callback)
  t.equal(readCallback('callback', undefined)(), undefined)
  t.equal(typeof readCallback('callback', null), 'function')
  t.equal(optional(readPort, 'port', null), undefined)
  t.deepEqual([readOptions(undefined, []), readOptions(null, [])], [{}, {}])
  const options = { x: 1 }
  t.equal(readOptions(options, ['x']), options)
  refuses(t, () => readOptions(options, []), "options has no field 'x'")
  const { signal } = new AbortController()
  refuses(t, () => readOptions(signal as object, []), 'pass { signal }')
  t.equal(readSignal({ signal }), signal)
  for (const value of [5, 'x', {}, [], false]) {
    refuses(t, () => readCallback('callback', value as never), 'callback is ')
    refuses(t, () => readFunction('handler', value), 'handler is ')
    refuses(t, () => readSignal({ signal: value }), 'options.signal is ')
  }
  refuses(t, () => readSignal({ signal: new AbortController() }), 'options.signal is ')
  for (const value of [5, 'x', [], false, callback, Buffer.alloc(2)])
    refuses(t, () => readOptions(value as never, []), 'options is ')
  t.end()
})

test('bytes are Uint8Arrays of any realm, and nothing else', t => {
  t.deepEqual([foreign, Buffer.alloc(1), new Uint8Array(1)].map(isBytes), [true, true, true])
  const others = [
    new Uint16Array(1),
    new DataView(new ArrayBuffer(1)),
    [1],
    'x',
    { [Symbol.toStringTag]: 'Uint8Array' }
  ]
  t.deepEqual(
    others.map(isBytes),
    others.map(() => false)
  )
  t.end()
})

function refuses(t: test.Test, work: () => unknown, text: string): void {
  try {
    t.fail(`took ${String(work())}`)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    t.ok(code === 'EINVAL' && message.includes(text), message)
  }
}
