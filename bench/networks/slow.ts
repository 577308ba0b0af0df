/** Whether homes at the end of the world reach each other. */

import { merge, servers, site } from '../../test/networks/plan.js'
import { median } from '../table.js'
import { dialOften, pause, startNode, withBed } from './beds.js'
import type { Row } from './row.js'

const ROUND_TRIP = 500
const DIALS = 5
const BYTES = 300_000

export const slow: Row = {
  name: 'slow',
  needsBed: true,
  what: 'RTT 500 ms, behind NATs: dial, WebTorrent download',
  before: 'fails',
  wanted: 'works',

  async measure() {
    const uplink = { delay: ROUND_TRIP / 4 }
    const plan = merge(servers(uplink), site('a', 'port', uplink), site('b', 'port', uplink))
    return withBed(plan, async bed => {
      const a = await startNode(bed, 'a')
      const b = await startNode(bed, 'b')
      await pause(3)
      const { times, failures, codes } = await dialOften(DIALS, () => [a, b])
      const { magnet } = await a.agent.call('seed', { size: BYTES })
      await pause(3)
      const download = await b.agent.call('download', { magnet })
      const dials = `${times.length} of ${DIALS} dials${times.length > 0 ? ` (${Math.round(median(times))} ms)` : ''}`
      return {
        now: `${dials}${failures.length > 0 ? `, ${codes.join(', ')}` : ''}; download ${download.ok ? `works (first byte after ${download.byte} ms)` : 'fails'}`,
        isMet: times.length === DIALS && download.ok,
        conditions: `Node.js, port-restricted; medians; one download of ${BYTES / 1000} kB`
      }
    })
  }
}
