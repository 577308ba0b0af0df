/** What a node stores under topics, and what strangers can make of it. */

import { createHash, verify as verifySignature } from 'node:crypto'
import test from 'tape'
import { KRPC_ERROR } from '../../src/krpc/errors.js'
import { MAX_PAGE_BYTES, pageOf } from '../../src/krpc/topic-fields.js'
import { MAX_PER_NODE, MAX_PER_TOPIC, TopicStore } from '../../src/storing/topic-store.js'
import {
  MAX_CLOCK_SKEW,
  MAX_LIFETIME,
  MAX_TOPIC_VALUE_BYTES,
  signedTopicValue,
  type TopicValue
} from '../../src/wire/topic-value.js'
import { text } from '../docs/bep-text.js'
import { askerOf, idOf, refusalOf } from '../helpers/askers.js'
import { createClock } from '../helpers/date-clock.js'
import { createKeyPair } from '../helpers/values.js'

const TOPIC = idOf(100)
const MINUTE = 60_000
/** The fixed beginning of an ed25519 public key in DER (RFC 8410, section 4). */
const PUBLIC_KEY_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

const verify = (signature: Uint8Array, message: Uint8Array, k: Uint8Array) => {
  const key = { key: Buffer.concat([PUBLIC_KEY_PREFIX, k]), format: 'der', type: 'spki' } as const
  return verifySignature(null, message, key, signature)
}

function signed(
  { k, sign } = createKeyPair(),
  { v = '"hello"', seq = Date.now(), until = Date.now() + MINUTE, topic = TOPIC } = {}
): TopicValue {
  const value = { seq, until, v: Buffer.from(v) }
  return { ...value, k, sig: sign(signedTopicValue(topic.bytes, value)) }
}

const textsOf = (store: TopicStore, topic = TOPIC) => store.get(topic).map(({ v }) => v.toString())

test('each key has one value under a topic: the newest', async t => {
  const store = new TopicStore(verify)
  const asker = askerOf(idOf(1))
  const [ada, bob] = [createKeyPair(), createKeyPair()]
  const now = Date.now()
  await store.put(asker, TOPIC, signed(ada, { v: '1', seq: now }))
  await store.put(asker, TOPIC, signed(bob, { v: '2', seq: now }))
  await store.put(asker, idOf(101), signed(ada, { v: '3', topic: idOf(101) }))
  t.deepEqual(textsOf(store).sort(), ['1', '2'])
  await store.put(asker, TOPIC, signed(ada, { v: '4', seq: now + 1 }))
  t.deepEqual(textsOf(store).sort(), ['2', '4'])
  const old = await refusalOf(() => store.put(asker, TOPIC, signed(ada, { v: '1', seq: now })))
  t.equal(old?.code, KRPC_ERROR.OLD_SEQUENCE)
  const other = await refusalOf(() => store.put(asker, TOPIC, signed(ada, { v: '5', seq: now + 1 })))
  t.equal(other?.code, KRPC_ERROR.OLD_SEQUENCE, 'nor another one of the same time')
  await store.put(asker, TOPIC, store.get(TOPIC)[0] as TopicValue)
  t.equal(store.size, 3, 'the same again is nothing new')
  store.keep(TOPIC, signed(ada, { v: '6', seq: now }))
  t.deepEqual(textsOf(store).sort(), ['2', '4'], 'a node’s own value takes no newer one’s place')
})

test('what is forged, of another topic, or of another time is refused', async t => {
  const store = new TopicStore(verify)
  const refusal = async (value: TopicValue) =>
    (await refusalOf(() => store.put(askerOf(idOf(1)), TOPIC, value)))?.code
  const good = signed()
  t.equal(await refusal({ ...good, v: Buffer.from('"other"') }), KRPC_ERROR.INVALID_SIGNATURE)
  t.equal(await refusal({ ...good, until: good.until + 1 }), KRPC_ERROR.INVALID_SIGNATURE)
  t.equal(await refusal({ ...good, k: createKeyPair().k }), KRPC_ERROR.INVALID_SIGNATURE)
  t.equal(await refusal(signed(undefined, { topic: idOf(101) })), KRPC_ERROR.INVALID_SIGNATURE)
  const now = Date.now()
  t.equal(await refusal(signed(undefined, { until: now })), KRPC_ERROR.PROTOCOL, 'expired')
  const late = MAX_CLOCK_SKEW + MINUTE
  t.equal(await refusal(signed(undefined, { seq: now + late })), KRPC_ERROR.PROTOCOL)
  t.equal(await refusal(signed(undefined, { until: now + MAX_LIFETIME + late })), KRPC_ERROR.PROTOCOL)
  t.equal(store.size, 0)
})

test('an expired value is gone, and gives its place back', async t => {
  const clock = createClock(t)
  const store = new TopicStore(verify)
  const asker = askerOf(idOf(1))
  for (let i = 0; i < MAX_PER_NODE; i++) await store.put(asker, TOPIC, signed())
  t.equal((await refusalOf(() => store.put(asker, TOPIC, signed())))?.code, KRPC_ERROR.TOO_MANY, 'its share')
  clock.move(2 * MINUTE)
  t.deepEqual(textsOf(store), [])
  t.equal(store.size, 0)
  await store.put(asker, TOPIC, signed())
  t.equal(store.size, 1)
})

test('nodes have shares, those behind one neighbour few together, and a topic is full some time', async t => {
  const store = new TopicStore(verify)
  const neighbour = idOf(9)
  let taken = 0
  for (let i = 0; i < 3; i++) {
    const asker = askerOf(idOf(20 + i), neighbour)
    while (!(await refusalOf(() => store.put(asker, TOPIC, signed())))) taken++
  }
  t.equal(taken, 2 * MAX_PER_NODE, 'three ids over one neighbour')
  for (let i = 0; store.size < MAX_PER_TOPIC; i++) {
    const asker = askerOf(idOf(30 + i))
    while (store.size < MAX_PER_TOPIC && !(await refusalOf(() => store.put(asker, TOPIC, signed()))));
  }
  const refusal = await refusalOf(() => store.put(askerOf(idOf(80)), TOPIC, signed()))
  t.equal(refusal?.code, KRPC_ERROR.FULL)
  const elsewhere = signed(undefined, { topic: idOf(101) })
  t.equal(await refusalOf(() => store.put(askerOf(idOf(80)), idOf(101), elsewhere)), null, 'others are not')
})

test('a reply has as many as it holds, and a reader gets all of them in turn', async t => {
  const store = new TopicStore(verify)
  const v = JSON.stringify('x'.repeat(MAX_TOPIC_VALUE_BYTES - 2))
  for (let i = 0; i < 40; i++) await store.put(askerOf(idOf(1)), TOPIC, signed(undefined, { v }))
  const seen: string[] = []
  let pages = 0
  for (let after: Buffer | undefined; ; pages++) {
    const page = pageOf(store.get(TOPIC, after))
    if (page.length === 0) break
    t.ok(page.length * MAX_TOPIC_VALUE_BYTES <= MAX_PAGE_BYTES, `${page.length} values`)
    seen.push(...page.map(({ k }) => k.toString('hex')))
    after = page.at(-1)?.k
  }
  t.ok(pages > 1)
  t.equal(new Set(seen).size, 40)
  t.equal(seen.length, 40)
})

test('the value in docs/beps/topics.md is signed as values are', t => {
  const infoHash = createHash('sha256').update('wdht topic 1\0chess').digest().subarray(0, 20)
  t.ok(text.includes(`info hash  ${infoHash.toString('hex')}\n`))
  const [, first = '', second = ''] = /^ +sig +(\w{64})\n +(\w{64})$/m.exec(text) ?? []
  const [, key = ''] = /^ +k +(\w{64})$/m.exec(text) ?? []
  const value = { seq: 1_700_000_000_000, until: 1_700_003_600_000, v: Buffer.from('"e4"') }
  const sig = Buffer.from(first + second, 'hex')
  t.ok(verify(sig, signedTopicValue(infoHash, value), Buffer.from(key, 'hex')))
  t.end()
})
