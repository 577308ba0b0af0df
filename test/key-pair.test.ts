/** Ed25519 key pairs: in Node.js and in pages the same, as RFC 8032 has them. */

import { webcrypto } from 'node:crypto'
import test from 'tape'
import { readSignature } from '../src/faces/value-arguments.js'
import DHT, { type KeyPair } from '../src/index.js'
import { readOwner } from '../src/key-pair.js'
import { browserPlatform } from '../src/platform-browser.js'
import { nodePlatform } from '../src/platform-node.js'
import { destroyAll } from './helpers/nodes.js'

/** RFC 8032, section 7.1, tests 1 to 3. */
const VECTORS = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a'
  }
]

for (const [place, platform] of Object.entries({ 'Node.js': nodePlatform, 'a page': browserPlatform })) {
  test(`key pairs in ${place} are those of RFC 8032`, async t => {
    for (const { seed, publicKey, message, signature } of VECTORS) {
      const { sign, ...pair } = await platform.createKeyPair(Buffer.from(seed, 'hex'))
      const signed = sign(Buffer.from(message, 'hex'))
      t.deepEqual(
        [pair.seed, pair.publicKey, signed].map(bytes => [Buffer.isBuffer(bytes), bytes.toString('hex')]),
        [seed, publicKey, signature].map(hex => [true, hex])
      )
      t.ok(await platform.verify?.(signed, Buffer.from(message, 'hex'), pair.publicKey))
    }
  })
}

test('keyPair takes a seed as bytes or hex, and copies it; without one each is new', async t => {
  const [{ seed = '', publicKey = '' } = {}] = VECTORS
  const bytes = new Uint8Array(Buffer.from(seed, 'hex'))
  for (const given of [bytes, seed, seed.toUpperCase()]) {
    const made = DHT.keyPair(given)
    bytes.fill(0)
    const pair = await made
    t.deepEqual([pair.publicKey, pair.seed].map(toHex), [publicKey, seed])
    bytes.set(Buffer.from(seed, 'hex'))
  }
  const [first, second] = [await DHT.keyPair(), await DHT.keyPair()]
  t.notDeepEqual(first.seed, second.seed)
  t.deepEqual((await DHT.keyPair(first.seed)).publicKey, first.publicKey)
})

test('what is no seed is EINVAL, without the secret in the message', async t => {
  const wrong = [
    'ab'.repeat(31),
    'ab'.repeat(33),
    'xy'.repeat(32),
    new Uint8Array(31),
    new Uint8Array(64),
    5,
    {},
    []
  ]
  for (const seed of wrong) {
    try {
      await DHT.keyPair(seed as never)
      t.fail(String(seed))
    } catch (error) {
      const { code, message } = error as Error & { code: string }
      t.equal(code, 'EINVAL')
      t.notOk(/ab|xy/.test(message), message)
    }
  }
  t.end()
})

test('what has no public key, or cannot sign, owns no record', async t => {
  const pair = await DHT.keyPair()
  const { subtle } = webcrypto
  const other = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const keys = (await subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  const publicKey = await subtle.importKey('raw', pair.publicKey, 'Ed25519', false, ['verify'])
  const wrong = [
    undefined,
    null,
    5,
    '',
    'magnet:?',
    new Uint8Array(20),
    new Float64Array(4),
    {},
    { publicKey: pair.publicKey },
    { sign: pair.sign },
    { publicKey: new Uint8Array(31), sign: pair.sign },
    { publicKey: pair.publicKey, sign: 'x' },
    { publicKey: keys.publicKey },
    { publicKey: keys.publicKey, privateKey: keys.publicKey },
    { publicKey, privateKey: keys.privateKey },
    other
  ]
  for (const key of wrong) t.throws(() => readOwner(key), { code: 'EINVAL' })
})

test('a public key, a key pair and CryptoKeys give the key that they are for', async t => {
  const pair = await DHT.keyPair()
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), pair.seed])
  const { subtle } = webcrypto
  const cryptoKeys = {
    privateKey: await subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']),
    publicKey: await subtle.importKey('raw', pair.publicKey, 'Ed25519', true, ['verify'])
  }
  const message = Buffer.from('a message')
  for (const key of [pair, cryptoKeys, { ...pair, publicKey: pair.publicKey.toString('hex') }]) {
    const { publicKey, sign } = readOwner(key)
    t.deepEqual(await publicKey(), pair.publicKey)
    t.deepEqual(readSignature('sig', await sign?.(message)), pair.sign(message))
  }
  for (const key of [pair.publicKey, new Uint8Array(pair.publicKey), toHex(pair.publicKey)]) {
    const { publicKey, sign } = readOwner(key)
    t.deepEqual(await publicKey(), pair.publicKey)
    t.equal(sign, null)
  }
})

test('a key pair signs for put as it is', async t => {
  const { publicKey: k, sign }: KeyPair = await DHT.keyPair()
  const dht = new DHT({ bootstrap: false })
  const code = await new Promise(resolve =>
    dht.put({ k, sign, seq: 1, v: 'hello' }, error => resolve(error?.code))
  )
  t.equal(code, 'ENONODES', 'it is signed, and nobody is there')
  await destroyAll(dht)
})

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
