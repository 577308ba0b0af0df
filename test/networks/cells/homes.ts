/** Homes: behind port-restricted NATs, as most home routers are. */

import { Bed } from '../bed.js'
import type { Cell } from '../cell.js'
import { merge, servers, site } from '../plan.js'

/** One way of each uplink: the round trip between any two is 80 ms. */
const UPLINK = { delay: 20 }
const HASH = 'ab'.repeat(20)

export const HOMES: Cell[] = [
  {
    title: 'two homes behind port-restricted NATs are full members, and dial each other',
    isShort: true,
    async run(check) {
      await using bed = await Bed.up(
        merge(servers(UPLINK), site('a', 'port', UPLINK), site('b', 'port', UPLINK))
      )
      await bed.boot()
      const [a, b] = [bed.node('a'), bed.node('b')]
      const options = { bootstrap: bed.place }
      const [ofA, ofB] = await Promise.all([a.call('start', { options }), b.call('start', { options })])
      check.ok(ofA.ready !== null && ofB.ready !== null, 'both join', [ofA, ofB])
      await a.call('announce', { hash: HASH })
      const { ids } = await b.call('lookup', { hash: HASH })
      check.ok(ids.includes(ofA.id), 'a is found by b', ids)
      const { key, error } = await b.call('put', { text: 'hello' })
      check.equal(error, null, 'b puts a value')
      check.equal((await a.call('get', { key: key ?? '' })).text, 'hello', 'a gets the value of b')
      for (const [from, to] of [
        [a, ofB.id],
        [b, ofA.id]
      ] as const) {
        const dialled = await from.call('dial', { id: to })
        check.ok(dialled.ok, `${from.name} dials the other`, dialled)
      }
    }
  }
]
