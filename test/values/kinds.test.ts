/** Values of every kind that bencode has (BEP 44): they are put, found, kept and refused as in bittorrent-dht. */

import test from 'tape'
import WebTorrentDHT, { type PutValue, type Value, WebTorrentDHTError } from '../../src/index.js'
import { createJoined, createNode, createPair, destroyAll } from '../helpers/nodes.js'
import { createKeyPair, get, holds, makeOld, put } from '../helpers/values.js'

const bytes = (text: string) => Buffer.from(text)

/** What is put, and what comes back. */
const KINDS: [name: string, put: PutValue, found: Value<Buffer>][] = [
  ['bytes', bytes('text'), bytes('text')],
  ['text', 'tëxt', bytes('tëxt')],
  ['no bytes', Buffer.alloc(0), Buffer.alloc(0)],
  ['an empty text', '', Buffer.alloc(0)],
  ['0', 0, 0],
  ['-0', -0, 0],
  ['a negative number', -5, -5],
  ['the largest number', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ['an empty list', [], []],
  ['a list', [1, 'two', [Buffer.of(3)]], [1, bytes('two'), [Buffer.of(3)]]],
  ['an empty dictionary', {}, {}],
  ['a dictionary', { z: 1, a: { é: ['x'] } }, { z: 1, a: { é: [bytes('x')] } }],
  ['999 bytes', Buffer.alloc(999, 1), Buffer.alloc(999, 1)],
  ['a list of 1000 bytes when bencoded', [Buffer.alloc(994)], [Buffer.alloc(994)]],
  ['30 levels', nest(30), nest(30)]
]

function nest(levels: number): Value<Buffer> & PutValue {
  return levels === 1 ? [] : [nest(levels - 1)]
}

function cycle(): unknown[] {
  const list: unknown[] = []
  list.push(list, list)
  return list
}

/** What is refused, with the part of it that the error names. */
const REFUSED: [name: string, v: unknown, culprit: string][] = [
  ['nothing', undefined, 'v'],
  ['null', null, 'v'],
  ['true', true, 'v'],
  ['NaN', Number.NaN, 'v'],
  ['Infinity', Number.POSITIVE_INFINITY, 'v'],
  ['a fraction', 1.5, 'v'],
  ['2^53', 2 ** 53, 'v'],
  ['a bigint', 1n, 'v'],
  ['a symbol', Symbol('x'), 'v'],
  ['a function', () => {}, 'v'],
  ['a date', new Date(), 'v'],
  ['a map', new Map(), 'v'],
  ['half a character', '\ud800', 'v'],
  ['undefined in a list', [1, undefined], 'v[1]'],
  ['a hole in a list', Array(1), 'v[0]'],
  ['null in a dictionary', { a: { b: null } }, 'v.a.b'],
  ['a half character as a key', { '\udc00': 1 }, 'a key of v'],
  ['a key that no reader takes', JSON.parse('{"__proto__": 1}'), 'a key of v'],
  ['a list in itself', cycle(), 'v[0]'],
  ['31 levels', nest(31), 'v[0]'],
  ['1000 bytes', Buffer.alloc(1000), 'v'],
  ['a list of 1001 bytes when bencoded', [Buffer.alloc(995)], 'v'],
  ['a text of 500 characters in 1000 bytes', 'é'.repeat(500), 'v'],
  ['a list of very many', Array(100_000).fill(0), 'v[']
]

test('each kind of value is found as it was put, here and there', async t => {
  const [first, second] = await createPair()
  for (const [name, v, found] of KINDS) {
    const { error, key, nodes } = await put(second, { v })
    t.deepEqual([error, nodes], [null, 1], name)
    t.deepEqual((await get(first, key))?.v, found, `${name}, of another node`)
    t.deepEqual((await get(second, key))?.v, found, `${name}, its own`)
    t.deepEqual((await get(second, key, { cache: false }))?.v, found, `${name}, from the network`)
  }
  await destroyAll(first, second)
})

test('each kind of value can be signed', async t => {
  const [first, second] = await createPair()
  for (const [name, v, found] of KINDS) {
    const { k, sign } = createKeyPair()
    const { error, key } = await put(second, { v, k, sign, seq: 1 })
    t.equal(error, null, name)
    t.deepEqual((await get(second, key))?.v, found, name)
    const again = await put(second, await get(second, key))
    t.deepEqual([again.error, again.key], [null, key], 'what was found can be put')
  }
  await destroyAll(first, second)
})

test('toJSON and state keep each kind', async t => {
  const first = await createNode({ nodeId: '41'.repeat(20) })
  const second = await createJoined(first)
  const { k, sign } = createKeyPair()
  const keys = [(await put(second, { v: [1], k, sign, seq: 1, salt: 'salt' })).key]
  for (const [, v] of KINDS) keys.push((await put(second, { v })).key)
  const state = JSON.parse(JSON.stringify(first)) // as it comes out of a storage
  const restarted = new WebTorrentDHT({ bootstrap: false, state })
  t.deepEqual(restarted.toJSON(), state)
  for (const key of keys) t.deepEqual((await get(restarted, key))?.v, (await get(first, key))?.v)
  await destroyAll(first, second, restarted)
})

test('what cannot be bencoded, or is too long, is refused at once and leaves nothing behind', async t => {
  const [first, second] = await createPair()
  const before = second.stats().queries.sent
  for (const [name, v, culprit] of REFUSED) {
    for (const value of [{ v }, { ...createKeyPair(), v, seq: 1 }]) {
      try {
        second.put(value as never, () => t.fail(`${name}: called back`))
        t.fail(`${name}: taken`)
      } catch (error) {
        const isRight = error instanceof WebTorrentDHTError && error.code === 'EINVAL'
        t.ok(isRight && error.message.startsWith(culprit), `${name}: ${error}`)
      }
    }
  }
  t.deepEqual(second.toJSON().values, {})
  t.deepEqual(second.stats().queries.sent, before, 'nothing was sent')
  await destroyAll(first, second)
})

test('what the caller does to the value after the call has no effect', async t => {
  const [first, second] = await createPair()
  const v = { list: [1], bytes: Buffer.from('x') }
  const done = put(second, { v })
  v.list.push(2)
  v.bytes.fill(0)
  const { key } = await done
  t.deepEqual((await get(first, key))?.v, { list: [1], bytes: bytes('x') })
  await destroyAll(first, second)
})

test('an older node refuses other kinds; a put goes on with the others, and tells', async t => {
  const [old, second] = await createPair()
  const third = await createJoined(old)
  makeOld(old)
  for (const v of ['', 5, ['x'], { a: 1 }]) {
    const { error, key, tally } = await put(third, { v })
    t.deepEqual([error, tally], [null, { stored: 1, refused: { 203: 1 }, unanswered: 0 }])
    t.deepEqual(await get(third, key).then(found => typeof found?.v), typeof (await get(second, key))?.v)
  }
  await destroyAll(old, second, third)
})

test('among older nodes alone the refusal is an error, and nothing is kept', async t => {
  const old = await createNode()
  makeOld(old)
  const node = await createJoined(old)
  const { error, key } = await put(node, { v: ['x'] })
  t.deepEqual([error?.code, error?.stored, error?.refused], ['EREFUSED', 0, { 203: 1 }])
  t.notOk(holds(node, key))
  t.equal((await put(node, 'text')).error, null, 'bytes are taken')
  await destroyAll(old, node)
})
