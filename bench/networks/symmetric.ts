/** What becomes of a dial between a node behind a symmetric NAT and one behind a port-restricted one. */

import { merge, servers, site, turnServer } from '../../test/networks/plan.js'
import { median } from '../table.js'
import { dialOften, pause, startNode, withBed } from './beds.js'
import type { Row } from './row.js'

const DIALS = 5
const DELAY = 20
/** Milliseconds. */
const SOON = 1000
const REASON = 'ECANNOTMEET'

export const symmetric: Row = {
  name: 'symmetric',
  needsBed: true,
  what: 'dial to or from symmetric without TURN; with',
  before: '10 s ETIMEDOUT; works',
  wanted: '≤ 1 s with reason; works',

  async measure() {
    const uplink = { delay: DELAY }
    const plan = merge(
      servers(uplink),
      site('a', 'port', uplink),
      site('s', 'sym', uplink),
      site('t', 'sym', uplink)
    )
    return withBed(plan, async bed => {
      await bed.coturn()
      const a = await startNode(bed, 'a')
      const s = await startNode(bed, 's')
      const withTurn = { simple_peer_opts: { config: { iceServers: [...STUN_OF_BED, turnServer()] } } }
      const t = await startNode(bed, 't', withTurn)
      await pause(5)
      const failed = await dialOften(2 * DIALS, i => (i % 2 === 0 ? [a, s] : [s, a]))
      const over = await dialOften(2 * DIALS, i => (i % 2 === 0 ? [a, t] : [t, a]))
      const slowest = Math.max(...failed.failures)
      const isSaid = failed.times.length === 0 && failed.codes.every(code => code === REASON)
      return {
        now: `${slowest} ms ${failed.codes.join(', ')}; ${over.times.length} of ${2 * DIALS} work, ${Math.round(median(over.times))} ms`,
        isMet: isSaid && slowest <= SOON && over.failures.length === 0,
        conditions: `Node.js, 80 ms, the other end port-restricted; ${DIALS} dials in each direction, the slowest that failed, and the median over TURN, which only the symmetric end has${over.codes.length > 0 ? `; with TURN: ${over.codes.join(', ')}` : ''}`
      }
    })
  }
}

/** As the nodes use them by default. */
const STUN_OF_BED = [{ urls: ['stun:stun.l.google.com:19302', 'stun:stun.cloudflare.com:3478'] }]
