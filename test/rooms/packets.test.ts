/** The packets of rooms: what is one, and what is not. */

import { randomBytes } from 'node:crypto'
import test from 'tape'
import { idOfKey } from '../../src/bound-id.js'
import { nodePlatform } from '../../src/platform-node.js'
import { Identity } from '../../src/rooms/identity.js'
import {
  encodeContent,
  encodeUnsigned,
  type Header,
  MAX_BODY_BYTES,
  parsePacket
} from '../../src/rooms/packets.js'

const INFO_HASH = Buffer.alloc(20, 7)
const ID = 'ab'.repeat(20)
const parse = (header: unknown, body?: Buffer) =>
  parsePacket(encodeUnsigned(encodeContent(header as Header, body)), INFO_HASH)

test('packets are read as they were written', t => {
  const headers: Header[] = [
    { t: 'hello', at: 4, presence: { nick: 'é' }, members: [ID] },
    { t: 'here', from: ID, at: 5 },
    { t: 'bye' },
    { t: 'bye', from: ID, at: 6, reason: 'full' },
    { t: 'gone', from: ID, who: ID, at: 0 },
    { t: 'part', n: 1, i: 0, k: 'stream', end: 1, name: 'a.txt', size: 3 },
    { t: 'more', n: 1, i: 16 },
    { t: 'ping', n: 0 }
  ]
  for (const header of headers) {
    const packet = parse(header, Buffer.from('body'))
    t.deepEqual([packet?.header, String(packet?.body), packet?.signed], [header, 'body', null])
  }
  t.end()
})

test('what is no packet is nothing', t => {
  const wrong: unknown[] = [
    null,
    [],
    7,
    {},
    { t: 'unknown' },
    { t: 'hello', at: 4 },
    { t: 'hello', members: [] },
    { t: 'hello', at: 4, members: Array(65).fill(ID) },
    { t: 'hello', at: 4, members: ['no id'] },
    { t: 'hello', at: 4, members: [], presence: 'p'.repeat(1025) },
    { t: 'here', from: 'x', at: 1 },
    { t: 'here', from: ID, at: -1 },
    { t: 'part', n: 1, i: 0, k: 'code' },
    { t: 'part', n: 1, i: 0.5, k: 'text' },
    { t: 'part', n: 1, i: 0, k: 'text', name: 'n'.repeat(257) },
    { t: 'more', n: 1 },
    { t: 'ping' }
  ]
  for (const header of wrong) t.equal(parse(header), undefined, JSON.stringify(header)?.slice(0, 60))
  t.equal(parse({ t: 'ping', n: 1 }, Buffer.alloc(MAX_BODY_BYTES + 1)), undefined, 'a body that is too long')
  for (const bytes of ['', '00', '02', '0000', '00ffff', '01', '0000017b']) {
    t.equal(parsePacket(Buffer.from(bytes, 'hex'), INFO_HASH), undefined, bytes)
  }
  for (let i = 0; i < 200; i++) parsePacket(randomBytes(i), INFO_HASH)
  t.end()
})

test('a signature holds for its sender, its room, and its content', async t => {
  const keys = nodePlatform.createNodeKey(randomBytes(32))
  const id = idOfKey(keys.publicKey).toString('hex')
  const { verify } = nodePlatform
  const identity = new Identity({ infoHash: INFO_HASH, keys, verify })
  const signed = (await identity.sign({ t: 'here', from: id, at: 1 }, Buffer.from('x'))) as Buffer
  const isBy = async (bytes: Buffer, who = id, infoHash = INFO_HASH) => {
    const packet = parsePacket(bytes, infoHash)
    return packet !== undefined && (await identity.isBy(who, packet))
  }
  t.ok(await isBy(signed))
  t.notOk(await isBy(signed, ID), 'another id')
  t.notOk(await isBy(signed, id, Buffer.alloc(20, 8)), 'another room')
  for (const at of [1, 40, signed.length - 1]) {
    const changed = Buffer.from(signed)
    changed[at] = (changed[at] ?? 0) ^ 1
    t.notOk(await isBy(changed), `byte ${at} changed`)
  }
  const claimed = new Identity({ infoHash: INFO_HASH, keys: null, verify })
  t.equal(await claimed.sign({ t: 'here', from: ID, at: 1 }), null, 'an id that is a claim signs nothing')
})
