/** What a user whose network blocks UDP can do. */

import type { WebTorrentDHTOptions } from '../../src/api.js'
import type { Bed, NodeAgent } from '../../test/networks/bed.js'
import { merge, servers, site } from '../../test/networks/plan.js'
import { fixed } from '../table.js'
import { type Kind, type Member, openPage, pause, startNode, withBed } from './beds.js'
import type { Row } from './row.js'

const ROUND_TRIP = 400
/** Round trips from the node's making to its first connection. */
const MOST = 3
/** Milliseconds until it is given up. */
const PATIENCE = 30_000
const HASH = 'be'.repeat(20)

/** Times are round trips from the node's making. */
interface Stay {
  connected: number
  found: number
}

interface User {
  /** What it failed at. */
  failed: string[]
  first: Stay
  /** Of a new process or page, with the state of the one before. */
  again: Stay
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
      isMet: users.every(({ failed, first }) => failed.length === 0 && first.connected <= MOST),
      conditions: `announces, is looked up, looks up, puts and gets, in a network with two other members behind NATs; a round trip of ${ROUND_TRIP} ms, from the node's making to its first connection, over which the first lookup goes, and to the end of the first lookup that finds what a member has announced; one of each kind; then the same for a user who comes back, with the saved state`
    }
  }
}

function describe({ failed, first, again }: User): string {
  const what = failed.length === 0 ? 'full user' : `not ${failed.join(', ')}`
  return `${what}, connected after ${fixed(first.connected)}, found after ${fixed(first.found)}, when back ${fixed(again.connected)} and ${fixed(again.found)}`
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
    const first = await stay(bed, kind, a)
    const failed = await use(first.member, a, b)
    const state = await first.member.agent.call('save')
    await first.member.agent.end()
    return { failed, first, again: await stay(bed, kind, a, { state: state as object }) }
  })
}

/** Starts a node, which looks up at once what a member has announced. */
async function stay(
  bed: Bed,
  kind: Kind,
  announcer: Member,
  options: WebTorrentDHTOptions = {}
): Promise<Stay & { member: Member }> {
  const agent = kind === 'node' ? bed.node('x') : await openPage(bed, 'x')
  await agent.call('trace') // the process is there
  const startedAt = performance.now()
  const starting = agent.call('start', { options: { bootstrap: bed.place, ...options } })
  const found = (await findSoon(agent, announcer)) ? performance.now() - startedAt : Number.NaN
  const member = { agent, ...(await starting) }
  const [connectedAt = Number.NaN] =
    (await agent.call('events')).find(([, what]) => what === 'connected') ?? []
  return { member, connected: connectedAt / ROUND_TRIP, found: found / ROUND_TRIP }
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
