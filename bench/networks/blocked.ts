/** What a user whose network blocks UDP can do. */

import type { NodeAgent } from '../../test/networks/bed.js'
import { BOOT, BOOT_PORT, merge, servers, site } from '../../test/networks/plan.js'
import { fixed } from '../table.js'
import { type Kind, type Member, openPage, pause, startNode, withBed } from './beds.js'
import type { Row } from './row.js'

const ROUND_TRIP = 400
/** Round trips from the node's making to its first connection. */
const MOST = 3
/** Milliseconds until it is given up. */
const PATIENCE = 30_000
const HASH = 'be'.repeat(20)

interface User {
  /** What it failed at. */
  failed: string[]
  connected: number
  found: number
}

export const blocked: Row = {
  name: 'blocked',
  needsBed: true,
  what: 'UDP blocked: Node.js, Chromium',
  before: 'ready with 0 nodes, no word',
  wanted: `full user over WebSocket, ≤ ${MOST} round trips to the first lookup`,

  async measure() {
    const users = [await measureKind('node'), await measureKind('chromium')]
    return {
      now: users.map(describe).join('; '),
      isMet: users.every(({ failed, connected }) => failed.length === 0 && connected <= MOST),
      conditions: `announces, is looked up, looks up, puts and gets, in a network with two other members behind NATs; a round trip of ${ROUND_TRIP} ms, from the node's making to its first connection, over which the first lookup goes, and to what the first lookup that finds anything has found; one of each kind`
    }
  }
}

function describe({ failed, connected, found }: User): string {
  const what = failed.length === 0 ? 'full user' : `not ${failed.join(', ')}`
  return `${what}, connected after ${fixed(connected)}, found after ${fixed(found)}`
}

async function measureKind(kind: Kind): Promise<User> {
  const uplink = { delay: ROUND_TRIP / 4 }
  const plan = merge(
    servers(uplink),
    site('a', 'port', uplink),
    site('b', 'port', uplink),
    site('x', 'port', { ...uplink, udp: 0 })
  )
  return withBed(plan, async bed => {
    const a = await startNode(bed, 'a')
    const b = await startNode(bed, 'b')
    await pause(3)
    await a.agent.call('announce', { hash: HASH })
    const options = { bootstrap: `http://${BOOT}:${BOOT_PORT}` }
    const agent = kind === 'node' ? bed.node('x') : await openPage(bed, 'x')
    await agent.call('state').catch(() => {}) // the process has started
    const startedAt = performance.now()
    const starting = agent.call('start', { options })
    const found = (await findSoon(agent, a)) ? performance.now() - startedAt : Number.NaN
    const x = { agent, ...(await starting) }
    const failed = await use(x, a, b)
    const connected = (await agent.call('events')).find(([, what]) => what === 'connected')
    return {
      failed,
      connected: (connected?.[0] ?? Number.NaN) / ROUND_TRIP,
      found: found / ROUND_TRIP
    }
  })
}

/** Looks up what a member has announced, from the start on and until it is found. @returns whether it was */
async function findSoon(agent: NodeAgent, member: Member): Promise<boolean> {
  const until = performance.now() + PATIENCE
  while (performance.now() < until) {
    const { ids } = await agent.call('lookup', { hash: HASH })
    if (ids.includes(member.id)) return true
    await pause(0.1)
  }
  return false
}

/** @returns what did not work */
async function use(x: Member, a: Member, b: Member): Promise<string[]> {
  const failed: string[] = []
  if (!(await x.agent.call('lookup', { hash: HASH })).ids.includes(a.id)) failed.push('looking up')
  const own = 'ad'.repeat(20)
  await x.agent.call('announce', { hash: own })
  if (!(await b.agent.call('lookup', { hash: own })).ids.includes(x.id)) failed.push('announcing')
  const mine = await x.agent.call('put', { text: 'of x' })
  if (mine.key === null || (await b.agent.call('get', { key: mine.key })).text !== 'of x')
    failed.push('putting')
  const theirs = await a.agent.call('put', { text: 'of a' })
  if (theirs.key === null || (await x.agent.call('get', { key: theirs.key })).text !== 'of a')
    failed.push('getting')
  return failed
}
