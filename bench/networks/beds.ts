/** Testbeds for the rows, and the nodes in them. */

import type { WebTorrentDHTOptions } from '../../src/api.js'
import { Bed, type BedSettings, type BrowserAgent, type NodeAgent } from '../../test/networks/bed.js'
import type { Dialled, Started } from '../../test/networks/operations.js'
import type { Plan } from '../../test/networks/plan.js'

export type Kind = 'node' | 'chromium'

/** A node that was told to start: in Node.js, or in a page. */
export interface Member extends Started {
  readonly agent: NodeAgent
}

/** Makes a bed with a bootstrap node, and takes it down when the work is done. */
export async function withBed<Result>(
  plan: Plan,
  work: (bed: Bed) => Promise<Result>,
  settings: BedSettings = {}
): Promise<Result> {
  await using bed = await Bed.up(plan, settings)
  await bed.boot()
  return await work(bed)
}

/** Starts a node in Node.js. @param isTraced it notes what became of each connection */
export async function startNode(
  bed: Bed,
  host: string,
  options: WebTorrentDHTOptions = {},
  isTraced = false
): Promise<Member> {
  const agent = bed.node(host, { isTraced })
  return start(bed, agent, options)
}

/** Loads a page of the bootstrap node in Chromium, and starts a node in it. */
export async function startPage(bed: Bed, host: string, options: WebTorrentDHTOptions = {}): Promise<Member> {
  return start(bed, await openPage(bed, host), options)
}

export async function openPage(bed: Bed, host: string): Promise<NodeAgent> {
  const agent: BrowserAgent = await bed.browser(host, 'chromium')
  await agent.call('open')
  return agent as unknown as NodeAgent // it can be told all that a node can
}

/** Starts a node in a process or page that is there already. */
export async function start(bed: Bed, agent: NodeAgent, options: WebTorrentDHTOptions): Promise<Member> {
  const started = await agent.call('start', { options: { bootstrap: bed.place, ...options } })
  return { agent, ...started }
}

/** Dials so often, one after the other. */
export interface Dials {
  /** Milliseconds of those that opened; of those that failed. */
  times: number[]
  failures: number[]
  /** Why they failed, each reason once. */
  codes: string[]
}

export async function dialOften(
  count: number,
  pairOf: (i: number) => [from: Member, to: Member]
): Promise<Dials> {
  const dials: Dials = { times: [], failures: [], codes: [] }
  for (let i = 0; i < count; i++) {
    const [from, to] = pairOf(i)
    note(dials, await from.agent.call('dial', { id: to.id }))
  }
  return dials
}

function note(dials: Dials, dialled: Dialled): void {
  if ('open' in dialled && dialled.ok) return void dials.times.push(dialled.open)
  const { code, ms } = 'code' in dialled ? dialled : { code: 'no echo', ms: dialled.done }
  dials.failures.push(ms)
  if (!dials.codes.includes(code)) dials.codes.push(code)
}

export function pause(seconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 1000 * seconds))
}
