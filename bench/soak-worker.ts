/** The process of `soak.ts`: one node stays, and others join it and leave. */

import { setTimeout as pause } from 'node:timers/promises'
import { WebTorrentDHT } from '../src/index.js'
import { serve } from '../test/helpers/child.js'
import { type Holdings, measureHoldings } from '../test/helpers/holdings.js'

/** What the process holds, and how many of the nodes that came so far were not ready. */
export interface SoakHoldings extends Holdings {
  failed: number
}

/** Nodes that join and leave at the same time. */
const AT_ONCE = 5
/** Milliseconds after which all that a node keeps on purpose for a while after a disconnect is gone. */
const SETTLE = 5000

let hub: WebTorrentDHT
let failed = 0

async function start(): Promise<SoakHoldings> {
  hub = new WebTorrentDHT({ bootstrap: false, simple_peer_opts: { config: { iceServers: [] } } })
  await new Promise<void>(resolve => hub.listen(0, '127.0.0.1', resolve))
  return holdings()
}

async function comeAndGo(count: number): Promise<SoakHoldings> {
  for (let left = count; left > 0; left -= AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, left) }, comeAndGoOnce))
  }
  return holdings()
}

async function comeAndGoOnce(): Promise<void> {
  const node = new WebTorrentDHT({
    bootstrap: [`127.0.0.1:${hub.address().port}`],
    simple_peer_opts: { config: { iceServers: [] } }
  })
  await new Promise<void>(resolve => node.once('ready', resolve))
  if (node.nodes.count() === 0) failed++
  await new Promise<void>(resolve => node.destroy(resolve))
}

async function holdings(): Promise<SoakHoldings> {
  await pause(SETTLE)
  return { ...(await measureHoldings(hub)), failed }
}

/** The callback of `destroy` is the moment from which the parent counts. */
async function destroy(): Promise<void> {
  await new Promise<void>(resolve => hub.destroy(resolve))
  setImmediate(() => process.disconnect())
}

serve({ start, comeAndGo, destroy })
