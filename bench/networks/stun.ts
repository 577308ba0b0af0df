/** Whether a dead STUN server costs descriptions their public address. */

import type { Bed } from '../../test/networks/bed.js'
import { BOOT, merge, publicHost, STUN, STUN2, site } from '../../test/networks/plan.js'
import { dialOften, startNode, withBed } from './beds.js'
import type { Row } from './row.js'

const DESCRIPTIONS = 20
/** One way of each uplink: a round trip of 40 ms. */
const DELAY = 10

export const stun: Row = {
  name: 'stun',
  needsBed: true,
  what: 'descriptions with a public address, one of two STUN servers dead',
  before: '10 of 20',
  wanted: '20 of 20',

  async measure() {
    const uplink = { delay: DELAY }
    const plan = merge(
      publicHost('boot', BOOT, uplink),
      publicHost('stun', STUN, uplink),
      publicHost('stun2', STUN2, uplink),
      site('a', 'port', uplink),
      site('b', 'port', uplink)
    )
    const work = async (bed: Bed) => {
      await bed.service('stun').call('stun', { addresses: [STUN] })
      const a = await startNode(bed, 'a', {}, true)
      const b = await startNode(bed, 'b')
      const describe = async () =>
        (await a.agent.call('trace')).filter(({ local }) => local !== undefined).slice(0, DESCRIPTIONS)
      let described = await describe()
      for (let i = 0; described.length < DESCRIPTIONS && i < DESCRIPTIONS; i++) {
        await dialOften(1, () => [a, b])
        described = await describe()
      }
      const isPublic = described.filter(({ local }) => local?.includes('srflx'))
      return {
        now: `${isPublic.length} of ${described.length}`,
        isMet: isPublic.length === DESCRIPTIONS,
        conditions: `the first ${described.length} descriptions of a node in Node.js behind a port-restricted NAT, from its start on; each as it was when it was sent`
      }
    }
    return withBed(plan, work, { stun: false })
  }
}
