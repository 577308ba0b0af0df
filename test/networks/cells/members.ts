/** What cells ask of nodes: to join, to find each other, to be reached. */

import type { WebTorrentDHTOptions } from '../../../src/api.js'
import type { Bed, BrowserAgent, NodeAgent } from '../bed.js'
import type { Check } from '../cell.js'
import type { NodeSettings } from '../node-agent.js'
import type { Started } from '../operations.js'

export interface Member {
  agent: NodeAgent
  started: Started
}

const POLL_INTERVAL = 300

/** Starts a node and checks that it gets in. */
export async function join(
  bed: Bed,
  check: Check,
  host: string,
  options: WebTorrentDHTOptions = {},
  settings: NodeSettings = {}
): Promise<Member> {
  const agent = bed.node(host, settings)
  const started = await agent.call('start', { options: { bootstrap: bed.place, ...options } })
  check.ok(started.ready !== null && started.first !== null, `${host} joins`, started)
  return { agent, started }
}

/** The same in a page. @param host of that name in the bed */
export async function joinInPage(
  bed: Bed,
  check: Check,
  host: string,
  kind: 'chromium' | 'firefox'
): Promise<{ agent: BrowserAgent; started: Started }> {
  const agent = await bed.browser(host, kind)
  await agent.call('open', 120_000)
  const started = await agent.call('start', { options: { bootstrap: bed.place } })
  check.ok(started.ready !== null && started.first !== null, `${host} joins in ${kind}`, started)
  return { agent, started }
}

/** One announces and the other finds it; one puts and the other gets it. */
export async function checkUse(check: Check, a: Member, b: Member): Promise<void> {
  const hash = a.started.id
  await a.agent.call('announce', { hash })
  const { ids } = await b.agent.call('lookup', { hash })
  check.ok(ids.includes(a.started.id), `${b.agent.name} finds ${a.agent.name}`, ids)
  const text = `by ${b.agent.name}`
  const { key, error } = await b.agent.call('put', { text })
  check.equal(error, null, `${b.agent.name} puts a value`)
  const got = await a.agent.call('get', { key: key ?? '' })
  check.equal(got.text, text, `${a.agent.name} gets the value of ${b.agent.name}`)
}

export async function checkDial(check: Check, from: Member, to: Member): Promise<void> {
  const dialled = await from.agent.call('dial', { id: to.started.id })
  check.ok(dialled.ok, `${from.agent.name} dials ${to.agent.name}`, dialled)
}

/** Waits until something holds. @returns milliseconds that it took; `null`: it did not in `limit` milliseconds */
export async function until(limit: number, holds: () => Promise<boolean>): Promise<number | null> {
  const at = Date.now()
  while (!(await holds())) {
    if (Date.now() - at > limit) return null
    await pause(POLL_INTERVAL)
  }
  return Date.now() - at
}

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
