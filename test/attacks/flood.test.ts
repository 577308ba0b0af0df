/** A penalty hits the id and the origin of a flooder together, and nobody else. */

import test from 'tape'
import { runFlood } from './flood.js'

const OTHERS_ARE_IN = { isStopped: true, isVictimIn: true, areOthersIn: true, lost: 0 }

test('a flood under somebody’s id keeps out nobody but the flooder', async t => {
  t.deepEqual(await runFlood('its own address'), { ...OTHERS_ARE_IN, isBack: false })
})

test('nor does one behind a proxy that nobody has said to trust', async t => {
  t.deepEqual(await runFlood('an unknown proxy'), { ...OTHERS_ARE_IN, isBack: false })
})

test('nor one that a relay has introduced', async t => {
  t.deepEqual(await runFlood('a relay'), { ...OTHERS_ARE_IN, isBack: false })
})
