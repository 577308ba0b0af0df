/** How many connections are made in vain where some nodes cannot meet. */

import type { Stats } from '../../src/api.js'
import { BOOT, BOOT_PORT, BOOT2, merge, publicHost, servers, site } from '../../test/networks/plan.js'
import { percent } from '../table.js'
import { type Member, pause, start, withBed } from './beds.js'
import type { Row } from './row.js'

const NODES = 24
const PUBLIC = 2
const SYMMETRIC = 2
const DELAY = 20
/** Seconds between two newcomers, and until they are asked anything. */
const BETWEEN = 0.4
const SETTLING = 20
/** Milliseconds that all the processes may take to start. */
const STARTING = 180_000
const MOST = 0.05
/** Why connections are closed that have not opened. A duplicate may have. */
const REASONS = ['not opened', 'failed', 'duplicate', 'unused offer'] as const

export const swarm: Row = {
  name: 'swarm',
  needsBed: true,
  what: `connections that never open, swarm of ${NODES} with ${SYMMETRIC} symmetric`,
  before: '289 of 643',
  wanted: '≤ 5 %',

  async measure() {
    const users = Array.from({ length: NODES - PUBLIC }, (_, i) => ({
      name: `u${i}`,
      isSymmetric: i % 10 === 9 && i < 10 * SYMMETRIC
    }))
    const plan = merge(
      servers(),
      publicHost('boot2', BOOT2),
      ...users.map(({ name, isSymmetric }) => site(name, isSymmetric ? 'sym' : 'port', { delay: DELAY }))
    )
    return withBed(plan, async bed => {
      await bed.boot('boot2', BOOT2, { bootstrap: bed.place })
      const options = { bootstrap: [BOOT, BOOT2].map(address => `http://${address}:${BOOT_PORT}`) }
      const agents = users.map(({ name }) => bed.node(name))
      await Promise.all(agents.map(agent => agent.call('events', STARTING))) // the machine is done with starting processes
      const nodes = await Promise.all(
        agents.map(async (agent, i) => {
          await pause(i * BETWEEN)
          return start(bed, agent, options)
        })
      )
      await pause(SETTLING)
      const { found, asked } = await lookUpAll(nodes)
      const counts = await Promise.all(nodes.map(({ agent }) => agent.call('stats')))
      const sum = (read: (stats: Stats) => number) => counts.reduce((all, stats) => all + read(stats), 0)
      const made = sum(({ connections, offers }) => connections.made - connections.signalling - offers.wasted)
      const opened = sum(({ connections }) => connections.opened)
      const closed = REASONS.map(
        reason => `${sum(({ connections }) => connections.closed[reason])} ${reason}`
      )
      return {
        now: percent(made - opened, made),
        isMet: (made - opened) / made <= MOST,
        conditions: `Node.js; ${PUBLIC} nodes with public addresses, the others port-restricted, 80 ms; made so far by those behind NATs; without unused offers; closed: ${closed.join(', ')}; each has announced and looked up: ${percent(found, asked)} found`
      }
    })
  }
}

/** Each announces, and looks up what six others announced. */
async function lookUpAll(nodes: Member[]): Promise<{ found: number; asked: number }> {
  const hashOf = (i: number) => (i + 16).toString(16).padStart(2, '0').repeat(20)
  await Promise.all(nodes.map(({ agent }, i) => agent.call('announce', { hash: hashOf(i) })))
  let found = 0
  let asked = 0
  for (let distance = 3; distance <= 18; distance += 3) {
    await Promise.all(
      nodes.map(async ({ agent }, i) => {
        const other = (i + distance) % nodes.length
        const { ids } = await agent.call('lookup', { hash: hashOf(other) })
        asked++
        if (ids.includes(nodes[other]?.id ?? '')) found++
      })
    )
  }
  return { found, asked }
}
