/** CPU time of joining, a lookup, a put and a dial among real nodes in one process: all of them together. */

import { randomBytes } from 'node:crypto'
import type WebTorrentDHT from '../../src/index.js'
import { lookup, put } from '../../test/helpers/lookups.js'
import { createJoined, createNode, destroyAll } from '../../test/helpers/nodes.js'

const NODES = 8
const TIMES = 20
const PROTOCOL = 'cost'

/** @returns milliseconds of CPU time of one call */
export async function measureCpu(): Promise<Record<'join' | 'lookup' | 'put' | 'dial', number>> {
  const first = await createNode()
  const nodes: WebTorrentDHT[] = [first]
  const join = await timesOf(NODES - 1, async () => void nodes.push(await createJoined(first)))
  for (const node of nodes) node.handle(PROTOCOL, dial => void dial.accept().on('error', () => {}))
  const [asker = first] = nodes.slice(1)
  const ofLookup = await timesOf(TIMES, () => lookup(asker, randomBytes(20).toString('hex')))
  const ofPut = await timesOf(TIMES, () => put(asker, randomBytes(20).toString('hex')))
  // By several nodes: one may dial twice a second.
  const dial = await timesOf(NODES, async i => {
    const [caller = first, target = first] = [nodes[i], nodes[(i + 1) % NODES]]
    const peer = await caller.dial(target.nodeId, PROTOCOL)
    peer.destroy()
  })
  await destroyAll(...nodes)
  return { join, lookup: ofLookup, put: ofPut, dial }
}

async function timesOf(count: number, call: (i: number) => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  for (let i = 0; i < count; i++) await call(i)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / count
}
