/** The values that a node stores: whose they are, how many one node may have here, and what takes the place of what. */

import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import test from 'tape'
import { StoredValues } from '../../src/storing/stored-values.js'
import type { StoredValue } from '../../src/upstream.js'
import { encode } from '../../src/wire/bencode.js'

const MAX_PER_NODE = 3
const SALT = Buffer.from('salt')
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('ed25519')
const k = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)

const nodeId = (number: number) => Buffer.alloc(20, number)
const ownerAt = (number: number, via = number) => ({
  id: nodeId(number).toString('hex'),
  via: nodeId(via).toString('hex')
})

function immutable(text: string, owner: number): StoredValue {
  return { v: Buffer.from(text), id: nodeId(owner) } as StoredValue
}

function mutable(seq: number, { key = privateKey, text = `version ${seq}` } = {}): StoredValue {
  const v = Buffer.from(text)
  const sig = sign(null, encode({ salt: SALT, seq, v }).subarray(1, -1), key as KeyObject)
  return { v, k, sig, seq, salt: SALT, id: nodeId(1) } as StoredValue
}

function create() {
  const map = new Map<string, StoredValue>()
  const values = new StoredValues(
    {
      get keys() {
        return [...map.keys()]
      },
      peek: key => map.get(key),
      set: (key, value) => map.set(key, value)
    },
    {
      hash: bytes => createHash('sha1').update(bytes).digest(),
      verify: (sig, message) => verify(null, message, publicKey, sig),
      maxPerNode: MAX_PER_NODE
    }
  )
  /** As a `put` that has been let in. */
  const store = (value: StoredValue, owner: number, via = owner) => {
    map.set(values.keyOf(value), value)
    values.note(ownerAt(owner, via), value)
  }
  return { values, store }
}

test('the key of a value is the hash of what it is, or of its public key and salt', t => {
  const { values } = create()
  const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex')
  t.equal(values.keyOf(immutable('text', 1)), sha1(Buffer.from('4:text')))
  t.equal(values.keyOf(mutable(1)), sha1(Buffer.concat([k, SALT])))
  t.end()
})

test('a node has room for so many values, and always for another version of one that is here', t => {
  const { values, store } = create()
  store(mutable(1), 1)
  for (const text of ['a', 'b']) store(immutable(text, 1), 1)
  t.notOk(values.hasRoom(ownerAt(1), immutable('c', 1)))
  t.ok(values.hasRoom(ownerAt(1), mutable(2)))
  t.ok(values.hasRoom(ownerAt(2), immutable('c', 2)), 'another node has room of its own')
  t.end()
})

test('nodes that come through one neighbour have two shares together, and the neighbour its own', t => {
  const { values, store } = create()
  const neighbour = 9
  for (let owner = 1; owner <= 2 * MAX_PER_NODE; owner++)
    store(immutable(`by ${owner}`, owner), owner, neighbour)
  t.notOk(values.hasRoom(ownerAt(50, neighbour), immutable('more', 50)))
  t.ok(values.hasRoom(ownerAt(50, 8), immutable('more', 50)), 'through another one there is room')
  t.end()
})

test('what a neighbour stores itself is no part of the shares of those that come through it', t => {
  const { values, store } = create()
  const neighbour = 9
  for (const text of ['a', 'b', 'c']) store(immutable(text, neighbour), neighbour)
  for (let owner = 1; owner < 2 * MAX_PER_NODE; owner++)
    store(immutable(`by ${owner}`, owner), owner, neighbour)
  t.ok(values.hasRoom(ownerAt(50, neighbour), immutable('more', 50)))
  t.end()
})

test('a newer version takes the place of an older one, if it has the right signature', t => {
  const { values, store } = create()
  store(mutable(2), 1)
  const key = values.keyOf(mutable(2))
  const textAfter = (found: StoredValue) => {
    values.update(key, found)
    return values.get(key)?.v.toString()
  }
  t.equal(textAfter(mutable(1)), 'version 2', 'an older one does not')
  t.equal(textAfter(mutable(2, { text: 'another' })), 'version 2', 'nor one of the same age')
  t.equal(textAfter(mutable(3, { key: stranger.privateKey })), 'version 2', 'nor a forged one')
  const { salt: _, ...withoutSalt } = mutable(3) // replies do not have it
  t.equal(textAfter(withoutSalt as StoredValue), 'version 3')
  t.deepEqual(values.get(key)?.salt, SALT, 'the salt is kept')
  t.end()
})

test('a version of what is not here is not taken', t => {
  const { values } = create()
  values.update(values.keyOf(mutable(1)), mutable(1))
  t.equal(values.get(values.keyOf(mutable(1))), undefined)
  t.end()
})

test('values come back as they were, and one under a wrong key does not', t => {
  const { values, store } = create()
  store(mutable(1), 1)
  store(immutable('text', 2), 2)
  const state = values.toJSON()
  const other = create().values
  t.deepEqual(
    other.restore({ ...state, ['11'.repeat(20)]: Object.values(state)[0] as never }),
    Object.keys(state)
  )
  t.deepEqual(other.toJSON(), state)
  t.end()
})
