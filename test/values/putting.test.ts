/** What a put is told: arguments, signatures, refusals; and what the node itself keeps. */

import { webcrypto } from 'node:crypto'
import test from 'tape'
import { type MutablePut, WebTorrentDHTError } from '../../src/index.js'
import { createJoined, createNode, createPair, destroyAll } from '../helpers/nodes.js'
import { createKeyPair, get, holds, makeMute, put } from '../helpers/values.js'

const hexBytes = (hex: string) => Buffer.from(hex, 'hex')

/** The test vectors of BEP 44. */
const VECTORS = [
  {
    salt: undefined,
    signed: '3:seqi1e1:v12:Hello World!',
    sig: hexBytes(
      '305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01'
    ),
    key: '4a533d47ec9c7d95b1ad75f576cffc641853b750'
  },
  {
    salt: 'foobar',
    signed: '4:salt6:foobar3:seqi1e1:v12:Hello World!',
    sig: hexBytes(
      '6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17ddf9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08'
    ),
    key: '411eba73b6f087ca51a3795d9c8c938d365e32c1'
  }
]
const VECTOR_KEY = hexBytes('77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548')

test('the test vectors of BEP 44', async t => {
  const [first, second] = await createPair()
  for (const { salt, signed, sig, key } of VECTORS) {
    const messages: string[] = []
    const sign = (message: Buffer) => {
      messages.push(message.toString())
      return sig
    }
    const done = await put(second, { v: 'Hello World!', k: VECTOR_KEY, seq: 1, salt, sign })
    t.deepEqual([done.error, done.key.toString('hex'), messages], [null, key, [signed]])
    t.deepEqual((await get(first, key, salt ? { salt } : {}))?.sig, sig)
  }
  const immutable = await put(second, 'Hello World!')
  t.equal(immutable.key.toString('hex'), 'e5f96f6f38320f0f33959cb4d3d656452117aadb')
  await destroyAll(first, second)
})

test('wrong arguments throw EINVAL at once, and nothing is signed or sent', async t => {
  const [first, second] = await createPair()
  const before = second.stats().queries.sent
  const sign = () => t.fail('signed')
  const good = { v: 'x', k: Buffer.alloc(32), seq: 1, sign }
  const wrong: [culprit: string, value: unknown][] = [
    ...[undefined, null, 5, true, [], () => {}].map((value): [string, unknown] => ['value', value]),
    ['value', {}],
    ...[Buffer.alloc(31), Buffer.alloc(33), 'k'.repeat(32), 1, {}].map((k): [string, unknown] => [
      'k',
      { ...good, k }
    ]),
    ['k', { v: 'x', sign }],
    ...[undefined, null, Number.NaN, Number.POSITIVE_INFINITY, 1.5, -1, 2 ** 53, '1'].map(
      (seq): [string, unknown] => ['seq', { ...good, seq }]
    ),
    ...[Number.NaN, 1.5, -1, '1'].map((cas): [string, unknown] => ['cas', { ...good, cas }]),
    ...[Buffer.alloc(65), 'é'.repeat(33), 5, ['x']].map((salt): [string, unknown] => [
      'salt',
      { ...good, salt }
    ]),
    ['sign', { ...good, sign: 'x' }],
    ['sign', { ...good, sign: undefined }],
    ...[Buffer.alloc(63), 'x'.repeat(64)].map((sig): [string, unknown] => [
      'sig',
      { ...good, sign: undefined, sig }
    ])
  ]
  for (const [culprit, value] of wrong) {
    try {
      second.put(value as MutablePut, () => t.fail('called back'))
      t.fail(`${culprit}: taken`)
    } catch (error) {
      const isRight = error instanceof WebTorrentDHTError && error.code === 'EINVAL'
      t.ok(isRight && error.message.startsWith(`${culprit} is`), `${culprit}: ${error}`)
    }
  }
  t.throws(() => second.put('x', 5 as never), /callback is 5/)
  t.deepEqual([second.toJSON().values, second.stats().queries.sent], [{}, before])
  await destroyAll(first, second)
})

test('a `sign` that throws, rejects or gives no signature ends the put; nothing is stored or sent', async t => {
  const [first, second] = await createPair()
  const cause = new Error('no card in the reader')
  const failing: [code: string, sign: () => unknown][] = [
    ['EAPPLICATION', () => raise(cause)],
    ['EAPPLICATION', () => Promise.reject(cause)],
    ['EINVAL', () => 'x'.repeat(64)],
    ['EINVAL', () => Buffer.alloc(63)],
    ['EINVAL', () => Promise.resolve(undefined)],
    ['EINVAL', () => undefined]
  ]
  const before = second.stats().queries.sent.put
  for (const [code, sign] of failing) {
    const { error, key, nodes } = await put(second, { ...createKeyPair(), v: 'x', seq: 1, sign })
    t.deepEqual([error?.code, nodes, holds(first, key), holds(second, key)], [code, 0, false, false])
    if (code === 'EAPPLICATION') t.equal(error?.cause, cause)
  }
  t.deepEqual(second.stats().queries.sent.put, before)
  await destroyAll(first, second)
})

function raise(error: Error): never {
  throw error
}

test('a `sign` that returns a promise is awaited: WebCrypto', async t => {
  const [first, second] = await createPair()
  const { subtle } = webcrypto
  const pair = (await subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const k = new Uint8Array(await subtle.exportKey('raw', pair.publicKey))
  const sign = (message: Buffer) => subtle.sign('Ed25519', pair.privateKey, message)
  const { error, key } = await put(second, { k, v: 'x', seq: 1, sign })
  t.equal(error, null)
  t.equal((await get(first, key))?.v.toString(), 'x')
  await destroyAll(first, second)
})

test('without a node to ask, the error says so, and an immutable value is kept here', async t => {
  const node = await createNode()
  const { error, key, nodes } = await put(node, 'x')
  t.deepEqual([error?.code, nodes], ['ENONODES', 0])
  t.deepEqual([error?.stored, error?.refused, error?.unanswered], [0, {}, 0])
  t.equal((await get(node, key))?.v.toString(), 'x')
  const { k, sign } = createKeyPair()
  const mutable = await put(node, { k, v: 'x', seq: 1, sign })
  t.deepEqual([mutable.error?.code, holds(node, mutable.key)], ['ENONODES', false])
  await destroyAll(node)
})

test('nodes that are connected and do not answer, or refuse, are said, and nothing is kept here', async t => {
  const failing = () => {
    throw new Error('no disk')
  }
  const part = { size: 0, get: failing, put: failing, remove: failing, entries: () => [] }
  const broken = await createNode({ store: { values: part, peers: part } })
  const first = await createJoined(broken)
  const refused = await put(first, 'x')
  t.deepEqual([refused.error?.code, refused.error?.refused], ['EREFUSED', { 202: 1 }])
  const silent = await createNode()
  const second = await createJoined(silent)
  silent.socket.node.inbound.receive = () => {} // as if its process were stopped
  const unanswered = await put(second, 'x')
  t.deepEqual([unanswered.error?.code, unanswered.error?.unanswered], ['ETIMEDOUT', 1])
  for (const [node, { key }] of [
    [first, refused],
    [second, unanswered]
  ] as const)
    t.notOk(holds(node, key))
  await destroyAll(broken, first, silent, second)
})

test('changing the value that `get` gave does not change the own copy', async t => {
  const node = await createNode()
  const { key } = await put(node, { v: { a: ['hello'] } })
  const found = await get(node, key)
  const { a } = (found as unknown as { v: { a: [Buffer] } }).v
  for (const bytes of [a[0], found?.id]) bytes?.fill(0)
  t.deepEqual((await get(node, key))?.v, { a: [Buffer.from('hello')] })
  await destroyAll(node)
})

test('a value that is refused by all is not kept here', async t => {
  const full = await createNode({ limits: { valuesPerNode: 1 } })
  const node = await createJoined(full)
  t.equal((await put(node, 'one')).error, null)
  const { error, key } = await put(node, 'two')
  t.deepEqual([error?.code, error?.refused], ['EREFUSED', { 429: 1 }])
  t.notOk(holds(node, key))
  t.equal(await get(node, key), null)
  await destroyAll(full, node)
})

test('who refused, and why, is told beside those who took it', async t => {
  const first = await createNode()
  const others = await Promise.all([1, 2, 3].map(() => createJoined(first)))
  const [node] = others as [typeof first]
  const value = { ...createKeyPair(), v: 'x' }
  const { key } = await put(node, { ...value, seq: 9 })
  const all = await put(node, { ...value, seq: 5 })
  t.deepEqual([all.error?.code, all.error?.stored, all.error?.refused], [302, 0, { 302: 3 }])
  const unexpected = await put(node, { ...value, seq: 10, cas: 8 })
  t.deepEqual([unexpected.error?.code, unexpected.error?.refused], [301, { 301: 3 }])
  const newcomer = await createJoined(first)
  const another = await createJoined(first)
  const some = await put(another, { ...value, seq: 5 })
  t.deepEqual([some.error, some.nodes], [null, 2])
  t.deepEqual(some.tally, { stored: 2, refused: { 302: 3 }, unanswered: 0 })
  t.equal((await get(node, key))?.seq, 9, 'the newest is found nevertheless')
  await destroyAll(first, ...others, newcomer, another)
})

test('nodes that do not answer are counted', async t => {
  const mute = await createNode()
  const node = await createJoined(mute, { timeout: 300 })
  makeMute(mute)
  const { error, key, nodes } = await put(node, 'x')
  t.deepEqual([error?.code, nodes, holds(node, key)], ['ETIMEDOUT', 0, false])
  t.deepEqual([error?.stored, error?.refused, error?.unanswered], [0, {}, 1])
  const other = await createJoined(mute, { timeout: 300 })
  const some = await put(other, 'x')
  t.deepEqual([some.error, some.tally], [null, { stored: 1, refused: {}, unanswered: 1 }])
  await destroyAll(mute, node, other)
})

test('a put whose signature is wrong is refused with 206', async t => {
  const [first, second] = await createPair()
  const { error, key } = await put(second, { ...createKeyPair(), v: 'x', seq: 1, sign: createKeyPair().sign })
  t.deepEqual([error?.code, error?.refused, holds(first, key)], ['EREFUSED', { 206: 1 }, false])
  await destroyAll(first, second)
})

test('a put that is under way when the node is destroyed calls back once, with ECLOSED', async t => {
  const [first, second] = await createPair()
  const { k } = createKeyPair()
  const ends = [put(second, 'x'), put(second, { k, v: 'x', seq: 1, sign: () => new Promise(() => {}) })]
  await destroyAll(second)
  ends.push(put(second, 'y'))
  for (const end of ends) t.equal((await end).error?.code, 'ECLOSED')
  await destroyAll(first)
})
