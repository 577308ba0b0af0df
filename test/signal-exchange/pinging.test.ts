/** Who does not reply to a ping in the time that its link needs is gone. */

import test, { type Test } from 'tape'
import { Counters } from '../../src/counters.js'
import { Ledger } from '../../src/krpc/ledger.js'
import type { ResolvedOptions } from '../../src/options.js'
import { Pinging } from '../../src/signal-exchange/pinging.js'
import { idOf, Neighbours } from '../helpers/fake-neighbours.js'
import { HandClock } from '../helpers/hand-clock.js'

function create(t: Test) {
  const clock = new HandClock()
  const neighbours = new Neighbours('A')
  const ledger = new Ledger(new Counters())
  t.teardown(() => {
    ledger.close()
    neighbours.close()
    clock.restore()
  })
  const pinging = new Pinging({ id: idOf('A') } as ResolvedOptions, ledger)
  return { clock, neighbours, pinging }
}

test('a silent neighbour on a quick link is gone after 0.7 s, and on a slow one after two round trips and a little', async t => {
  const { clock, neighbours, pinging } = create(t)
  const times = { B: [Number.POSITIVE_INFINITY, 700], C: [20, 700], D: [800, 1900] } as const
  for (const [letter, [roundTripTime, timeout]] of Object.entries(times)) {
    const connection = neighbours.add(letter)
    connection.roundTripTime = roundTripTime
    const asking = pinging.isAlive(connection)
    clock.move(timeout - 1)
    t.notOk(connection.isClosed, `${letter} is waited for`)
    clock.move(1)
    t.notOk(await asking)
    t.ok(connection.isClosed, `${letter} is gone`)
  }
})

test('who is asked whether a connection is its own has as much time', async t => {
  const { clock, neighbours, pinging } = create(t)
  const connection = neighbours.add('B')
  connection.roundTripTime = 800
  const asking = pinging.owns(connection, 'AA')
  clock.move(1899)
  t.notOk(connection.isClosed)
  clock.move(1)
  t.notOk(await asking)
  t.ok(connection.isClosed)
})
