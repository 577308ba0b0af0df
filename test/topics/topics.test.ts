/** Topics over real nodes: many publish, others query. */

import { webcrypto } from 'node:crypto'
import test, { type Test } from 'tape'
import DHT, { idOfKey } from '../../src/index.js'
import { openTopic, type Topic, type TopicOptions } from '../../src/rooms/index.js'
import { signedTopicValue } from '../../src/wire/topic-value.js'
import { codeOf, failureOf } from '../helpers/calls.js'
import { createJoined, createNode, destroyAll, eventually } from '../helpers/nodes.js'
import { createKeyPair } from '../helpers/values.js'

/** Nodes that have joined through the first one, which listens. */
async function createNetwork(t: Test, count: number): Promise<[DHT, ...DHT[]]> {
  const first = await createNode()
  const others = await Promise.all(Array.from({ length: count - 1 }, () => createJoined(first)))
  t.teardown(() => destroyAll(first, ...others))
  return [first, ...others]
}

function open(t: Test, dht: DHT, name: string, options?: TopicOptions): Topic {
  const topic = openTopic(dht, name, options)
  t.teardown(() => topic.close())
  return topic
}

const valuesOf = async (topic: Topic) => (await topic.query()).map(({ value }) => value)

test('many publish under one name: each has one value, under its key', async t => {
  const [first, ...others] = await createNetwork(t, 10)
  const results = await Promise.all(
    others.map((dht, i) => open(t, dht, 'players').publish({ nick: `n${i}`, at: [i, null] }))
  )
  t.ok(
    results.every(({ nodes }) => nodes >= 5),
    results.map(({ nodes }) => nodes).join(' ')
  )
  const reader = await createJoined(first)
  t.teardown(() => destroyAll(reader))
  const topic = open(t, reader, 'players')
  const found = await topic.query()
  t.deepEqual(
    found.map(({ value }) => (value as { nick: string }).nick).sort(),
    others.map((_, i) => `n${i}`)
  )
  const ids = found.map(({ publisher }) => idOfKey(publisher).toString('hex'))
  t.deepEqual(ids.sort(), others.map(({ nodeId }) => Buffer.from(nodeId).toString('hex')).sort(), 'by key')
  const soon = Date.now() + 61 * 60_000
  t.ok(found.every(({ publishedAt, expiresAt }) => publishedAt < expiresAt && expiresAt < soon))
  t.deepEqual(await valuesOf(open(t, reader, 'other')), [], 'another name has none of them')
})

test('a later value replaces the earlier one; what is withdrawn is gone', async t => {
  const [, a, b] = await createNetwork(t, 4)
  const [mine, theirs] = [a, b].map(dht => open(t, dht as DHT, 'news')) as [Topic, Topic]
  await Promise.all([mine.publish('first'), theirs.publish('of b')])
  t.deepEqual((await valuesOf(theirs)).sort(), ['first', 'of b'])
  await Promise.all([mine.publish('second'), mine.publish('third')])
  t.deepEqual((await valuesOf(theirs)).sort(), ['of b', 'third'])
  t.equal((await valuesOf(mine)).length, 2, 'also for itself')
  await mine.withdraw()
  t.deepEqual(await valuesOf(theirs), ['of b'])
  await mine.withdraw()
  await mine.publish(null)
  t.deepEqual((await valuesOf(theirs)).map(String).sort(), ['null', 'of b'], 'it may publish again')
})

test('a value stays when its publisher and most others are gone, until it expires', async t => {
  const [first, publisher, ...others] = await createNetwork(t, 12)
  const topic = open(t, publisher as DHT, 'notes')
  await topic.publish('stays')
  await destroyAll(publisher as DHT)
  t.equal(await codeOf(topic.query()), 'ECLOSED')
  await destroyAll(...others.slice(0, 6))
  const reader = open(t, others[6] as DHT, 'notes')
  t.deepEqual(await valuesOf(reader), ['stays'])
  const short = open(t, others[7] as DHT, 'notes')
  const { expiresAt } = await short.publish('short', { lifetime: 2000 })
  t.deepEqual(await valuesOf(reader), ['stays', 'short'])
  t.ok(await eventually(() => Date.now() > expiresAt))
  t.deepEqual(await valuesOf(reader), ['stays'])
  t.ok(first.socket.node.topics.size > 0)
})

test('a query puts what is missing where it should be', async t => {
  const [first, publisher] = (await createNetwork(t, 3)) as [DHT, DHT, DHT]
  await open(t, publisher, 'mended').publish('value')
  const late = await createJoined(first)
  t.teardown(() => destroyAll(late))
  t.equal(late.socket.node.topics.size, 0)
  t.deepEqual(await valuesOf(open(t, first, 'mended')), ['value'])
  t.ok(await eventually(() => late.socket.node.topics.size === 1))
})

test('forged, foreign and expired values of a lying node are ignored', async t => {
  const [first, publisher, reader] = (await createNetwork(t, 3)) as [DHT, DHT, DHT]
  await open(t, publisher, 'truth').publish('true')
  const { k, sign } = createKeyPair()
  const topics = first.socket.node.topics
  const real = topics.get.bind(topics)
  const lies = (v: string, signedFor: Uint8Array, until = Date.now() + 60_000) => {
    const value = { seq: Date.now() + 5, until, v: Buffer.from(v) }
    return { ...value, k, sig: sign(signedTopicValue(signedFor, value)) }
  }
  topics.get = (infoHash, after) => {
    const [known] = real(infoHash, after)
    if (after || !known) return []
    const raised = { ...known, seq: known.seq + 1, v: Buffer.from('"false"') }
    const good = lies('"another publisher"', infoHash.bytes)
    const foreign = { ...lies('"foreign"', Buffer.alloc(20)), seq: good.seq + 1 }
    const noJson = (({ k, sign }) => {
      const value = { seq: 1, until: good.until, v: Buffer.from('{') }
      return { ...value, k, sig: sign(signedTopicValue(infoHash.bytes, value)) }
    })(createKeyPair())
    return [raised, foreign, good, lies('"expired"', infoHash.bytes, Date.now() - 1), noJson]
  }
  t.deepEqual((await valuesOf(open(t, reader, 'truth'))).sort(), ['another publisher', 'true'])
})

test('another key: of keyPair, of WebCrypto, or none', async t => {
  const [, a, reader] = (await createNetwork(t, 3)) as [DHT, DHT, DHT]
  const pair = await DHT.keyPair()
  const crypto = (await webcrypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  await open(t, a, 'keys', { key: pair }).publish('pair')
  await open(t, a, 'keys', { key: crypto }).publish('crypto')
  await open(t, a, 'keys').publish('node')
  const found = await open(t, reader, 'keys').query()
  t.deepEqual(
    found.map(({ value }) => value),
    ['pair', 'crypto', 'node']
  )
  t.equal(found[0]?.publisher, Buffer.from(pair.publicKey).toString('hex'))
  const failing = { publicKey: pair.publicKey, sign: () => Promise.reject(new Error('no')) }
  t.equal(await codeOf(open(t, a, 'keys', { key: failing }).publish(1)), 'EAPPLICATION')
})

test('a value that is published without a network is there once there is one', async t => {
  const first = await createNode()
  const alone = await createNode()
  t.teardown(() => destroyAll(first, alone))
  const topic = open(t, alone, 'early')
  t.equal(await codeOf(topic.publish('early bird')), 'ENONODES')
  t.deepEqual(await valuesOf(topic), ['early bird'], 'it has it itself')
  alone.addNode({ host: '127.0.0.1', port: first.address().port })
  t.ok(await eventually(() => first.socket.node.topics.size === 1))
})

test('wrong arguments, a signal and the end are told', async t => {
  const [dht, claimed] = await Promise.all([createNode(), createNode({ nodeId: Buffer.alloc(20, 7) })])
  t.teardown(() => destroyAll(dht, claimed))
  const opens: [unknown, unknown, unknown][] = [
    [{}, 'x', undefined],
    [dht, '', undefined],
    [dht, 'x', { key: 'no key' }],
    [dht, 'x', { key: Buffer.alloc(32) }],
    [dht, 'x', { typo: 1 }]
  ]
  for (const args of opens)
    t.throws(() => openTopic(...(args as Parameters<typeof openTopic>)), { code: 'EINVAL' })
  const topic = open(t, dht, 'x')
  for (const value of [undefined, 1n, 'x'.repeat(511), () => {}])
    t.equal(await codeOf(topic.publish(value)), 'EINVAL')
  for (const lifetime of [0, 999, 24 * 3_600_000 + 1, Number.NaN])
    t.equal(await codeOf(topic.publish('x', { lifetime })), 'EINVAL')
  t.equal(await codeOf(topic.query({ typo: 1 } as never)), 'EINVAL')
  t.equal(await codeOf(open(t, claimed, 'x').publish('x')), 'EINVAL', 'a claim has no key')
  const signal = AbortSignal.abort()
  for (const call of [topic.query({ signal }), topic.withdraw({ signal }), topic.publish(1, { signal })])
    t.equal(((await failureOf(call)) as Error).name, 'AbortError')
  topic.close()
  topic.close()
  t.equal(await codeOf(topic.publish('x')), 'ECLOSED')
  t.equal(await codeOf(topic.query()), 'ECLOSED')
})
