/** Address book: one node id, one address, for as long as the node is known. */

import test from 'tape'
import { AddressBook } from '../../src/connections/address-book.js'
import { Id } from '../../src/id.js'
import { isMadeUp } from '../../src/place.js'

/** The id whose bytes are all the same, two digits each. */
const idOf = (byte: string) => Id.fromHex(byte.repeat(20))
/** One of many ids. */
const idAt = (i: number) => Id.fromHex(i.toString(16).padStart(40, '0'))
const A = idOf('aa')
const B = idOf('bb')
const place = { host: '192.0.2.7', port: 4000 }

test('each node that others have named gets its own address from 240.0.0.0/4', t => {
  const book = new AddressBook()
  const a = book.learn(A, B)
  const b = book.learn(B, A)
  t.ok(isMadeUp(a.host) && isMadeUp(b.host), 'both are made up')
  t.notDeepEqual(a, b, 'and different')
  t.deepEqual(book.learn(A, B), a, 'and stay')
  t.deepEqual(book.idAt(a), A)
  t.end()
})

test('a node gets its real address when it first connects, and the made-up one still leads to it', t => {
  const book = new AddressBook()
  const name = book.learn(A, B)
  t.deepEqual(book.connected(A, null, place).address, place)
  t.deepEqual(book.idAt(name), A, 'queries under way find it')
  t.deepEqual(
    book.connected(A, null, { host: '192.0.2.8', port: 1 }).address,
    place,
    'it keeps the address from then on'
  )
  t.end()
})

test('the second of two nodes at one address gets a made-up address', t => {
  const book = new AddressBook()
  book.connected(A, null, place).address
  t.ok(isMadeUp(book.connected(B, null, place).address.host))
  t.deepEqual(book.idAt(place), A)
  t.end()
})

test('a dialled node gets exactly the dialled address, which its former node loses', t => {
  const book = new AddressBook()
  book.connected(A, place, null).address
  t.deepEqual(book.addressOf(A), place)
  book.connected(B, place, null).address
  t.deepEqual(book.addressOf(B), place)
  t.ok(isMadeUp(book.addressOf(A)?.host ?? ''), 'the former node is at a name now')
  t.deepEqual(book.idAt(place), B)
  t.end()
})

test('a connected node that is dialled is found at that address, too', t => {
  const book = new AddressBook()
  const observed = { host: '192.0.2.9', port: 9 }
  book.connected(A, null, observed).address
  book.connected(A, place, null).address
  t.deepEqual(book.addressOf(A), observed, 'its address has not changed')
  t.deepEqual(book.idAt(place), A)
  t.end()
})

test('addresses that no node can have are never given out', t => {
  for (const host of ['0.0.0.0', '241.0.0.1', 'fe80::1', 'example.org', '1.2.3.256', '01.2.3.4']) {
    const book = new AddressBook()
    t.ok(isMadeUp(book.connected(A, null, { host, port: 5 }).address.host), host)
  }
  t.ok(isMadeUp(new AddressBook().connected(A, null, { host: '192.0.2.1', port: 0 }).address.host), 'port 0')
  t.end()
})

test('strangers are bounded, and connected nodes are never forgotten', t => {
  const book = new AddressBook()
  const connected = book.connected(A, null, place).address
  for (let i = 0; i < 20_000; i++) book.learn(idAt(i), A)
  const known = Array.from({ length: 20_000 }, (_, i) => book.addressOf(idAt(i))).filter(Boolean).length
  t.equal(known, 512, 'of 20,000')
  t.deepEqual(book.addressOf(A), connected)
  t.end()
})

test('relays of a node are told apart from mere introducers', t => {
  const book = new AddressBook()
  const [c, d] = [idOf('cc'), idOf('dd')]
  book.learn(A, B, true)
  book.learn(A, c)
  book.learn(A, d, true)
  t.deepEqual(book.introducersOf(A), [d, c, B], 'the latest first')
  t.deepEqual(book.relaysTo(A), [d, B])
  t.deepEqual(book.relaysTo(B), [], 'nobody is known to lead to it')
  book.learn(A, B)
  t.deepEqual(book.relaysTo(A), [d], 'what it says last counts')
  t.end()
})

test('a wrong relay is forgotten for its node alone', t => {
  const book = new AddressBook()
  const c = idOf('cc')
  book.learn(A, B, true)
  book.learn(c, B, true)
  book.unlearn(A, B)
  t.deepEqual([book.relaysTo(A), book.introducersOf(A)], [[], []])
  t.deepEqual(book.relaysTo(c), [B])
  book.unlearn(idOf('ee'), B)
  t.equal(book.addressOf(idOf('ee')), undefined, 'a node never heard of stays that')
  t.end()
})

test('at most four relays per node are kept', t => {
  const book = new AddressBook()
  const relays = Array.from({ length: 9 }, (_, i) => idOf(`${i}${i}`))
  for (const relay of relays) book.learn(A, relay, true)
  t.deepEqual(book.relaysTo(A), relays.slice(-4).reverse())
  t.end()
})

test('visitors are bounded, and do not displace strangers', t => {
  const book = new AddressBook()
  const strangers = Array.from({ length: 512 }, (_, i) => idAt(1_000_000 + i))
  for (const stranger of strangers) book.learn(stranger, A, true)
  const connected = book.connected(B, null, place).address
  for (let i = 0; i < 20_000; i++) book.visited(idAt(i), A)
  const known = Array.from({ length: 20_000 }, (_, i) => book.addressOf(idAt(i))).filter(Boolean).length
  t.equal(known, 256, 'visitors, of 20,000')
  t.equal(strangers.filter(stranger => book.addressOf(stranger)).length, 512, 'all of those named by others')
  t.deepEqual(book.addressOf(B), connected)
  t.equal([...book.ids].length, 512 + 256 + 1)
  t.end()
})

test('a visitor that is named by others or connected is no longer a visitor', t => {
  const book = new AddressBook()
  const named = book.visited(idOf('ee'), A)
  book.visited(idOf('ff'), A)
  t.deepEqual(book.relaysTo(idOf('ee')), [A], 'the way that it came is a way to it')
  t.deepEqual(book.learn(idOf('ee'), B, true), named, 'it keeps its address')
  const connected = book.connected(idOf('ff'), null, null).address
  for (let i = 0; i < 300; i++) book.visited(idAt(i), A)
  t.deepEqual(book.addressOf(idOf('ee')), named)
  t.deepEqual(book.addressOf(idOf('ff')), connected)
  t.end()
})

test('claims of visitors do not prevent learning from other nodes', t => {
  const book = new AddressBook()
  const [t1, c, n] = [idOf('dd'), idOf('cc'), idOf('ee')]
  book.connected(n, null, null).address
  for (let i = 1; i <= 4; i++) book.visited(t1, idOf(`${i}${i}`))
  book.learn(c, n, true)
  book.learn(t1, c, true)
  t.deepEqual(book.relaysTo(t1)[0], c, 'what was asked for comes first')
  t.end()
})

test('a near introducer is not displaced by farther ones', t => {
  const book = new AddressBook()
  const [target, near] = [idOf('dd'), idOf('ee')]
  book.connected(near, null, null).address
  const far = Array.from({ length: 6 }, (_, i) => idOf(`${i}${i}`))
  for (const id of far) book.learn(id, near, true)
  book.learn(target, near, true)
  for (const id of far) book.learn(target, id, true)
  t.deepEqual(book.relaysTo(target)[0], near)
  t.equal(book.relaysTo(target).length, 4)
  t.end()
})

test('relays that are gone do not displace those that are left, though these are farther', t => {
  const book = new AddressBook()
  const [target, near, far] = [idOf('dd'), idOf('ee'), idOf('ff')]
  const gone = Array.from({ length: 4 }, (_, i) => idOf(`${i}${i}`))
  for (const id of [near, ...gone]) book.connected(id, null, null)
  for (const id of gone) book.learn(target, id, true)
  for (const id of gone) book.disconnected(id)
  book.learn(far, near, true)
  book.learn(target, far, true)
  t.deepEqual(book.relaysTo(target)[0], far)
  t.equal(book.relaysTo(target).length, 4)
  t.end()
})

test('ids are copied, so that they do not keep their messages in memory', t => {
  const book = new AddressBook()
  const message = Buffer.alloc(60_000, 7)
  const idIn = (start: number) => Id.of(message.fill(start, start, start + 20).subarray(start, start + 20))
  book.learn(idIn(0), idIn(20))
  book.visited(idIn(40), idIn(60))
  const kept = [...book.ids, ...[0, 40].flatMap(start => book.introducersOf(idIn(start)))]
  t.equal(kept.length, 4)
  t.ok(kept.every(({ bytes }) => bytes.buffer !== message.buffer))
  t.end()
})
