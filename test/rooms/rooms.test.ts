/** Rooms of real nodes in one process. */

import { randomBytes } from 'node:crypto'
import test, { type Test } from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import { join, type Member, type Room, type RoomOptions, type RoomStream } from '../../src/rooms/index.js'
import { codeOf } from '../helpers/calls.js'
import { createJoined, createNode, destroyAll, eventually } from '../helpers/nodes.js'

interface Guest {
  dht: WebTorrentDHT
  room: Room
  id: string
  messages: { data: unknown; from: string; channel: string | undefined }[]
  joined: string[]
  left: string[]
  warnings: string[]
}

const hexOf = (dht: WebTorrentDHT) => Buffer.from(dht.nodeId).toString('hex')

function enter(t: Test, dht: WebTorrentDHT, name: string, options?: RoomOptions): Guest {
  const room = join(dht, name, options)
  const guest: Guest = { dht, room, id: hexOf(dht), messages: [], joined: [], left: [], warnings: [] }
  room.on('message', (data, { id }, channel) => guest.messages.push({ data, from: id, channel }))
  room.on('join', ({ id }) => guest.joined.push(id))
  room.on('leave', ({ id }) => guest.left.push(id))
  room.on('warning', (warning: Error & { code?: string }) =>
    guest.warnings.push(warning.code ?? warning.message)
  )
  t.teardown(() => room.leave())
  return guest
}

/** Nodes that have joined through one that listens, which is not among them. */
async function createNodes(
  t: Test,
  count: number
): Promise<{ server: WebTorrentDHT; nodes: WebTorrentDHT[] }> {
  const server = await createNode()
  const nodes = await Promise.all(Array.from({ length: count }, () => createJoined(server)))
  t.teardown(() => destroyAll(server, ...nodes))
  return { server, nodes }
}

const sizesOf = (guests: Guest[]) => guests.map(({ room }) => room.members.length)
const areAllIn = (guests: Guest[]) => sizesOf(guests).every(size => size === guests.length - 1)

test('members find each other, say what they are, and talk: text, bytes, JSON, to all and to one', async t => {
  const { nodes } = await createNodes(t, 3)
  const name = randomBytes(8).toString('hex')
  const guests = nodes.map((node, i) => enter(t, node, name, { presence: { nick: `n${i}` } }))
  const [a, b, c] = guests as [Guest, Guest, Guest]
  t.ok(await eventually(() => areAllIn(guests)), 'each sees the two others')
  t.deepEqual(
    a.room.members.map(({ presence, isProven }) => [(presence as { nick: string }).nick, isProven]).sort(),
    [
      ['n1', true],
      ['n2', true]
    ]
  )
  t.equal(await a.room.send('hello'), 2)
  t.equal(await a.room.send({ x: [1, null] }, b.id), 1)
  t.equal(
    await a.room.send(
      Buffer.from('raw'),
      a.room.members.filter(({ id }) => id === c.id)
    ),
    1
  )
  t.ok(await eventually(() => b.messages.length === 2 && c.messages.length === 2))
  t.deepEqual(
    b.messages.map(({ data }) => data),
    ['hello', { x: [1, null] }]
  )
  t.deepEqual(
    c.messages.map(({ data }) => String(data)),
    ['hello', 'raw']
  )
  t.equal(b.messages[0]?.from, a.id)
  const big = randomBytes(300_000)
  t.equal(await b.room.send(big), 2)
  t.ok(
    await eventually(() => c.messages.some(({ data }) => Buffer.isBuffer(data) && big.equals(data))),
    'in parts, and whole again'
  )
  b.room.presence = { nick: 'other' }
  t.ok(
    await eventually(() =>
      a.room.members.some(({ presence }) => (presence as { nick?: string }).nick === 'other')
    )
  )
  t.ok((await a.room.ping(b.id)) > 0)
})

test('a channel has its own messages', async t => {
  const { nodes } = await createNodes(t, 2)
  const [a, b] = nodes.map(node => enter(t, node, 'channels')) as [Guest, Guest]
  t.ok(await eventually(() => areAllIn([a, b])))
  const got: unknown[] = []
  b.room.channel('moves').on('message', data => got.push(data))
  await a.room.channel('moves').send('e4')
  await a.room.send('hello')
  t.ok(await eventually(() => b.messages.length === 2))
  t.deepEqual(got, ['e4'])
  t.deepEqual(
    b.messages.map(({ channel }) => channel),
    ['moves', undefined]
  )
})

test('a stream is read as fast as its reader reads, with its name', async t => {
  const { nodes } = await createNodes(t, 2)
  const [a, b] = nodes.map(node => enter(t, node, 'streams')) as [Guest, Guest]
  t.ok(await eventually(() => areAllIn([a, b])))
  let made = 0
  async function* parts() {
    for (; made < 400; made++) yield Buffer.alloc(16 * 1024, made % 256)
  }
  const sent = a.room.send(parts())
  t.ok(await eventually(() => b.messages.length === 1))
  t.ok(await eventually(() => made > 60))
  await a.room.send('meanwhile')
  t.ok(await eventually(() => b.messages.length === 2), 'other messages overtake it')
  t.ok(made < 200, `the sender waits: ${made} of 400 parts`)
  const [stream] = b.messages.map(({ data }) => data as RoomStream)
  const bytes = (await stream?.bytes()) ?? Buffer.alloc(0)
  t.equal(bytes.length, 400 * 16 * 1024)
  t.equal(bytes[399 * 16 * 1024], 399 % 256)
  t.equal(await sent, 1)
  await a.room.send(new File(['text of a file'], 'a.txt', { type: 'text/plain' }))
  t.ok(await eventually(() => b.messages.length === 3))
  const file = b.messages[2]?.data as RoomStream
  t.deepEqual([file.name, file.type, file.size], ['a.txt', 'text/plain', 14])
  t.equal(String(await file.bytes()), 'text of a file')
})

test('who leaves is gone at once, by word or without one; the room outlives its bootstrap node', async t => {
  const { server, nodes } = await createNodes(t, 4)
  const guests = nodes.map(node => enter(t, node, 'leaving'))
  const [a, b, c, d] = guests as [Guest, Guest, Guest, Guest]
  t.ok(await eventually(() => areAllIn(guests)))
  await destroyAll(server)
  await b.room.leave()
  t.ok(await eventually(() => a.left.includes(b.id) && d.left.includes(b.id)), 'with a word')
  await destroyAll(c.dht)
  t.ok(await eventually(() => a.left.includes(c.id) && d.left.includes(c.id)), 'its node was destroyed')
  await a.room.send('still here')
  t.ok(await eventually(() => d.messages.some(({ data }) => data === 'still here')))
  t.equal(await codeOf(b.room.send('x')), 'ECLOSED')
  t.deepEqual(
    [...a.left].sort(),
    [b.id, c.id].sort(),
    `nobody else: ${a.left} of ${guests.map(({ id }) => id)}`
  )
})

test('a room that is being left is joined again at once', async t => {
  const { nodes } = await createNodes(t, 2)
  const [first, second] = nodes as [WebTorrentDHT, WebTorrentDHT]
  const name = randomBytes(8).toString('hex')
  const stays = enter(t, first, name)
  const alone = enter(t, second, name)
  const left = [alone.room.leave()]
  const met = enter(t, second, name, { presence: 'second' })
  t.ok(await eventually(() => areAllIn([stays, met])), 'before anybody was met')
  left.push(met.room.leave())
  const again = enter(t, second, name, { presence: 'third' })
  t.ok(await eventually(() => again.joined.length > 0 && stays.joined.length === 2), 'by a member')
  await Promise.all(left)
  t.deepEqual(
    stays.room.members.map(({ presence }) => presence),
    ['third']
  )
  await stays.room.send('hello')
  t.ok(await eventually(() => again.messages.length === 1))
  t.deepEqual([alone.messages, met.messages], [[], []], 'the rooms that were left hear nothing')
})

test('a secret keeps others out, and the addresses of members from those who pass offers on', async t => {
  const { server, nodes } = await createNodes(t, 3)
  const seen: string[] = []
  server.socket.on('message', bytes => seen.push(bytes.toString('latin1')))
  const [a, b] = nodes.slice(0, 2).map(node => enter(t, node, 'secret', { secret: 'pässword' })) as [
    Guest,
    Guest
  ]
  const c = enter(t, nodes[2] as WebTorrentDHT, 'secret', { secret: 'guess' })
  t.ok(await eventually(() => areAllIn([a, b])))
  await a.room.send('among us')
  t.ok(await eventually(() => b.messages.length === 1))
  t.equal(c.room.members.length, 0)
  const dials = seen.filter(text => text.includes('4:dial') || text.includes('x-wdht-sealed'))
  t.ok(
    dials.every(text => !text.includes('a=candidate')),
    `${dials.length} dials passed on, without candidates`
  )
})

test('a full room refuses, as does a member that does not want somebody', async t => {
  const { nodes } = await createNodes(t, 3)
  const [a, b] = nodes.slice(0, 2).map(node => enter(t, node, 'full', { max: 2 })) as [Guest, Guest]
  t.ok(await eventually(() => areAllIn([a, b])))
  const c = enter(t, nodes[2] as WebTorrentDHT, 'full', { max: 2 })
  t.ok(await eventually(() => c.warnings.length > 0))
  // Whoever dials is refused; whoever is dialled hears it from the one that has come.
  for (const code of c.warnings) t.ok(['EREFUSED', 'EFULL'].includes(code), code)
  t.deepEqual(sizesOf([a, b, c]), [1, 1, 0])
  const asked: Member[] = []
  const admit = (member: Member) => {
    asked.push(member)
    return member.presence === 'friend'
  }
  const host = enter(t, nodes[0] as WebTorrentDHT, 'admission', { admit })
  const friend = enter(t, nodes[1] as WebTorrentDHT, 'admission', { presence: 'friend' })
  const stranger = enter(t, nodes[2] as WebTorrentDHT, 'admission', { presence: 'who?' })
  t.ok(await eventually(() => host.room.members.length === 1 && asked.length >= 2))
  t.equal(host.room.members[0]?.id, friend.id)
  t.ok(await eventually(() => stranger.warnings.length > 0))
  t.deepEqual(stranger.warnings, ['EREFUSED'])
  t.ok(!host.joined.includes(stranger.id))
})

test('wrong arguments are told at once', async t => {
  const dht = await createNode()
  t.teardown(() => destroyAll(dht))
  const wrong: [unknown, unknown][] = [
    ['', undefined],
    [7, undefined],
    ['a'.repeat(1025), undefined],
    ['x', { max: 1 }],
    ['x', { secret: '' }],
    ['x', { admit: true }],
    ['x', { presence: 'p'.repeat(2000) }],
    ['x', { typo: 1 }]
  ]
  for (const [name, options] of wrong) {
    t.throws(
      () => join(dht, name as string, options as RoomOptions),
      { code: 'EINVAL' },
      String(name).slice(0, 20)
    )
  }
  const { room } = enter(t, dht, 'alone')
  t.throws(() => join(dht, 'alone'), { code: 'EINVAL' }, 'a room twice')
  t.equal(await room.send('nobody hears it'), 0)
  t.equal(await codeOf(room.send('x', 'f'.repeat(40))), 'ENOTFOUND')
  t.equal(await codeOf(room.send(undefined as never)), 'EINVAL')
  t.equal(await codeOf(room.send('x', {} as never)), 'EINVAL')
  t.throws(
    () => {
      room.presence = 1n
    },
    { code: 'EINVAL' }
  )
})
