/** A room with more members than are connected to each other: packets are signed, and passed on. */

import test from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import { join } from '../../src/rooms/index.js'
import { FULL_MESH } from '../../src/rooms/mesh.js'
import { createJoined, createNode, destroyAll, eventually } from '../helpers/nodes.js'

const COUNT = FULL_MESH + 4
const DEADLINE = 60_000

test(`${COUNT} members: each hears each other's messages once, and of who leaves, with few connections`, async t => {
  const server = await createNode()
  const nodes: WebTorrentDHT[] = []
  for (let i = 0; i < COUNT; i++) nodes.push(await createJoined(server))
  t.teardown(() => destroyAll(server, ...nodes))
  const guests = nodes.map(dht => {
    const room = join(dht, 'large')
    t.teardown(() => room.leave())
    const messages: unknown[] = []
    room.on('message', data => messages.push(data))
    return { dht, room, messages }
  })
  const areAllIn = (count: number) => guests.every(({ room }) => room.members.length === count - 1)
  t.ok(
    await eventually(() => areAllIn(COUNT), DEADLINE),
    guests.map(({ room }) => room.members.length).join(' ')
  )
  for (const [i, { room }] of guests.entries()) await room.send(i)
  const areAllHeard = () => guests.every(({ messages }) => messages.length >= COUNT - 1)
  t.ok(await eventually(areAllHeard, DEADLINE), guests.map(({ messages }) => messages.length).join(' '))
  await guests[0]?.room.send('the last')
  const isOver = () => guests.slice(1).every(({ messages }) => messages.includes('the last'))
  t.ok(await eventually(isOver, DEADLINE), 'what came twice has come before')
  for (const [i, { messages }] of guests.entries()) {
    const others = guests.flatMap((_, other) => (other === i ? [] : [other]))
    const numbers = messages.filter(message => typeof message === 'number').sort((a, b) => a - b)
    t.deepEqual(numbers, others, `member ${i} got each once`)
  }
  const [first, second, ...rest] = guests as [(typeof guests)[0], ...typeof guests]
  await first.room.leave()
  guests.shift()
  t.ok(await eventually(() => areAllIn(COUNT - 1), DEADLINE), 'by word')
  await destroyAll(second?.dht as (typeof first)['dht'])
  guests.shift()
  t.ok(await eventually(() => areAllIn(COUNT - 2), DEADLINE), 'without a word')
  t.equal(rest.length, COUNT - 2)
})
