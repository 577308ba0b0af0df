/** Signed records: reading, writing beside other writers, and watching. */

import { createHash, webcrypto } from 'node:crypto'
import test from 'tape'
import type { PutOutcome } from '../../src/faces/put-outcome.js'
import { Queue } from '../../src/faces/queue.js'
import { type RecordNode, SignedRecord } from '../../src/faces/signed-record.js'
import DHT, {
  type MutablePut,
  type RecordVersion,
  type StoredValue,
  WebTorrentDHTError
} from '../../src/index.js'
import { PerKey } from '../../src/storing/per-key.js'
import { codeOf, failureOf } from '../helpers/calls.js'
import { HandClock } from '../helpers/hand-clock.js'
import { createJoined, createNode, destroyAll, within } from '../helpers/nodes.js'

const pair = await DHT.keyPair(Buffer.alloc(32, 1))
const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest()

interface Holder {
  seq: number
  v: string
  /** The code of the error that it answers every put with. */
  refuses?: number
}

/** Nodes that hold a value, as BEP 44 has them do; `before` is called before each put. */
function createHolders(holders: Holder[], before: (attempt: number) => void = () => {}) {
  const puts: MutablePut[] = []
  const asked: string[] = []
  const take = (holder: Holder, { v, seq, cas }: MutablePut) => {
    if (holder.refuses) return holder.refuses
    if (holder.seq > 0 && cas !== undefined && cas !== holder.seq) return 301
    if (seq <= holder.seq) return 302
    Object.assign(holder, { v: String(v), seq })
    return null
  }
  const node: RecordNode = {
    hash: sha1,
    get: async key => {
      asked.push(Buffer.from(key).toString('hex'))
      const newest = holders.reduce((best, holder) => (holder.seq > best.seq ? holder : best))
      return newest.seq > 0 ? storedValueOf(newest) : null
    },
    put: async value => {
      puts.push(value)
      before(puts.length)
      await value.sign?.(Buffer.from('a message'))
      const outcome: PutOutcome = {
        key: sha1(value.k),
        nodes: 0,
        stored: 0,
        refused: {},
        unanswered: 0,
        error: null
      }
      for (const code of holders.map(holder => take(holder, value))) {
        if (code) outcome.refused[code] = (outcome.refused[code] ?? 0) + 1
        else outcome.stored++
      }
      const error = new WebTorrentDHTError('EREFUSED', 'refused')
      return { ...outcome, nodes: outcome.stored, error: outcome.stored > 0 ? null : error }
    },
    iterate: source => new Queue<RecordVersion>(source),
    turns: new PerKey(),
    signing: new Set(),
    watchers: new Set()
  }
  return { node, puts, asked }
}

function storedValueOf({ seq, v }: Holder): StoredValue {
  return { v: Buffer.from(v), seq, id: Buffer.alloc(20) }
}

const empty = () => ({ seq: 0, v: '' })
const seqsOf = (puts: MutablePut[]) => puts.map(({ seq, cas }) => [seq, cas])

test('the first version has sequence number 1, a later one the next, and cas is that of the newest', async t => {
  const { node, puts } = createHolders([empty(), empty()])
  const record = new SignedRecord(node, pair, undefined)
  t.equal(await record.get(), null)
  const { seq, stored, refused } = await record.set('one')
  t.deepEqual([seq, stored, refused], [1, 2, {}])
  t.equal((await record.set(new Uint8Array([1, 2]))).seq, 2)
  const found = await new SignedRecord(node, pair.publicKey, undefined).get()
  t.deepEqual(found, { value: Buffer.from([1, 2]), seq: 2 })
  t.deepEqual(seqsOf(puts), [
    [1, undefined],
    [2, 1]
  ])
})

test('a version is signed by its owner, and stored under the hash of its public key and salt', async t => {
  for (const salt of [undefined, '', 'profile', new Uint8Array([1])]) {
    const { node, puts, asked } = createHolders([{ seq: 6, v: 'x' }])
    await new SignedRecord(node, pair, salt).set('hello')
    const [put] = puts
    const bytes = Buffer.from(salt ?? '')
    t.deepEqual(put?.salt && Buffer.from(put.salt), bytes.length > 0 ? bytes : undefined)
    t.deepEqual(put?.k, pair.publicKey)
    const message = Buffer.from('a message')
    t.deepEqual(await put?.sign?.(message), pair.sign(message))
    t.equal(asked[0], sha1(Buffer.concat([pair.publicKey, bytes])).toString('hex'))
  }
})

test('where another writer is first, it reads and writes again', async t => {
  const holders: Holder[] = [
    { seq: 3, v: 'old' },
    { seq: 3, v: 'old' }
  ]
  const { node, puts } = createHolders(holders, attempt => {
    if (attempt === 1) for (const holder of holders) Object.assign(holder, { seq: 4, v: 'theirs' })
  })
  t.equal((await new SignedRecord(node, pair, undefined).set('ours')).seq, 5)
  t.deepEqual(seqsOf(puts), [
    [4, 3],
    [5, 4]
  ])
  t.deepEqual(
    holders.map(({ v }) => v),
    ['ours', 'ours']
  )
})

test('of two versions with one number, the later writer replaces both', async t => {
  const holders: Holder[] = [
    { seq: 3, v: 'old' },
    { seq: 3, v: 'old' },
    { seq: 3, v: 'old' }
  ]
  const { node } = createHolders(holders, attempt => {
    if (attempt === 1) Object.assign(holders[0] ?? {}, { seq: 4, v: 'theirs' })
  })
  t.equal((await new SignedRecord(node, pair, undefined).set('ours')).seq, 5)
  t.deepEqual(
    holders.map(({ v }) => v),
    ['ours', 'ours', 'ours']
  )
})

test('nodes that have missed a version get the next one all the same', async t => {
  const holders: Holder[] = [{ seq: 6, v: 'newest' }, { seq: 5, v: 'old' }, { seq: 5, v: 'old' }, empty()]
  const { node, puts } = createHolders(holders)
  const { seq, stored, refused } = await new SignedRecord(node, pair, undefined).set('ours')
  t.deepEqual([seq, stored, refused], [8, 4, {}])
  t.deepEqual(seqsOf(puts), [
    [7, 6],
    [8, undefined]
  ])
  t.deepEqual(
    holders.map(({ v }) => v),
    ['ours', 'ours', 'ours', 'ours']
  )
})

test('a node that says it has a newer version, and shows none, does not stop a writer', async t => {
  const { node, puts } = createHolders([empty(), { ...empty(), refuses: 302 }])
  const { seq, stored, refused } = await new SignedRecord(node, pair, undefined).set('ours')
  t.deepEqual([seq, stored, refused, puts.length], [1, 1, { 302: 1 }, 1])
  const liar = createHolders([empty(), { ...empty(), refuses: 301 }])
  const record = new SignedRecord(liar.node, pair, undefined)
  await record.set('one')
  t.equal((await record.set('two')).stored, 1)
  t.ok(liar.puts.length <= 3, `${liar.puts.length} puts`)
})

test('where others are always first, it gives up after five attempts', async t => {
  const holder: Holder = { seq: 1, v: 'old' }
  const { node, puts } = createHolders([holder], () => {
    holder.seq++
  })
  const failure = (await failureOf(new SignedRecord(node, pair, undefined).set('ours'))) as Error & {
    code: string
  }
  t.equal(failure.code, 'EREFUSED')
  t.equal((failure.cause as Error).message, 'refused')
  t.equal(puts.length, 5)
})

test('what fails for another reason is not repeated', async t => {
  const { node, puts } = createHolders([{ ...empty(), refuses: 205 }])
  const failure = await failureOf(new SignedRecord(node, pair, undefined).set('ours'))
  t.equal((failure as Error).message, 'refused')
  t.equal(puts.length, 1)
})

test('calls of set on one key are done in their order, also by two records', async t => {
  const holders = [empty()]
  const { node, puts } = createHolders(holders)
  const records = [new SignedRecord(node, pair, undefined), new SignedRecord(node, pair, undefined)]
  const results = await within(
    'all',
    Promise.all(['a', 'b', 'c', 'd'].map((value, i) => records[i % 2]?.set(value)))
  )
  t.deepEqual(
    results.map(result => result?.seq),
    [1, 2, 3, 4]
  )
  t.deepEqual(
    puts.map(({ v }) => String(v)),
    ['a', 'b', 'c', 'd']
  )
})

test('a value that cannot be put is EINVAL, and asks nobody', async t => {
  const { node, puts, asked } = createHolders([empty()])
  const record = new SignedRecord(node, pair, undefined)
  for (const wrong of [undefined, null, 1.5, true, 'x'.repeat(1001), () => {}])
    t.equal(await codeOf(record.set(wrong as never)), 'EINVAL')
  t.deepEqual([puts, asked], [[], []])
})

test('values of every kind that put takes can be set', async t => {
  const { node } = createHolders([empty()])
  const versions = new SignedRecord(node, pair.publicKey, undefined).watch()
  const record = new SignedRecord(node, pair, undefined)
  const first = versions.next()
  await record.set({ name: 'Ann', numbers: [1, 2] })
  t.deepEqual((await first).value, { value: { name: Buffer.from('Ann'), numbers: [1, 2] }, seq: 1 })
  await versions.return?.()
})

test('a record with a public key only is EINVAL to set, and asks nobody', async t => {
  const { node, puts, asked } = createHolders([empty()])
  for (const key of [pair.publicKey, pair.publicKey.toString('hex')])
    t.equal(await codeOf(new SignedRecord(node, key, undefined).set('x')), 'EINVAL')
  t.deepEqual([puts, asked], [[], []])
})

test('a signer that fails, or a signal, ends set', async t => {
  const reason = new Error('of the signer')
  const failing = { publicKey: pair.publicKey, sign: () => Promise.reject(reason) }
  const { node } = createHolders([empty()])
  t.equal(await failureOf(new SignedRecord(node, failing, undefined).set('x')), reason)
  const controller = new AbortController()
  const holder: Holder = { seq: 1, v: 'old' }
  const busy = createHolders([holder], attempt => {
    holder.seq++
    if (attempt === 2) controller.abort(reason)
  })
  const record = new SignedRecord(busy.node, pair, undefined)
  t.equal(await failureOf(record.set('x', { signal: controller.signal })), reason)
  t.equal(busy.puts.length, 2)
  t.equal((await new SignedRecord(node, pair, undefined).set('y')).seq, 1, 'others go on')
})

/** Lets everything happen that waits for nothing but promises. */
const settled = () => new Promise(resolve => setImmediate(resolve))

test('watch gives the newest version and each newer one, at its interval, and its own at once', async t => {
  const holder: Holder = { seq: 3, v: 'three' }
  const { node, asked } = createHolders([holder])
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const record = new SignedRecord(node, pair, undefined)
  const versions = record.watch({ interval: 5000 })
  const next = async () => {
    const { value } = await within('a version', versions.next())
    return value && `${value.seq} ${value.value}`
  }
  t.equal(asked.length, 0, 'it begins when a version is wanted')
  t.equal(await next(), '3 three')
  await settled()
  Object.assign(holder, { seq: 4, v: 'four' })
  const fourth = next()
  clock.move(4999)
  await settled()
  t.equal(asked.length, 1)
  clock.move(1)
  t.equal(await fourth, '4 four')
  await settled()

  const before = asked.length
  await record.set('five')
  t.equal(await next(), '5 five')
  t.equal(asked.length, before + 1, 'set has searched, and nobody else')

  Object.assign(holder, { seq: 2, v: 'an old one' })
  clock.move(5000)
  await settled()
  for (const seq of [6, 7, 8]) {
    Object.assign(holder, { seq, v: 'newer' })
    clock.move(5000)
    await settled()
  }
  t.equal(await next(), '8 newer', 'a slow reader gets the newest')

  await versions.return?.()
  t.equal(clock.pending, 0, 'no timer is left')
  t.equal(node.watchers.size, 0)
})

test('watch goes on after a search that failed, and tells nothing of other keys', async t => {
  const holder: Holder = { seq: 0, v: '' }
  const { node } = createHolders([holder])
  const { get } = node
  node.get = () => Promise.reject(new Error('no network'))
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const versions = new SignedRecord(node, pair.publicKey, 'a').watch()
  const first = versions.next()
  await settled()
  node.get = get
  await new SignedRecord(node, pair, 'b').set('of another record')
  Object.assign(holder, { seq: 9, v: 'nine' })
  clock.move(59_999)
  await settled()
  t.equal(clock.pending, 1, 'a minute by default')
  clock.move(1)
  t.equal((await within('a version', first)).value?.seq, 9)
  await versions.return?.()
})

test('nodes write one record at the same time, and all read the last version', async t => {
  const first = await createNode()
  const [second, third] = await Promise.all([createJoined(first), createJoined(first)])
  t.teardown(() => destroyAll(first, second, third))
  const { publicKey } = pair
  const [one, other] = [second, third].map(node => node.promises.record(pair, { salt: 'race' }))
  const results = await within(
    'both',
    Promise.all([one?.set('by the second'), other?.set('by the third')]),
    20_000
  )
  t.notEqual(results[0]?.seq, results[1]?.seq)
  const last = await one?.set('the last')
  for (const node of [first, second, third]) {
    const found = await node.promises.record(publicKey.toString('hex'), { salt: 'race' }).get()
    t.deepEqual([String(found?.value), found?.seq], ['the last', last?.seq])
  }
  t.equal(await first.promises.record(publicKey).get(), null, 'without the salt it is another one')
})

test('a key that WebCrypto does not give away writes a record', async t => {
  const first = await createNode()
  const second = await createJoined(first)
  t.teardown(() => destroyAll(first, second))
  const { subtle } = webcrypto
  const keys = (await subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  const record = second.promises.record(keys)
  t.equal((await record.set('hello')).seq, 1)
  t.equal((await record.set('hello again')).seq, 2)
  const publicKey = new Uint8Array(await subtle.exportKey('raw', keys.publicKey))
  t.equal(String((await first.promises.record(publicKey).get())?.value), 'hello again')
})

test('a `set` that waits for its turn hears its signal, and a `sign` that hangs does not hold the turn for ever', async t => {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const { node, puts } = createHolders([empty()])
  const begun = new Promise<void>(resolve => {
    const hanging = {
      publicKey: pair.publicKey,
      sign: () => {
        resolve()
        return new Promise<Uint8Array>(() => {})
      }
    }
    new SignedRecord(node, hanging, undefined).set('hangs').catch(error => failures.push(error.code))
  })
  const failures: unknown[] = []
  const record = new SignedRecord(node, pair, undefined)
  const mine = new AbortController()
  const aborted = record.set('aborted', { signal: mine.signal }).catch(error => error)
  const next = record.set('next')
  mine.abort(new Error('mine'))
  t.equal((await aborted)?.message, 'mine')
  await begun
  clock.move(119_999)
  await new Promise(resolve => setImmediate(resolve))
  t.deepEqual(failures, [])
  clock.move(1)
  t.equal((await next).stored, 1)
  t.deepEqual(failures, ['ETIMEDOUT'])
  t.deepEqual(
    puts.map(({ v }) => String(v)),
    ['hangs', 'next'],
    'the aborted one is not written'
  )
})

test('a `set` of the same key within `sign` is an error: each would wait for the other', async t => {
  const { node } = createHolders([empty()])
  const codes: unknown[] = []
  const sign = async (message: Uint8Array) => {
    codes.push(await codeOf(new SignedRecord(node, pair, undefined).set('inner')))
    codes.push(await codeOf(new SignedRecord(createHolders([empty()]).node, pair, undefined).set('other')))
    return pair.sign(message)
  }
  const { stored } = await new SignedRecord(node, { publicKey: pair.publicKey, sign }, undefined).set('outer')
  t.deepEqual([stored, codes], [1, ['EINVAL', undefined]])
})
