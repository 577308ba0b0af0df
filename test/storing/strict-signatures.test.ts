/** Signatures that implementations of ed25519 disagree about: the nodes of one network must not. */

import { createPrivateKey, sign } from 'node:crypto'
import { Point } from '@noble/ed25519'
import test from 'tape'
import { createEd25519 } from '../../src/browser/ed25519.js'
import { browserPlatform } from '../../src/platform-browser.js'
import { nodePlatform } from '../../src/platform-node.js'
import { isSigned } from '../../src/storing/node-state.js'
import type { Verify } from '../../src/upstream.js'
import { isStrict } from '../../src/wire/ed25519-encoding.js'

const FIELD = 2n ** 255n - 19n
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

const VERIFIERS: Record<string, Verify> = {
  'node:crypto': nodePlatform.verify,
  'the platform of pages': browserPlatform.verify,
  'a page without WebCrypto': createEd25519(undefined).verify
}

/** The cases 0 to 9 of "Taming the many EdDSAs" (Chalkias, Garillot and Nikolaenko, 2020), appendix: message, key, signature. */
const CASES: [message: string, publicKey: string, signature: string, isGood: boolean][] = [
  [
    '8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a' +
      '0000000000000000000000000000000000000000000000000000000000000000',
    false
  ],
  [
    '9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43' +
      'a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04',
    false
  ],
  [
    'aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab',
    'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa' +
      '8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e',
    false
  ],
  [
    '9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79',
    'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    '9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f' +
      '87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009',
    true
  ],
  [
    'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
    'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    '160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512' +
      '5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09',
    false
  ],
  [
    'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
    'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    '21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7' +
      'e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405',
    false
  ],
  [
    '85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40',
    '442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623',
    'e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e' +
      '547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514',
    false
  ],
  [
    '85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40',
    '442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623',
    '8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942' +
      '7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22',
    false
  ],
  [
    'fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a',
    'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f' +
      '454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607',
    false
  ],
  [
    '84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1',
    'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f' +
      '084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09',
    false
  ]
]

const bytes = (hex: string) => Buffer.from(hex, 'hex')

/** 32 bytes, the lowest first. */
function encodeNumber(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse()
}

/** A signature by the key of a seed. */
function signed(message: Buffer, seed = Buffer.alloc(32, 7)) {
  const der = Buffer.concat([bytes('302e020100300506032b657004220420'), seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
  return { publicKey, signature: sign(null, message, key) }
}

for (const [name, verify] of Object.entries(VERIFIERS)) {
  test(`${name}: of the signatures that implementations disagree about the same are taken`, async t => {
    for (const [i, [message, publicKey, signature, isGood]] of CASES.entries()) {
      t.equal(await verify(bytes(signature), bytes(message), bytes(publicKey)), isGood, `case ${i}`)
    }
  })

  test(`${name}: signatures by keys of small order, and those with another spelling, are refused`, async t => {
    const message = Buffer.from('message')
    const { publicKey, signature } = signed(message)
    t.equal(await verify(signature, message, publicKey), true)
    t.equal(await verify(signature, Buffer.from('another'), publicKey), false)
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)]
    const scalar = BigInt(`0x${Buffer.from(s).reverse().toString('hex')}`)
    for (let times = 1n; times < 8n; times++) {
      const other = Buffer.concat([r, encodeNumber(scalar + times * ORDER)])
      t.equal(await verify(other, message, publicKey), false, `S + ${times} times the order`)
    }
    for (const key of weakKeys()) {
      const always = Buffer.concat([encodeNumber(1n), encodeNumber(0n)]) // good for any message under some of them
      t.equal(await verify(always, message, key), false, key.toString('hex'))
      t.equal(await verify(signature, message, key), false)
    }
    t.equal(await verify(signature.subarray(1), message, publicKey), false, 'too short')
  })
}

/** The points of small order in all spellings, and what is no number of the field. */
function weakKeys(): Buffer[] {
  const order8 = BigInt(
    `0x${bytes('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a').reverse().toString('hex')}`
  )
  const small = [0n, 1n, FIELD - 1n, order8, FIELD - order8]
  const beyond = Array.from({ length: 19 }, (_, i) => FIELD + BigInt(i))
  return [...small, ...beyond].flatMap(y => [encodeNumber(y), encodeNumber(y + 2n ** 255n)])
}

test('all points of small order are known', t => {
  const generator = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa')
  const good = signed(Buffer.from('message')).signature
  for (let i = 1n, point = generator; i <= 8n; i++, point = point.add(generator)) {
    t.equal(isStrict(good, point.toBytes()), false, `${i} times the generator`)
    const withPoint = Buffer.concat([point.toBytes(), good.subarray(32)])
    t.equal(isStrict(withPoint, signed(Buffer.alloc(0)).publicKey), false, 'as the point of a signature')
  }
  t.end()
})

test('a mutable value whose key could be that of an immutable one is not taken', async t => {
  const v = Buffer.from('v')
  const hash = (input: Uint8Array) => Buffer.from(input)
  const verify: Verify = () => true // whoever makes the key tries some million seeds
  const isTaken = (k: Buffer, salt: Buffer) => {
    const key = Buffer.concat([k, salt]).toString('hex')
    return isSigned(key, { v, k, sig: Buffer.alloc(64), seq: 1, salt, id: v }, { hash, verify })
  }
  const salt = Buffer.alloc(64, 's')
  t.equal(await isTaken(Buffer.concat([Buffer.from('93:'), Buffer.alloc(29)]), salt), false)
  t.equal(await isTaken(Buffer.concat([Buffer.from('92:'), Buffer.alloc(29)]), salt), true)
})
