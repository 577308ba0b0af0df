/** How many round trips a newcomer behind a NAT needs to join. */

import { BOOT, BOOT_PORT, merge, servers, site } from '../../test/networks/plan.js'
import { fixed, median } from '../table.js'
import { type Kind, pause, startNode, startPage, withBed } from './beds.js'
import type { Row } from './row.js'

/** Long, so that what the machine has to do matters little. */
const ROUND_TRIP = 400
const NEWCOMERS = 3
const MOST: Record<Kind, number> = { node: 9, chromium: 7 }

/** As people write it: without a scheme. A page knows the one of its own server. */
const PLACE = { bootstrap: `${BOOT}:${BOOT_PORT}` }

interface Joined {
  ready: number
  first: number
}

export const joining: Row = {
  name: 'joining',
  needsBed: true,
  what: 'joining, in round trips: Node.js, Chromium',
  before: '12.9, 8.4',
  wanted: `≤ ${MOST.node}, ≤ ${MOST.chromium}`,

  async measure() {
    const node = await measureKind('node')
    const page = await measureKind('chromium')
    return {
      now: `${fixed(node.ready)}, ${fixed(page.ready)}`,
      isMet: node.ready <= MOST.node && page.ready <= MOST.chromium,
      conditions: `from the node's making to \`'ready'\`, a round trip of ${ROUND_TRIP} ms; medians of ${NEWCOMERS}, behind port-restricted NATs; the bootstrap node has one other member; Node.js knows it as \`host:port\`, the page as its own server; connected after ${fixed(node.first)}, ${fixed(page.first)}`
    }
  }
}

async function measureKind(kind: Kind): Promise<Joined> {
  const uplink = { delay: ROUND_TRIP / 4 }
  const newcomers = Array.from({ length: NEWCOMERS }, (_, i) => `x${i}`)
  const plan = merge(
    servers(uplink),
    site('member', 'port', uplink),
    ...newcomers.map(name => site(name, 'port', uplink))
  )
  return withBed(plan, async bed => {
    await startNode(bed, 'member')
    await pause(3)
    const joined: Joined[] = []
    for (const name of newcomers) {
      const newcomer = kind === 'node' ? await startNode(bed, name, PLACE) : await startPage(bed, name)
      const { ready, first } = newcomer
      if (ready === null || first === null) throw new Error(`${name} did not join`)
      joined.push({ ready: ready / ROUND_TRIP, first: first / ROUND_TRIP })
      await newcomer.agent.end()
    }
    return { ready: median(joined.map(one => one.ready)), first: median(joined.map(one => one.first)) }
  })
}
