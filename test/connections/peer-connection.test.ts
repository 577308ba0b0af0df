/** Connections: an other end that does not read, and how one ends. */

import test from 'tape'
import { Neighbours } from '../helpers/fake-neighbours.js'
import { turn } from '../helpers/fake-peer.js'
import { HandClock } from '../helpers/hand-clock.js'

const BYTES = Buffer.from('de')
const FULL = 2 * 1024 * 1024

test('who does not read gets nothing for a while, and is disconnected then', async t => {
  const { clock, connection, unsent } = create(t)
  unsent(FULL)
  t.notOk(connection.send(BYTES))
  clock.move(4000)
  t.notOk(connection.send(BYTES))
  await turn()
  t.ok(connection.isOpen, 'a burst is forgiven')
  clock.move(2000)
  t.notOk(connection.send(BYTES))
  t.ok(connection.isOpen, 'not in the midst of sending')
  await turn()
  t.ok(connection.isClosed)
})

test('who reads again begins anew', async t => {
  const { clock, connection, unsent } = create(t)
  unsent(FULL)
  connection.send(BYTES)
  clock.move(6000)
  unsent(0)
  t.ok(connection.send(BYTES))
  unsent(FULL)
  t.notOk(connection.send(BYTES))
  await turn()
  t.ok(connection.isOpen)
})

test('a ping is not answered to one who does not read', t => {
  const { connection, unsent } = create(t)
  let answered = 0
  const ping = () => connection.peer.emit('control', 4, () => answered++)
  ping()
  t.equal(answered, 1)
  unsent(FULL)
  ping()
  t.equal(answered, 1)
  t.end()
})

for (const [states, reason] of [
  [[], 'disconnected'],
  [['disconnected', 'failed'], 'broken'],
  [['disconnected'], 'broken'],
  [['disconnected', 'connected'], 'disconnected'],
  [['closed'], 'disconnected']
] as const) {
  test(`a connection that ends after the states of ICE (${states.join(', ')}) is ${reason}`, t => {
    const { connection } = create(t)
    const reasons: string[] = []
    connection.on('close', reason => reasons.push(reason))
    for (const state of states) connection.peer.emit('iceStateChange', state)
    connection.peer.emit('close')
    t.deepEqual(reasons, [reason])
    t.end()
  })
}

for (const [what, initiator, reason] of [
  ['an offer that nobody answers', true, 'unused offer'],
  ['an answering end that does not open', false, 'not opened']
] as const) {
  test(`${what} is closed in time: ${reason}`, t => {
    const { clock, neighbours } = create(t)
    const connection = neighbours.make(initiator)
    connection.peer.emit('signal', { type: initiator ? 'offer' : 'answer', sdp: '' })
    clock.move(1000)
    t.ok(connection.isClosed)
    t.equal(neighbours.table.counters.closed[reason], 1)
    t.end()
  })
}

test('an offer that was answered and does not open is no unused offer', t => {
  const { clock, neighbours } = create(t)
  const connection = neighbours.make(true)
  connection.peer.emit('signal', { type: 'offer', sdp: '' })
  connection.setDeadline(500)
  clock.move(500)
  t.equal(neighbours.table.counters.closed['not opened'], 1)
  t.end()
})

function create(t: test.Test) {
  const clock = new HandClock()
  const neighbours = new Neighbours('A')
  t.teardown(() => {
    neighbours.close()
    clock.restore()
  })
  const connection = neighbours.add('B')
  const unsent = (bufferSize: number) => Object.assign(connection.peer, { bufferSize })
  return { clock, neighbours, connection, unsent }
}
