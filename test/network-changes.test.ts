/** What a node does when its network may have changed, by a platform and a clock of the test's own. */

import test, { type Test } from 'tape'
import { NetworkChanges } from '../src/network-changes.js'
import { Neighbours } from './helpers/fake-neighbours.js'
import { HandClock } from './helpers/hand-clock.js'

const SECONDS = 1000

function create(t: Test) {
  const clock = new HandClock()
  const neighbours = new Neighbours('A')
  const state = {
    clock,
    neighbours,
    addresses: '10.0.0.2' as string | null,
    done: [] as string[],
    looks: 0,
    tell: (_isNew: boolean) => {},
    isWatching: false,
    /** What was done since the last call. */
    take: () => state.done.splice(0),
    changes: null as unknown as NetworkChanges
  }
  state.changes = new NetworkChanges({
    platform: {
      onNetworkChange: callback => {
        state.isWatching = true
        state.tell = callback
        return () => {
          state.isWatching = false
        }
      },
      ownAddresses: () => {
        state.looks++
        return state.addresses === null ? null : [state.addresses]
      }
    },
    table: neighbours.table,
    pingAll: heardWithin => state.done.push(`ping ${heardWithin}`),
    letGo: () => state.done.push('let go'),
    onBack: () => state.done.push('back'),
    onChanged: () => state.done.push('changed')
  })
  t.teardown(() => {
    state.changes.close()
    neighbours.close()
    clock.restore()
  })
  return state
}

test('in a new network a node lets go of the old one, pings all, and goes on', t => {
  const { tell, take, changes } = create(t)
  tell(true)
  t.deepEqual(take(), ['let go', 'ping 0', 'changed'])
  changes.slept()
  t.deepEqual(take(), ['let go', 'ping 0', 'changed'], 'a machine that slept may be elsewhere')
  tell(false)
  t.deepEqual(take(), ['ping 1000', 'changed'], 'a page that goes on keeps what it has')
  t.end()
})

test('the addresses of the machine are looked at while the node is alone, and no longer', t => {
  const state = create(t)
  const { clock, neighbours, take } = state
  clock.move(2 * SECONDS)
  t.deepEqual(take(), [], 'they are the same')
  state.addresses = '10.0.0.3'
  clock.move(2 * SECONDS)
  t.deepEqual(take(), ['let go', 'ping 0', 'changed'])
  clock.move(60 * SECONDS)
  t.deepEqual(take(), [], 'once')
  neighbours.add('B')
  const { looks } = state
  state.addresses = '10.0.0.4'
  clock.move(60 * SECONDS)
  t.equal(state.looks, looks)
  neighbours.get('B').close('disconnected')
  clock.move(2 * SECONDS)
  t.deepEqual(take(), ['let go', 'ping 0', 'changed'], 'what changed meanwhile is noticed')
  neighbours.add('C')
  t.deepEqual(take(), ['back'], 'once it is not alone')
  t.end()
})

test('a system that does not tell its addresses has not changed', t => {
  const state = create(t)
  state.addresses = null
  state.clock.move(10 * SECONDS)
  state.addresses = '10.0.0.2'
  state.clock.move(10 * SECONDS)
  t.deepEqual(state.take(), [])
  t.end()
})

test('where one neighbour is found dead and none was heard of late, all are pinged', t => {
  const { clock, neighbours, take } = create(t)
  for (const letter of ['B', 'C', 'D', 'E']) neighbours.add(letter)
  neighbours.get('B').close('unresponsive')
  t.deepEqual(take(), [], 'the others were heard just now')
  clock.move(4 * SECONDS)
  neighbours.get('C').close('disconnected')
  t.deepEqual(take(), [], 'one that closed its connection says nothing of the network')
  neighbours.get('D').close('broken')
  t.deepEqual(take(), ['ping 1000'])
  t.end()
})

test('after close nothing is watched', t => {
  const state = create(t)
  state.changes.close()
  state.neighbours.add('B')
  state.neighbours.get('B').close('unresponsive')
  state.addresses = '10.0.0.3'
  state.clock.move(60 * SECONDS)
  t.deepEqual(state.take(), [])
  t.notOk(state.isWatching)
  t.equal(state.clock.pending, 0)
  t.end()
})

test('a page that is told nothing lets go of the old network when all its neighbours are found dead', t => {
  const clock = new HandClock()
  const neighbours = new Neighbours('A')
  const done: string[] = []
  const changes = new NetworkChanges({
    platform: {},
    table: neighbours.table,
    pingAll: () => {},
    letGo: () => done.push('let go'),
    onBack: () => done.push('back'),
    onChanged: () => done.push('changed')
  })
  for (const letter of ['B', 'C', 'D']) neighbours.add(letter)
  neighbours.get('B').close('broken')
  t.deepEqual(done, [], 'others are left')
  neighbours.get('C').close('unresponsive')
  neighbours.get('D').close('broken')
  t.deepEqual(done, ['let go'])
  neighbours.add('B')
  t.deepEqual(done, ['let go', 'back'])
  neighbours.get('B').close('disconnected')
  t.deepEqual(done, ['let go', 'back'], 'a node that left says nothing of the network')
  changes.close()
  neighbours.close()
  clock.restore()
  t.end()
})
