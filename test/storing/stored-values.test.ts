/** The values that a node stores: whose they are, how many one node may have here, and what takes the place of what. */

import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import test, { type Test } from 'tape'
import type { Id } from '../../src/id.js'
import { KRPC_ERROR } from '../../src/krpc/errors.js'
import type { ValueEntry, ValueStore } from '../../src/storing/store.js'
import { StoredValues, type StoredValuesOptions } from '../../src/storing/stored-values.js'
import type { StoredValue } from '../../src/upstream.js'
import { encode } from '../../src/wire/bencode.js'
import { askerOf, idOf, refusalOf } from '../helpers/askers.js'

const MAX_PER_NODE = 3
const SALT = Buffer.from('salt')
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('ed25519')
const k = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)

function immutable(text: string, owner: number): StoredValue {
  return { v: Buffer.from(text), id: idOf(owner).bytes }
}

function mutable(seq: number, { key = privateKey, text = `version ${seq}` } = {}): StoredValue {
  const v = Buffer.from(text)
  const sig = sign(null, encode({ salt: SALT, seq, v }).subarray(1, -1), key as KeyObject)
  return { v, k, sig, seq, salt: SALT, id: idOf(1).bytes }
}

class Store implements ValueStore<Buffer> {
  readonly #values = new Map<string, StoredValue>()

  get size(): number {
    return this.#values.size
  }

  get(key: string): StoredValue | undefined {
    return this.#values.get(key)
  }

  put(key: string, value: StoredValue): void | Promise<void> {
    this.#values.set(key, value)
  }

  remove(key: string): void {
    this.#values.delete(key)
  }

  *entries(): Iterable<ValueEntry<Buffer>> {
    for (const [key, value] of this.#values) yield { key, value, until: undefined }
  }
}

/** One whose puts take a while. */
class SlowStore extends Store {
  isBroken = false

  override async put(key: string, value: StoredValue): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    if (this.isBroken) throw new Error('no disk')
    super.put(key, value)
  }
}

function create(
  t: Test,
  { store = new Store(), ...given }: Partial<StoredValuesOptions> & { store?: Store } = {}
) {
  const stored: Id[] = []
  const values = new StoredValues(store, {
    hash: bytes => createHash('sha1').update(bytes).digest(),
    verify: (sig, message) => verify(null, message, publicKey, sig),
    ownId: idOf(0),
    maxPerNode: MAX_PER_NODE,
    max: 1000,
    onStored: key => stored.push(key),
    ...given
  })
  /** Stores a value for a node; gives the code of the error that it gets, 0 if it is taken. */
  const put = async (value: StoredValue, owner: number, via = owner, cas?: number) => {
    const ownerId = idOf(owner)
    const asker = askerOf(ownerId, via === owner ? ownerId : idOf(via))
    const error = await refusalOf(() => values.put(asker, value, cas))
    if (error?.code === KRPC_ERROR.TOO_MANY) t.equal(error.counted, 'share of the store used up')
    return error?.code ?? 0
  }
  const textAt = (key: Id) => store.get(key.hex)?.v.toString()
  return { store, stored, values, put, textAt }
}

test('the key of a value is its hash, or the hash of its public key and salt', t => {
  const { values } = create(t)
  const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex')
  t.equal(values.keyOf(immutable('text', 1)).hex, sha1(Buffer.from('4:text')))
  t.equal(values.keyOf(mutable(1)).hex, sha1(Buffer.concat([k, SALT])))
  t.end()
})

test('a node has a share of the values; new versions of stored values do not count', async t => {
  const { put } = create(t)
  t.equal(await put(mutable(1), 1), 0)
  for (const text of ['a', 'b']) t.equal(await put(immutable(text, 1), 1), 0)
  t.equal(await put(immutable('c', 1), 1), 429)
  t.equal(await put(mutable(2), 1), 0)
  t.equal(await put(immutable('a', 1), 1), 0, 'and for the same again')
  t.equal(await put(immutable('c', 2), 2), 0, 'another node has room of its own')
})

test('all nodes behind one neighbour have two shares together, and the neighbour has its own', async t => {
  const { put } = create(t)
  const neighbour = 9
  for (let owner = 1; owner <= 2 * MAX_PER_NODE; owner++)
    t.equal(await put(immutable(`by ${owner}`, owner), owner, neighbour), 0)
  t.equal(await put(immutable('more', 50), 50, neighbour), 429)
  t.equal(await put(immutable('more', 50), 50, 8), 0, 'through another one there is room')
  t.equal(await put(immutable('its own', neighbour), neighbour), 0)
})

test('a neighbour’s own values do not count towards the shares of the nodes behind it', async t => {
  const { put } = create(t)
  const neighbour = 9
  for (const text of ['a', 'b', 'c']) t.equal(await put(immutable(text, neighbour), neighbour), 0)
  for (let owner = 1; owner <= 2 * MAX_PER_NODE; owner++)
    t.equal(await put(immutable(`by ${owner}`, owner), owner, neighbour), 0)
})

test('values that a slow store has not stored yet count towards a share; failed ones do not', async t => {
  const store = new SlowStore()
  const { put } = create(t, { store })
  const results = await Promise.all([...'abcde'].map(text => put(immutable(text, 1), 1)))
  t.deepEqual(results, [0, 0, 0, 429, 429])
  store.isBroken = true
  const failures = await Promise.all([...'abc'].map(text => put(immutable(text, 2), 2).catch(String)))
  t.deepEqual(failures, Array(3).fill('Error: no disk'))
  store.isBroken = false
  t.equal(await put(immutable('d', 2), 2), 0)
})

test('each value is reported once it is stored', async t => {
  const { put, stored, values, textAt } = create(t, { store: new SlowStore() })
  const pending = put(mutable(1), 1)
  t.deepEqual(stored, [])
  await pending
  t.deepEqual(stored, [values.keyOf(mutable(1))])
  t.equal(textAt(values.keyOf(mutable(1))), 'version 1')
  await put(mutable(0), 1)
  t.equal(stored.length, 1, 'one that is refused is not')
})

test('a mutable value needs a valid signature, a higher sequence number, and the `cas` it names', async t => {
  const { put, values, textAt } = create(t)
  const key = values.keyOf(mutable(1))
  t.equal(await put(mutable(2), 1), 0)
  t.equal(await put(mutable(3, { key: stranger.privateKey }), 1), 206, 'forged')
  t.equal(await put(mutable(1), 1), 302, 'older')
  t.equal(await put(mutable(2, { text: 'another' }), 1), 302, 'of the same age')
  t.equal(await put(mutable(3), 1, 1, 1), 301, 'meant for another one')
  t.equal(textAt(key), 'version 2')
  t.equal(await put(mutable(3), 1, 1, 2), 0)
  t.equal(textAt(key), 'version 3')
  t.equal(await put(immutable('text', 1), 1, 1, 7), 0, 'an immutable one has no `cas`')
})

test('a node that cannot verify signatures refuses mutable values', async t => {
  const { put, store } = create(t, { verify: null })
  t.equal(await put(mutable(1), 1), 400)
  t.equal(store.size, 0)
})

test('of two concurrent versions the newer one stays, even with a slow store', async t => {
  const { put, values, textAt } = create(t, { store: new SlowStore() })
  const key = values.keyOf(mutable(1))
  t.deepEqual(await Promise.all([put(mutable(2), 1), put(mutable(1), 1)]), [0, 302])
  t.equal(textAt(key), 'version 2')
  await Promise.all([values.update(key, mutable(4)), values.update(key, mutable(3))])
  t.equal(textAt(key), 'version 4')
})

test('`update` replaces a value by a newer version with a valid signature', async t => {
  const { values, put, store, textAt } = create(t)
  await put(mutable(2), 1)
  const key = values.keyOf(mutable(2))
  const textAfter = (found: StoredValue) => {
    values.update(key, found)
    return textAt(key)
  }
  t.equal(textAfter(mutable(1)), 'version 2', 'an older one does not')
  t.equal(textAfter(mutable(2, { text: 'another' })), 'version 2', 'nor one of the same age')
  t.equal(textAfter(mutable(3, { key: stranger.privateKey })), 'version 2', 'nor a forged one')
  const { salt: _, ...withoutSalt } = mutable(3) // replies do not have it
  t.equal(textAfter(withoutSalt), 'version 3')
  t.deepEqual(store.get(key.hex)?.salt, SALT, 'the salt is kept')
})

test('a value of the other kind does not take the place of one, though it has the same key', async t => {
  // A public key that reads as a bencoded value makes such keys.
  const { put, values, textAt } = create(t, { hash: () => Buffer.alloc(20, 9), verify: () => true })
  const key = values.keyOf(mutable(1))
  t.equal(await put(mutable(1), 1), 0)
  t.equal(await put(immutable('text', 1), 1), 203)
  t.equal(textAt(key), 'version 1')
  const other = create(t, { hash: () => Buffer.alloc(20, 9), verify: () => true })
  t.equal(await other.put(immutable('text', 1), 1), 0)
  t.equal(await other.put(mutable(1), 1), 203)
  t.equal(other.textAt(key), 'text')
})

test('the same version of a value renews it, but another value of this version does not', async t => {
  const { put, stored } = create(t)
  t.equal(await put(mutable(2), 1), 0)
  t.equal(await put(mutable(2), 2), 0)
  t.equal(stored.length, 2)
  t.equal(await put(mutable(2, { text: 'another' }), 2), 302)
  t.equal(await put(mutable(2), 1, 1, 1), 301, 'and not if it names another `cas`')
})

test('neither `keep` nor `restore` replaces a newer version', async t => {
  for (const store of [new Store(), new SlowStore()]) {
    const { put, values, textAt } = create(t, { store })
    const key = values.keyOf(mutable(1))
    t.equal(await put(mutable(2), 1), 0)
    await values.keep(key, mutable(1))
    t.equal(textAt(key), 'version 2')
    const old = create(t)
    await old.put(mutable(1), 1)
    values.restore(old.values.toState())
    await values.keep(key, mutable(0)) // after what `restore` does
    t.equal(textAt(key), 'version 2')
    await values.keep(key, mutable(3))
    t.equal(textAt(key), 'version 3')
  }
})

test('`update` ignores a value that is not stored here', t => {
  const { values, store } = create(t)
  values.update(values.keyOf(mutable(1)), mutable(1))
  t.equal(store.size, 0)
  t.end()
})

test('`restore` stores saved values again, except under a wrong key', async t => {
  const { put, values } = create(t)
  await put(mutable(1), 1)
  await put(immutable('text', 2), 2)
  const state = values.toState()
  const other = create(t)
  other.values.restore({ ...state, ['11'.repeat(20)]: Object.values(state)[0] as never })
  t.deepEqual(
    other.stored.map(({ hex }) => hex),
    Object.keys(state)
  )
  t.deepEqual(other.values.toState(), state)
})

test('signatures may be checked later', async t => {
  const settle: ((isGood: boolean) => void)[] = []
  const { values, put, store, stored } = create(t, {
    verify: () => new Promise<boolean>(resolve => settle.push(resolve))
  })
  const first = put(mutable(1), 1)
  const second = put(mutable(2), 2)
  t.equal(store.size, 0, 'nothing is stored before')
  settle[0]?.(true)
  settle[1]?.(false)
  t.deepEqual(await Promise.all([first, second]), [0, KRPC_ERROR.INVALID_SIGNATURE])
  t.equal(stored.length, 1)

  const key = values.keyOf(mutable(1))
  const updated = values.update(key, mutable(3))
  settle[2]?.(true)
  await updated
  t.equal(store.get(key.hex)?.seq, 3)
})

test('`toState` has restored values whose signatures are still being checked', async t => {
  const { values: earlier, put } = create(t)
  await put(mutable(1), 1)
  const state = earlier.toState()
  let settle = (_isGood: boolean) => {}
  const isGood = new Promise<boolean>(resolve => {
    settle = resolve
  })
  const { values, store } = create(t, { verify: () => isGood })
  values.restore(state)
  t.equal(store.size, 0)
  t.deepEqual(values.toState(), state)
  settle(false)
  await isGood
  await new Promise(resolve => setImmediate(resolve))
  t.deepEqual(values.toState(), {}, 'but no longer if one is wrong')
})

test('an older version is refused after the newer one has expired', async t => {
  const { store, values, put } = create(t)
  t.equal(await put(mutable(5), 1), 0)
  store.remove(values.keyOf(mutable(5)).hex)
  t.equal(await put(mutable(4), 2), KRPC_ERROR.OLD_SEQUENCE)
  t.equal(store.size, 0)
  t.equal(await put(mutable(5), 2), 0, 'the same is taken again')
  t.equal(store.size, 1)
})
