/** How long a dial between two homes takes. */

import { merge, servers, site } from '../../test/networks/plan.js'
import { fixed, median } from '../table.js'
import { dialOften, pause, startNode, withBed } from './beds.js'
import type { Row } from './row.js'

const DIALS = 100
const ROUND_TRIP = 80
/** Milliseconds. */
const MOST = 760
const SLOW = 1500

export const dial: Row = {
  name: 'dial',
  needsBed: true,
  what: 'dial, Node.js to Node.js, both port-restricted, 80 ms: median, worst, above 1.5 s',
  before: '1,180 ms on a quiet machine, 2,070 on a busy one (ideal about 560)',
  wanted: `≤ ${MOST} ms, none above 1.5 s of 100`,

  async measure() {
    const uplink = { delay: ROUND_TRIP / 4 }
    const plan = merge(servers(uplink), site('a', 'port', uplink), site('b', 'port', uplink))
    return withBed(plan, async bed => {
      const a = await startNode(bed, 'a', {}, true)
      const b = await startNode(bed, 'b', {}, true)
      await pause(2)
      const countMade = async () =>
        (await a.agent.call('trace')).length + (await b.agent.call('trace')).length
      const madeBefore = await countMade()
      const { times, failures, codes } = await dialOften(DIALS, i => (i % 2 === 0 ? [a, b] : [b, a]))
      const made = (await countMade()) - madeBefore
      const worst = Math.max(...times)
      const slow = times.filter(time => time > SLOW).length
      return {
        now: `${Math.round(median(times))} ms, ${worst} ms, ${slow} of ${DIALS}${failures.length > 0 ? `; ${failures.length} failed: ${codes.join(', ')}` : ''}`,
        isMet: failures.length === 0 && slow === 0 && median(times) <= MOST,
        conditions: `${DIALS} dials one after the other, in both directions; ${fixed(made / DIALS, 2)} \`RTCPeerConnection\`s at both ends for each`
      }
    })
  }
}
