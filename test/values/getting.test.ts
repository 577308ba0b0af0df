/** What a get finds: the newest version, of the wanted kind; and how queries are answered on the wire (BEP 44). */

import test from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import { type GetOptions, type Verify, WebTorrentDHTError } from '../../src/index.js'
import { encode } from '../../src/wire/bencode.js'
import { createJoined, createNode, createPair, destroyAll, watchProcess, within } from '../helpers/nodes.js'
import { createKeyPair, get, holds, put } from '../helpers/values.js'

test('a mutable value is the newest of the network, not an old copy of the node itself', async t => {
  const [first, second] = await createPair()
  const third = await createJoined(first)
  const value = { ...createKeyPair(), v: 'x' }
  const { key } = await put(second, { ...value, seq: 1 })
  const hex = key.toString('hex')
  const old = third._values.peek(hex)
  await put(second, { ...value, seq: 2 })
  if (old) third._values.set(hex, old) // as if the second put had not reached it
  t.deepEqual([old?.seq, (await get(third, key))?.seq], [1, 2])
  for (const other of [first, second]) other._values.remove(hex)
  t.equal((await get(third, key))?.seq, 1, 'the own copy where no other is')
  await destroyAll(first, second, third)
})

test('a put replaces an older copy that its own node holds', async t => {
  const [first, second] = await createPair()
  const value = { ...createKeyPair(), v: 'x' }
  const { key } = await put(first, { ...value, seq: 1 })
  t.ok(holds(second, key))
  await put(second, { ...value, seq: 2 })
  t.equal(second.toJSON().values[key.toString('hex')]?.seq, 2)
  await destroyAll(first, second)
})

test('an immutable value that the node holds is given without a query', async t => {
  const [first, second] = await createPair()
  const { key } = await put(second, 'x')
  const before = second.stats().queries.sent.get
  const found = await get(second, key)
  t.deepEqual(found, { id: second.nodeId, token: null, v: Buffer.from('x') } as never)
  t.deepEqual(second.stats().queries.sent.get, before)
  await destroyAll(first, second)
})

test('salts as text and as bytes make the same key, and an empty one is none', async t => {
  const [first, second] = await createPair()
  const value = { ...createKeyPair(), v: 'x' }
  const bytes = Buffer.from('sält')
  const { key } = await put(second, { ...value, seq: 1, salt: 'sält' })
  t.deepEqual((await put(second, { ...value, seq: 2, salt: bytes })).key, key)
  for (const salt of ['sält', bytes]) t.equal((await get(second, key, { salt }))?.seq, 2)
  t.equal(await get(second, key, { salt: 'other' }), null)
  t.equal(await get(first, key, { salt: 'other' }), null, 'nor is its own copy')
  const plain = await put(second, { ...value, seq: 1 })
  for (const salt of ['', Buffer.alloc(0)]) {
    t.deepEqual((await put(second, { ...value, seq: 1, salt })).key, plain.key)
    t.equal((await get(second, plain.key, { salt }))?.seq, 1)
  }
  await destroyAll(first, second)
})

test('with `k` or `salt` only a mutable value is found', async t => {
  const [first, second] = await createPair()
  const { k, sign } = createKeyPair()
  const { key } = await put(second, { k, sign, v: 'x', seq: 1, salt: 'salt' })
  t.equal((await get(second, key, { k, salt: 'salt' }))?.seq, 1)
  t.throws(() => second.get(key, { k }, () => {}), /key is .*the hash of/)
  const immutable = await put(second, 'x')
  for (const node of [first, second]) t.equal(await get(node, immutable.key, { salt: 'salt' }), null)
  await destroyAll(first, second)
})

test('a get with wrong arguments throws EINVAL at once, and sends nothing', async t => {
  const [first, second] = await createPair()
  const key = Buffer.alloc(20)
  const before = second.stats().queries.sent
  const keys = [
    undefined,
    null,
    5,
    {},
    '',
    'x'.repeat(40),
    '11'.repeat(19),
    Buffer.alloc(19),
    new Float64Array(20)
  ]
  const options = [
    5,
    'salt',
    ...[Buffer.alloc(65), 5].map(salt => ({ salt })),
    ...[Buffer.alloc(31), 'k'].map(k => ({ k })),
    { verify: true },
    { cache: 0 }
  ]
  const calls = [
    ...keys.map(wrong => () => second.get(wrong as never, () => t.fail('called back'))),
    ...options.map(wrong => () => second.get(key, wrong as GetOptions, () => t.fail('called back'))),
    () => second.get(key, {}, 5 as never)
  ]
  for (const call of calls) {
    try {
      call()
      t.fail('taken')
    } catch (error) {
      t.ok(error instanceof WebTorrentDHTError && error.code === 'EINVAL', String(error))
    }
  }
  t.deepEqual(second.stats().queries.sent, before)
  await destroyAll(first, second)
})

test('a `verify` may return a promise; one that throws or rejects takes no signature for valid', async t => {
  const { crashes, stop } = watchProcess()
  const throwing = (): never => {
    throw new Error('not a key')
  }
  const rejecting = async (): Promise<boolean> => throwing()
  const kinds: [verify: Verify, isValid: boolean][] = [
    [() => true, true],
    [async () => true, true],
    [() => false, false],
    [async () => false, false],
    [throwing, false],
    [rejecting, false]
  ]
  const [first, second] = await createPair()
  const { key } = await put(second, { ...createKeyPair(), v: 'x', seq: 1 })
  for (const [verify, isValid] of kinds) {
    t.equal((await get(second, key, { verify }))?.seq, isValid ? 1 : undefined, `get: ${verify}`)
    const holder = await createNode({ verify })
    const stranger = await createJoined(holder)
    const { error } = await put(stranger, { ...createKeyPair(), v: 'x', seq: 1 })
    t.equal(error?.code, isValid ? undefined : 'EREFUSED', `put: ${verify}`)
    await destroyAll(holder, stranger)
  }
  await destroyAll(first, second)
  stop()
  t.deepEqual(crashes, [])
})

/** What a query of `from` to `to` gets: `r` of the reply, or the error's code. */
function ask(
  from: WebTorrentDHT,
  to: WebTorrentDHT,
  q: string,
  a: Record<string, unknown>
): Promise<Record<string, unknown> | number> {
  const place = { host: '127.0.0.1', port: to.address().port }
  const answer = new Promise<Record<string, unknown> | number>(resolve =>
    from._rpc.query(place, { q, a: { id: from.nodeId, ...a } }, (error, reply) =>
      resolve(error ? codeIn(reply?.e) : (reply?.r ?? 0))
    )
  )
  return within(q, answer)
}

function codeIn(error: unknown): number {
  return Array.isArray(error) ? Number(error[0]) : 0
}

test('a get that names its version gets newer ones only, and nodes beside each', async t => {
  const [first, second] = await createPair()
  const { key } = await put(second, { ...createKeyPair(), v: 'x', seq: 5 })
  const fields = async (seq?: number) => {
    const r = await ask(second, first, 'get', { target: key, ...(seq !== undefined && { seq }) })
    return Object.keys(r).sort()
  }
  t.deepEqual(await fields(), ['id', 'k', 'nodes', 'seq', 'sig', 'token', 'v'])
  t.deepEqual(await fields(4), ['id', 'k', 'nodes', 'seq', 'sig', 'token', 'v'])
  for (const seq of [5, 6]) t.deepEqual(await fields(seq), ['id', 'nodes', 'seq', 'token'])
  const immutable = await put(second, 'x')
  const r = await ask(second, first, 'get', { target: immutable.key, seq: 1 })
  t.deepEqual(Object.keys(r).sort(), ['id', 'nodes', 'token', 'v'])
  await destroyAll(first, second)
})

test('a put is refused with the errors of BEP 44', async t => {
  const first = await createNode()
  const second = await createJoined(first)
  const { k, sign } = createKeyPair()
  const { token } = (await ask(second, first, 'get', { target: Buffer.alloc(20) })) as { token: Buffer }
  const signed = (v: unknown, seq: number, salt?: Buffer) => {
    const message = encode({ ...(salt && { salt }), seq, v }).subarray(1, -1)
    return { token, v, k, seq, sig: sign(message), ...(salt && { salt }) }
  }
  const refusal = async (a: Record<string, unknown>) => {
    const answer = await ask(second, first, 'put', a)
    return typeof answer === 'number' ? answer : 0
  }
  t.equal(await refusal({ token, v: Buffer.alloc(999) }), 0)
  t.equal(await refusal({ token, v: Buffer.alloc(1000) }), 205)
  t.equal(await refusal({ token, v: [Buffer.alloc(994)] }), 0)
  t.equal(await refusal({ token, v: [Buffer.alloc(995)] }), 205)
  t.equal(await refusal(signed('x', 2, Buffer.alloc(64))), 0)
  t.equal(await refusal(signed('x', 2, Buffer.alloc(65))), 207)
  t.equal(await refusal({ ...signed('x', 2), seq: 3 }), 206)
  t.equal(await refusal(signed('x', 2)), 0)
  t.equal(await refusal({ ...signed('x', 3), cas: 1 }), 301)
  t.equal(await refusal(signed('x', 1)), 302)
  t.equal(await refusal(signed('y', 2)), 302, 'another value of the same version')
  t.equal(await refusal(signed('x', 2)), 0, 'the same again renews it')
  await destroyAll(first, second)
})
