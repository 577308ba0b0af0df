/** Messages are put together from their parts, whichever way these come, and whatever a member sends. */

import test from 'tape'
import { Inbox, MAX_MESSAGE_BYTES } from '../../src/rooms/inbox.js'
import type { PartHeader } from '../../src/rooms/packets.js'
import type { RoomStream } from '../../src/rooms/streams.js'

const part = (n: number, i: number, rest: Partial<PartHeader> = {}): PartHeader => ({
  t: 'part',
  n,
  i,
  k: 'text',
  ...rest
})
const create = () => new Inbox(() => {})
const bytes = (text: string) => Buffer.from(text)

test('parts in any order, each twice, are one message, once', t => {
  const inbox = create()
  t.equal(inbox.take(part(1, 2, { end: 1 }), bytes('c')), undefined)
  t.equal(inbox.take(part(1, 0), bytes('a')), undefined)
  t.equal(inbox.take(part(1, 0), bytes('x')), undefined)
  t.deepEqual(inbox.take(part(1, 1), bytes('b')), { data: 'abc', channel: undefined })
  t.equal(inbox.take(part(1, 1), bytes('b')), undefined)
  t.deepEqual(inbox.take(part(2, 0, { end: 1, k: 'json', channel: 'c' }), bytes('[1]')), {
    data: [1],
    channel: 'c'
  })
  t.equal(inbox.take(part(3, 0, { end: 1, k: 'json' }), bytes('{')), undefined, 'no JSON')
  t.end()
})

test('a message that is too long, and too many that are not whole, are dropped', t => {
  const inbox = create()
  const big = Buffer.alloc(16 * 1024)
  for (let i = 0; i <= MAX_MESSAGE_BYTES / big.length; i++) inbox.take(part(1, i, { k: 'bytes' }), big)
  t.equal(inbox.take(part(1, 2000, { k: 'bytes', end: 1 }), big), undefined)
  t.ok(inbox.has(part(1, 5)), 'it is over')
  for (let n = 10; n < 27; n++) inbox.take(part(n, 0), bytes('a'))
  t.equal(inbox.take(part(10, 1, { end: 1 }), bytes('b')), undefined, 'the oldest is dropped')
  t.ok(inbox.take(part(26, 1, { end: 1 }), bytes('b')))
  t.end()
})

test('what a member sends in pieces is kept up to a limit for all its messages together', t => {
  const inbox = create()
  const big = Buffer.alloc(16 * 1024)
  const count = MAX_MESSAGE_BYTES / big.length - 1
  for (const n of [1, 2, 3]) for (let i = 0; i < count; i++) inbox.take(part(n, i, { k: 'bytes' }), big)
  t.equal(inbox.take(part(1, count, { k: 'bytes', end: 1 }), big), undefined, 'the oldest is dropped')
  for (const n of [2, 3]) t.ok(inbox.take(part(n, count, { k: 'bytes', end: 1 }), big), `${n} is whole`)
  t.end()
})

test('a stream comes with its first part; parts out of order, and a member that leaves, break it', async t => {
  const inbox = create()
  const first = inbox.take(part(1, 0, { k: 'stream', name: 'a' }), bytes('a'))?.data as RoomStream
  t.equal(first.name, 'a')
  inbox.take(part(1, 1, { k: 'stream' }), bytes('b'))
  inbox.take(part(1, 2, { k: 'stream', end: 1 }), bytes(''))
  t.equal(String(await first.bytes()), 'ab')
  const failureOf = (stream: RoomStream) =>
    stream.bytes().then(
      () => null,
      ({ code }) => code
    )
  const second = inbox.take(part(2, 0, { k: 'stream' }), bytes('a'))?.data as RoomStream
  inbox.take(part(2, 2, { k: 'stream' }), bytes('c'))
  t.equal(await failureOf(second), 'ECONNFAILED')
  const third = inbox.take(part(3, 0, { k: 'stream' }), bytes('a'))?.data as RoomStream
  inbox.close()
  t.equal(await failureOf(third), 'ECONNFAILED')
})

test('a stream that is sent faster than it is read is broken off', async t => {
  const inbox = create()
  const stream = inbox.take(part(1, 0, { k: 'stream' }), bytes('a'))?.data as RoomStream
  for (let i = 1; i < 300; i++) inbox.take(part(1, i, { k: 'stream' }), bytes('b'))
  let count = 0
  try {
    for await (const _ of stream) count++
  } catch {
    t.ok(count > 64 && count < 200, `${count} parts were kept`)
  }
})
