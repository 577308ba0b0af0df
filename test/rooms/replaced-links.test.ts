/** Two members that dial each other at the same time have two connections for a moment: nothing of what goes over the one that ends is lost. */

import { randomBytes } from 'node:crypto'
import test from 'tape'
import { sha256 } from '../../src/bound-id.js'
import { join, type RoomStream } from '../../src/rooms/index.js'
import { createRoomNames } from '../../src/rooms/room-names.js'
import { createJoined, createNode, destroyAll, eventually } from '../helpers/nodes.js'

const PART = 16 * 1024

test('a stream goes on when another connection to its receiver takes the place of the one that it goes over', async t => {
  const server = await createNode()
  const nodes = await Promise.all([createJoined(server), createJoined(server)])
  t.teardown(() => destroyAll(server, ...nodes))
  // Of two connections, both ends keep the one that the smaller id has dialled.
  const [small, great] = nodes.sort((one, other) => Buffer.compare(one.nodeId, other.nodeId))
  const name = randomBytes(8).toString('hex')
  const sender = join(small, name)
  const receiver = join(great, name)
  t.ok(await eventually(() => sender.members.length === 1 && receiver.members.length === 1), 'both are in')

  let goOn = () => {}
  const isReplaced = new Promise<void>(resolve => {
    goOn = resolve
  })
  const sending = sender.send(
    (async function* () {
      yield Buffer.alloc(PART, 1)
      await isReplaced
      yield Buffer.alloc(PART, 2)
    })()
  )
  const [stream] = await new Promise<[RoomStream]>(resolve =>
    receiver.once('message', data => resolve([data as RoomStream]))
  )
  const { protocol } = createRoomNames(name, null, bytes => sha256(bytes))
  const peer = await small.dial(great.nodeId, protocol)
  // Its first packet shows that the receiver has taken it.
  await new Promise(resolve => peer.once('data', resolve))
  goOn()
  t.equal(await sending, 1, 'the sender knows that it was sent')
  t.equal((await stream.bytes()).length, 2 * PART, 'all of it is there')
  t.equal(receiver.members.length, 1, 'nobody has left')
})
