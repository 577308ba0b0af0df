/** The newest version of a value among replies, where signatures are checked at once or later. */

import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto'
import test from 'tape'
import { Id } from '../../src/id.js'
import { getFromNetwork } from '../../src/storing/getting.js'
import type { KRPCMessage, Verify } from '../../src/upstream.js'
import { encode } from '../../src/wire/bencode.js'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const k = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
const hash = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest()
const check = (sig: Uint8Array, message: Uint8Array) => verify(null, message, publicKey, sig)

function signed(seq: number): Record<string, unknown> {
  const v = Buffer.from(`version ${seq}`)
  return { v, k, seq, sig: sign(null, encode({ seq, v }).subarray(1, -1), privateKey) }
}

/** Gets the value signed with the key, out of these replies. `afterwards` is called once all were read. */
function get(replies: Record<string, unknown>[], verify: Verify, afterwards = () => {}) {
  const search = async (_: Id, onReply: (reply: KRPCMessage) => boolean) => {
    for (const r of replies) onReply({ t: Buffer.from('t'), y: 'r', r })
    afterwards()
  }
  const wanted = { key: Id.of(hash(k)), verify, salt: undefined, k: undefined, asksAnyway: false }
  return getFromNetwork({ hash, search }, wanted, undefined)
}

const forged = { ...signed(9), v: Buffer.from('forged') }
const replies = [signed(1), signed(3), forged, signed(2)]

test('the newest signed value is found', async t => {
  t.equal((await get(replies, check))?.seq, 3)
})

test('the newest signed value is found, in whatever order signatures are checked', async t => {
  const settle: (() => void)[] = []
  const later: Verify = (sig, message) =>
    new Promise(resolve => settle.unshift(() => resolve(check(sig, message))))
  const found = await get(replies, later, () => {
    for (const next of settle) next()
  })
  t.equal(settle.length, replies.length)
  t.equal(found?.seq, 3)
})

test('a signature that could not be checked is none', async t => {
  const fails = () => Promise.reject(new Error('no WebCrypto'))
  t.equal(await get(replies, fails), null)
})
