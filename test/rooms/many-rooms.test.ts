/** One node in many rooms, and members who call themselves the same. */

import { randomBytes } from 'node:crypto'
import test from 'tape'
import { join, type Room } from '../../src/rooms/index.js'
import { createJoined, createNode, destroyAll, eventually } from '../helpers/nodes.js'

const ROOMS = 20
/** Milliseconds. Each of the rooms is announced, watched and dialled; an idle machine needs some three seconds for all. */
const MET_WITHIN = 60_000

test(`two nodes in ${ROOMS} rooms each hear in a room what was said there, and nothing else`, async t => {
  const warnings: Error[] = []
  const note = (warning: Error) => warnings.push(warning)
  process.on('warning', note)
  t.teardown(() => process.off('warning', note))
  const server = await createNode()
  const [a, b] = await Promise.all([createJoined(server), createJoined(server)])
  const names = Array.from({ length: ROOMS }, () => randomBytes(8).toString('hex'))
  const ofA = names.map(name => join(a, name))
  const heard = names.map(() => [] as unknown[])
  const ofB = names.map((name, i) => {
    const room = join(b, name)
    room.on('message', data => heard[i]?.push(data))
    return room
  })
  const areMet = (rooms: Room[]) => rooms.every(({ members }) => members.length === 1)
  t.ok(await eventually(() => areMet(ofA) && areMet(ofB), MET_WITHIN), 'they meet in all')
  const sent = await Promise.all(ofA.map((room, i) => room.send(`in ${i}`)))
  t.deepEqual(
    sent,
    names.map(() => 1)
  )
  t.ok(await eventually(() => heard.every(({ length }) => length > 0)), 'a message in each')
  t.deepEqual(
    heard,
    names.map((_, i) => [`in ${i}`])
  )
  await Promise.all(ofA.slice(1).map(room => room.leave()))
  t.ok(
    await eventually(() => ofB.slice(1).every(({ members }) => members.length === 0)),
    'gone from all but one'
  )
  t.equal(ofB[0]?.members.length, 1)
  t.equal(await ofB[0]?.send('still here'), 1)
  t.deepEqual(warnings, [], 'so many listeners are no leak')
  await destroyAll(a, b, server)
})

test('members who call themselves the same are two, and each gets what is for it', async t => {
  const server = await createNode()
  const nodes = await Promise.all(Array.from({ length: 3 }, () => createJoined(server)))
  const name = randomBytes(8).toString('hex')
  const heard: string[] = []
  const rooms = nodes.map((node, i) => {
    const room = join(node, name, { presence: { nick: 'ann' } })
    room.on('message', data => heard.push(`${i}: ${data}`))
    return room
  })
  t.ok(await eventually(() => rooms.every(({ members }) => members.length === 2)))
  const [first, , third] = rooms as [Room, Room, Room]
  const members = first.members
  t.deepEqual(
    members.map(({ presence }) => presence),
    [{ nick: 'ann' }, { nick: 'ann' }]
  )
  t.equal(new Set(members.map(({ id }) => id)).size, 2)
  const idOfThird = Buffer.from(nodes[2]?.nodeId ?? []).toString('hex')
  t.equal(await first.send('for the third', idOfThird), 1)
  t.equal(await third.send('for all'), 2)
  t.ok(await eventually(() => heard.length === 3))
  t.deepEqual(heard.sort(), ['0: for all', '1: for all', '2: for the third'])
  await destroyAll(...nodes, server)
})
