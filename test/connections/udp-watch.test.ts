/** When offers are in vain. */

import test, { type Test } from 'tape'
import { UdpWatch } from '../../src/connections/udp-watch.js'
import { HandClock } from '../helpers/hand-clock.js'

const SECONDS = 1000

function create(t: Test) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  return { clock, udp: new UdpWatch() }
}

test('without a link over WebSocket offers are made, however many have failed', t => {
  const { udp } = create(t)
  for (let i = 0; i < 10; i++) udp.failed()
  t.ok(udp.mayTry() && !udp.isBlocked)
  t.end()
})

test('beside a link one offer is made now and then, more and more rarely, until one opens', t => {
  const { clock, udp } = create(t)
  udp.linked()
  t.ok(udp.mayTry(), 'a link alone is no block')
  udp.block()
  const trials: number[] = []
  for (let second = 0; second <= 2000; second++) {
    if (udp.mayTry()) trials.push(second)
    clock.move(1 * SECONDS)
  }
  t.deepEqual(trials, [10, 30, 70, 150, 310, 630, 1230, 1830])
  udp.opened()
  t.ok([1, 2, 3].every(() => udp.mayTry()))
  t.end()
})

test('a server that ICE does not hear is a block only where no connection over WebRTC is open', t => {
  let hasOpen = true
  const udp = new UdpWatch(
    () => {},
    () => hasOpen
  )
  udp.linked()
  udp.unheard()
  t.notOk(udp.isBlocked, 'its own fault')
  hasOpen = false
  udp.unheard()
  t.ok(udp.isBlocked)
  t.end()
})

test('a block that is remembered from an earlier run has its trials, and ends with what opens', t => {
  const { clock, udp } = create(t)
  udp.block()
  t.ok(udp.isBlocked && !udp.mayTry())
  clock.move(10 * SECONDS)
  t.ok(udp.mayTry(), 'without a link, too')
  udp.opened()
  t.ok(udp.mayTry() && !udp.isBlocked)
  t.end()
})

test('after a success beside a link three failures in a row are a block again', t => {
  const { udp } = create(t)
  const close = udp.linked()
  udp.opened()
  udp.failed()
  udp.failed()
  t.ok(udp.mayTry())
  udp.failed()
  t.notOk(udp.mayTry())
  udp.opened()
  close()
  for (let i = 0; i < 3; i++) udp.failed()
  t.ok(udp.mayTry(), 'not once the link is closed')
  t.end()
})
