/** STUN servers that are dead, from the start or later. */

import type { Bed, NodeAgent } from '../bed.js'
import type { Cell, Check } from '../cell.js'
import { merge, STUN2, servers, site } from '../plan.js'
import type { Trace } from '../trace.js'
import { join, joinInPage } from './members.js'

const UPLINK = { delay: 20 }
const DIALS = 10
/** Descriptions that may lack the address: those made before the first was found to lack it. */
const MOST_WITHOUT = 2

/** The first server of the default ones is dead, the second answers. */
async function startSecond(bed: Bed): Promise<void> {
  await bed.service('stun2').call('stun', { addresses: [STUN2] })
}

/** Dials the bootstrap node, and looks at the descriptions. */
async function checkDescriptions(check: Check, agent: NodeAgent, id: string): Promise<void> {
  const before = (await agent.call('trace')).length
  check.ok(before > 0, 'connections are noted')
  for (let i = 0; i < DIALS; i++) await agent.call('dial', { id })
  const described = (await agent.call('trace')).filter(({ local }) => local !== undefined)
  const without = (list: Trace[]) => list.filter(({ local }) => !local?.includes('srflx'))
  check.ok(without(described).length <= MOST_WITHOUT, 'few descriptions have no public address', described)
  const later = described.slice(-DIALS)
  check.equal(without(later).length, 0, `of the last ${later.length} descriptions all have a public address`)
}

export const STUN_SERVERS: Cell[] = [
  {
    title: 'one of two STUN servers is dead: descriptions have a public address, but for the first',
    async run(check, up) {
      const bed = await up(merge(servers(UPLINK), site('home', 'port', UPLINK)), { stun: false })
      await startSecond(bed)
      const { started } = await bed.boot()
      const { agent } = await join(bed, check, 'home', {}, { isTraced: true })
      await checkDescriptions(check, agent, started.id)
    }
  },
  {
    title: 'chromium: one of two STUN servers is dead, and the page is not slow for that',
    needs: ['chromium'],
    async run(check, up) {
      const bed = await up(merge(servers(UPLINK), site('home', 'port', UPLINK)), { stun: false })
      await startSecond(bed)
      const { started } = await bed.boot()
      const { agent } = await joinInPage(bed, check, 'home', 'chromium')
      await checkDescriptions(check, agent, started.id)
    }
  },
  {
    title: 'chromium: a page behind a symmetric NAT says so',
    needs: ['chromium'],
    async run(check, up) {
      const bed = await up(merge(servers(UPLINK), site('home', 'sym', UPLINK)))
      await bed.boot()
      const { agent } = await joinInPage(bed, check, 'home', 'chromium')
      check.equal((await agent.call('state')).network, 'symmetric', 'dht.network is symmetric')
    }
  }
]
