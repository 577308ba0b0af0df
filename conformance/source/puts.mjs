/** Values that are stored one after the other at one node (BEP 44), and what each `put` and `get` is answered with. */

import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { bytes, encode, join, toJson } from './notation.mjs'

/** The group of ed25519 has so many points. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
const PKCS8 = bytes('302e020100300506032b657004220420')
const SEED = bytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
const privateKey = createPrivateKey({ key: join(PKCS8, SEED), format: 'der', type: 'pkcs8' })
const k = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32)

/** What is signed: `salt`, `seq` and `v` as in a dictionary, without the `d` and the `e` around. */
function signedBytes({ salt, seq, v }) {
  return join(salt ? join('4:salt', encode(salt)) : '', '3:seq', encode(seq), '1:v', encode(v))
}

function signed({ salt, seq, v, cas }) {
  const sig = sign(null, signedBytes({ salt, seq, v }), privateKey)
  return { v, k, seq, sig, ...(salt !== undefined && { salt }), ...(cas !== undefined && { cas }) }
}

const sha1 = content => createHash('sha1').update(content).digest('hex')
const keyOf = ({ v, k, salt = '' }) => sha1(k ? join(k, salt) : encode(v))

const put = (args, error = null) => ({
  put: toJson(args),
  key: keyOf(args),
  ...(args.sig && { signed: signedBytes(args).toString('hex') }),
  ...(error === null ? { stored: true } : { error })
})
const get = (value, found, seq) => ({
  get: { target: keyOf(value), ...(seq !== undefined && { seq }) },
  found: toJson(found)
})

const hello = { v: 'Hello World!' }
const first = signed({ seq: 1, v: 'first' })
const second = signed({ seq: 2, v: 'second' })
const salted = signed({ seq: 1, v: 'salted', salt: 'foobar' })
const fieldsOf = ({ v, k, seq, sig }) => ({ v, k, seq, sig })

/** The same signature, with a scalar that is larger by the order of the group. */
function withLargerScalar({ sig, ...rest }) {
  const scalar = BigInt(`0x${Buffer.from(sig.subarray(32)).reverse().toString('hex')}`) + ORDER
  const larger = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').reverse()
  return { ...rest, sig: join(sig.subarray(0, 32), larger) }
}

/** The point of order 1 as key and in the signature: with the scalar 0 it signs everything where nobody looks. */
const neutral = { v: 'x', seq: 1, k: join('\x01', Buffer.alloc(31)), sig: join('\x01', Buffer.alloc(63)) }

const play = (name, ...steps) => ({ name, steps })

export const puts = [
  play('an immutable value', put(hello), put(hello), get(hello, hello)),
  play('an immutable value that is an integer', put({ v: 5 }), get({ v: 5 }, { v: 5 })),
  play('an immutable value that is a list', put({ v: ['a', 1] }), get({ v: ['a', 1] }, { v: ['a', 1] })),
  play('nothing is there', get(hello, null)),
  play('a byte string of 999 bytes', put({ v: 'x'.repeat(999) })),
  play('a byte string of 1,000 bytes', put({ v: 'x'.repeat(1000) }, 205)),
  play('a list of 1,000 bytes when bencoded', put({ v: ['x'.repeat(994)] })),
  play('a list of 1,001 bytes when bencoded', put({ v: ['x'.repeat(995)] }, 205)),
  play('a mutable value', put(first), get(first, fieldsOf(first))),
  play('a newer version', put(first), put(second), get(first, fieldsOf(second))),
  play('an older version', put(second), put(first, 302), get(first, fieldsOf(second))),
  play('the same version again', put(first), put(first)),
  play(
    'the same version with another value',
    put(first),
    put(signed({ seq: 1, v: 'other' }), 302),
    get(first, fieldsOf(first))
  ),
  play('`cas` that fits', put(first), put(signed({ seq: 2, v: 'second', cas: 1 }))),
  play(
    '`cas` that does not fit',
    put(second),
    put(signed({ seq: 3, v: 'third', cas: 1 }), 301),
    get(first, fieldsOf(second))
  ),
  play(
    '`cas` is looked at before the version',
    put(second),
    put(signed({ seq: 1, v: 'first', cas: 1 }), 301)
  ),
  play('`cas` where nothing is stored', put(signed({ seq: 2, v: 'second', cas: 1 }))),
  play(
    'a salt makes another key',
    put(salted),
    put(first),
    get(salted, fieldsOf(salted)),
    get(first, fieldsOf(first))
  ),
  play('a salt of 64 bytes', put(signed({ seq: 1, v: 'x', salt: 's'.repeat(64) }))),
  play('a salt of 65 bytes', put(signed({ seq: 1, v: 'x', salt: 's'.repeat(65) }), 207)),
  play('an empty salt is none', put({ ...first, salt: '' }), get(first, fieldsOf(first))),
  play('signed without the salt', put({ ...first, salt: 'foobar' }, 206)),
  play('signed for another version', put({ ...first, seq: 2 }, 206)),
  play('signed for another value', put({ ...first, v: 'x' }, 206)),
  play('a scalar that is not below the order of the group', put(withLargerScalar(first), 206)),
  play('a key of small order', put(neutral, 206)),
  play(
    'nothing newer is asked for',
    put(second),
    get(first, fieldsOf(second), 1),
    get(first, { seq: 2 }, 2),
    get(first, { seq: 2 }, 3)
  )
]
