/** Hashes and keys that pages make at once, against those of node:crypto. */

import { createHash, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import test from 'tape'
import { sha1, sha256, sha512 } from '../../src/browser/hashes.js'
import { publicKeyOf } from '../../src/browser/public-key.js'

/** Lengths around the ends of one and of two blocks, and that of the longest value. */
const LENGTHS = [0, 1, 55, 56, 57, 63, 64, 65, 111, 112, 113, 119, 120, 127, 128, 129, 239, 240, 1000]

for (const [name, hash] of Object.entries({ sha1, sha256, sha512 })) {
  test(`${name} is that of node:crypto, whatever the length`, t => {
    for (const length of LENGTHS) {
      const bytes = randomBytes(length)
      const expected = createHash(name).update(bytes).digest('hex')
      t.equal(hash(bytes).toString('hex'), expected, `${length} bytes: ${bytes.toString('hex')}`)
    }
    t.end()
  })
}

test('the public key of a seed is that of node:crypto', t => {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
  const seeds = [
    Buffer.alloc(32),
    Buffer.alloc(32, 0xff),
    ...Array.from({ length: 20 }, () => randomBytes(32))
  ]
  for (const seed of seeds) {
    const key = createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' })
    const expected = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
    t.equal(publicKeyOf(seed).toString('hex'), expected.toString('hex'), seed.toString('hex'))
  }
  t.end()
})
