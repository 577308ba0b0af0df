/** Ids that are bound to keys: their format, and the options that give a node one. */

import test from 'tape'
import { looksBound } from '../src/bound-id.js'
import DHT, { idOfKey, isIdOfKey, type WebTorrentDHTOptions } from '../src/index.js'
import { resolveOptions } from '../src/options.js'
import { browserPlatform } from '../src/platform-browser.js'
import { nodePlatform } from '../src/platform-node.js'
import { failureOf } from './helpers/calls.js'

/** As bep.md has them: the first seed is the bytes 0 to 31. */
const VECTORS = [
  {
    seed: Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('hex'),
    publicKey: '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8',
    id: '006b0cba1653c2a8bbe570cc79190ac5dd6ded7c'
  },
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    id: '6c0649cbcf701dbd905fd9719579d1e6f3effb50'
  }
]
const CLAIM = '41'.repeat(20)

const codesOf = (options: WebTorrentDHTOptions) =>
  resolveOptions(options).state.warnings.map(({ code }) => code)

for (const platform of [nodePlatform, browserPlatform]) {
  const where = platform === nodePlatform ? 'Node.js' : 'a page'
  test(`the id of a key is that of bep.md in ${where}, and a node that is given the key has it`, async t => {
    for (const { seed, publicKey, id } of VECTORS) {
      t.equal(idOfKey(publicKey).toString('hex'), id)
      t.ok(looksBound(idOfKey(Buffer.from(publicKey, 'hex'))))
      const pair = await platform.createKeyPair(Buffer.from(seed, 'hex'))
      for (const key of [seed, Buffer.from(seed, 'hex'), new Uint8Array(Buffer.from(seed, 'hex')), pair]) {
        const options = resolveOptions({ key, platform })
        t.deepEqual([options.id.hex, options.keyPair?.publicKey.toString('hex')], [id, publicKey])
      }
    }
  })
}

test('an id with another bit looks bound to no key', t => {
  const id = idOfKey(VECTORS[0]?.publicKey ?? '')
  for (let bit = 0; bit < 160; bit++) {
    const other = Buffer.from(id)
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
    if (looksBound(other)) t.fail(`bit ${bit}`)
  }
  t.notOk(looksBound(Buffer.concat([id, id])), 'nor does one of another length')
  t.end()
})

test('isIdOfKey tells the id of a key from others, and takes bytes and hex', t => {
  for (const { publicKey, id } of VECTORS) {
    t.ok(isIdOfKey(id, publicKey))
    t.ok(isIdOfKey(Buffer.from(id, 'hex'), new Uint8Array(Buffer.from(publicKey, 'hex'))))
    t.notOk(isIdOfKey(CLAIM, publicKey))
  }
  const { id = '', publicKey = '' } = VECTORS[0] ?? {}
  t.throws(() => isIdOfKey(id, 'abc'), /publicKey is 'abc'/)
  t.throws(() => isIdOfKey('abc', publicKey), /id is 'abc'/)
  t.end()
})

test('without options a node has a key of its own, and its state does not tell it', async t => {
  const { keyPair, id, ...rest } = resolveOptions({})
  t.ok(keyPair && isIdOfKey(id.hex, keyPair.publicKey))
  t.notEqual(resolveOptions({}).id.hex, id.hex)
  t.deepEqual(rest.state.warnings, [])
  const key = await DHT.keyPair()
  const node = new DHT({ bootstrap: false, key })
  t.deepEqual(node.publicKey, key.publicKey)
  t.equal(node.nodeId.toString('hex'), idOfKey(key.publicKey).toString('hex'))
  t.notOk(JSON.stringify(node.toJSON()).includes(key.seed.toString('hex')))
  const state = node.toJSON()
  await new Promise<void>(resolve => node.destroy(resolve))
  t.equal(resolveOptions({ state, key }).id.hex, state.nodeId, 'with both it goes on')
})

test('an id of the user is a claim, unless it is that of the key', async t => {
  const node = new DHT({ bootstrap: false, nodeId: CLAIM })
  t.equal(node.publicKey, null)
  await new Promise<void>(resolve => node.destroy(resolve))
  const [{ seed: key = '', id = '' } = {}, other] = VECTORS
  t.deepEqual([resolveOptions({ nodeId: CLAIM }).keyPair, codesOf({ nodeId: CLAIM })], [null, []])
  const claimed = resolveOptions({ nodeId: CLAIM, key })
  t.deepEqual([claimed.id.hex, claimed.keyPair], [CLAIM, null])
  const owned = resolveOptions({ nodeId: id, key })
  t.deepEqual([owned.id.hex, owned.keyPair !== null, owned.state.warnings], [id, true, []])
  t.deepEqual(codesOf({ nodeId: id }), ['ENOTPROVEN'], 'others refuse an id whose key is missing')
  t.deepEqual(codesOf({ nodeId: id, key: other?.seed ?? '' }), ['ENOTPROVEN'])
})

test('the id of a state goes on as a claim; one whose key is missing is left out', t => {
  const [{ seed: key = '', id = '' } = {}] = VECTORS
  const claimed = resolveOptions({ state: { nodeId: CLAIM } })
  t.deepEqual([claimed.id.hex, claimed.keyPair, claimed.state.warnings], [CLAIM, null, []])
  const fresh = resolveOptions({ state: { nodeId: id } })
  t.notEqual(fresh.id.hex, id)
  t.ok(fresh.keyPair, 'it has another key')
  t.deepEqual(codesOf({ state: { nodeId: id } }), ['ESTATE'])
  const owned = resolveOptions({ state: { nodeId: id }, key })
  t.deepEqual([owned.id.hex, owned.state.warnings], [id, []])
  const upgraded = resolveOptions({ state: { nodeId: CLAIM }, key })
  t.equal(upgraded.id.hex, id, 'a key wins over an old claim')
  t.end()
})

test('where ids have another length or hash, none is bound', t => {
  for (const options of [{ idLength: 32 }, { hash: () => Buffer.alloc(20) }]) {
    const { keyPair, hasBoundIds } = resolveOptions(options)
    t.deepEqual([keyPair, hasBoundIds], [null, false])
    t.throws(() => resolveOptions({ ...options, key: 'ab'.repeat(32) }), /options.key needs ids of 20 bytes/)
  }
  t.end()
})

test('a wrong key fails at once, and is not quoted', async t => {
  const secret = '5ec2e7'
  for (const key of [secret, 5, {}, { seed: secret }, Buffer.from(secret), [secret]]) {
    const make = async () => new DHT({ bootstrap: false, key } as WebTorrentDHTOptions)
    const error = (await failureOf(make())) as Error & { code?: string }
    t.equal(error?.code, 'EINVAL')
    t.ok(error.message.startsWith('options.key should be') && !error.message.includes(secret))
  }
})
