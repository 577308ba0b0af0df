/** Seats: what an origin may hold, and who goes when another one of it comes. */

import { EventEmitter } from 'node:events'
import test from 'tape'
import { originOf, sharedOrigin } from '../../src/connections/origin.js'
import type { PeerConnection } from '../../src/connections/peer-connection.js'
import { Seats } from '../../src/connections/seats.js'
import { idOf } from '../helpers/askers.js'
import { HandClock } from '../helpers/hand-clock.js'

const MAX_CONNECTIONS = 32
const MAX_SEATS = 4
const ADDRESS = '192.0.2.1'
const SECONDS = 1000

let opened = 0

const create = () => new Seats(MAX_CONNECTIONS, connection => connection.close('no room'))

/** An open connection from an origin. */
function from(origin: string | null): PeerConnection & { closedAs?: string } {
  const events = new EventEmitter()
  const connection = Object.assign(events, {
    origin,
    id: idOf(++opened),
    openedAt: opened,
    isDisplaced: false,
    closedAs: undefined as string | undefined,
    close(reason: string) {
      this.closedAs ??= reason
      events.emit('close', reason)
    }
  })
  return connection as unknown as PeerConnection & { closedAs?: string }
}

function seat(seats: Seats, count: number, origin: string | null) {
  const connections = Array.from({ length: count }, () => from(origin))
  for (const connection of connections) seats.take(connection)
  return connections
}

test('one connection more displaces the oldest of its origin, which is closed after a moment', t => {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const seats = create()
  const others = seat(seats, MAX_SEATS, '192.0.2.2')
  const connections = seat(seats, MAX_SEATS + 1, ADDRESS)
  t.deepEqual(
    connections.map(({ isDisplaced }) => isDisplaced),
    [true, false, false, false, false]
  )
  t.equal(connections[0]?.closedAs, undefined, 'not at once: it is told of others')
  clock.move(3 * SECONDS)
  t.equal(connections[0]?.closedAs, 'no room')
  t.notOk(
    others.some(({ isDisplaced }) => isDisplaced),
    'others keep theirs'
  )
  t.end()
})

test('a closed connection leaves its seat', t => {
  const seats = create()
  const connections = seat(seats, MAX_SEATS, ADDRESS)
  connections[2]?.close('disconnected')
  seat(seats, 1, ADDRESS)
  t.notOk(connections.some(({ isDisplaced }) => isDisplaced))
  t.end()
})

test('an introducing relay is an origin; a proxy, and what is not known, are none', t => {
  const seats = create()
  const displaced = (origin: string | null) =>
    seat(seats, MAX_SEATS + 2, origin).filter(({ isDisplaced }) => isDisplaced).length
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  t.equal(displaced(idOf(9).hex), 2)
  t.equal(displaced(sharedOrigin(ADDRESS)), 0)
  t.equal(displaced(null), 0)
  clock.move(3 * SECONDS)
  t.end()
})

test('this machine and private networks are exempt, unless they are not', t => {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const local = ['127.0.0.1', '::1', '10.1.2.3', '192.168.0.7', 'fd00::1', 'fe80::1%eth0']
  for (const exemptsLocal of [true, false]) {
    for (const address of local) {
      const seats = create()
      seats.exemptsLocal = exemptsLocal
      const connections = seat(seats, MAX_SEATS + 1, originOf(address))
      t.equal(connections[0]?.isDisplaced, !exemptsLocal, `${address}, ${exemptsLocal}`)
    }
  }
  clock.move(3 * SECONDS)
  t.end()
})

test('an origin that holds more than a quarter of what it may is crowded', t => {
  const seats = create()
  const [first] = seat(seats, 1, ADDRESS)
  t.equal(first && seats.crowdOf(first), 0)
  t.equal(seats.oldestOfCrowd(ADDRESS), undefined)
  seat(seats, 2, ADDRESS)
  t.equal(first && seats.crowdOf(first), 3)
  t.equal(seats.oldestOfCrowd(ADDRESS), first)
  t.end()
})

test('the third of an origin in a bucket takes the place of the oldest', t => {
  const seats = create()
  const [first, second, third] = seat(seats, 3, ADDRESS)
  const [other] = seat(seats, 1, '192.0.2.2')
  const bucket = [second, first, other].flatMap(connection => connection ?? [])
  t.equal(seats.displacedInBucket(third, bucket), first?.id)
  t.equal(seats.displacedInBucket(third, bucket.slice(1)), undefined, 'there is room')
  t.equal(seats.displacedInBucket(other, bucket), undefined)
  t.equal(seats.displacedInBucket(undefined, bucket), undefined, 'a node that is not connected')
  t.end()
})
