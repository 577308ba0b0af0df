/** What a lookup costs in `RTCPeerConnection`s, and how many of those made come to something. */

import { setTimeout as pause } from 'node:timers/promises'
import type { Member } from '../test/helpers/member.js'
import { type Cluster, startCluster, startOldCluster } from './cluster.js'
import { type BenchOptions, createRandom, pick, randomHex } from './options.js'
import { type Cell, fixed, formatTable, median, percent } from './table.js'

/** Milliseconds in which what a lookup began may still make a connection. */
const AFTERMATH = 150
const OLD_PORT = 26881

export async function measureConnections(options: BenchOptions): Promise<string> {
  const clusters = [
    { name: `${options.nodes} nodes`, start: () => startCluster(options, createRandom(options.seed)) },
    {
      name: `predecessor, ${options.oldNodes} nodes, joined one by one`,
      start: () => startOldCluster(options.oldNodes, OLD_PORT)
    }
  ]
  const rows: Cell[][] = []
  for (const { name, start } of options.oldNodes > 0 ? clusters : clusters.slice(0, 1)) {
    const cluster = await start()
    try {
      const random = createRandom(options.seed + 1)
      const isOld = name.startsWith('predecessor')
      rows.push(await measurePhase(`${name}: just joined`, cluster, random, options.lookups, isOld))
      if (!isOld) await measurePhase('', cluster, random, options.lookups, isOld) // settles it
      rows.push(await measurePhase(`${name}: settled`, cluster, random, options.lookups, isOld))
      const { made, opened } = await cluster.counts()
      rows.push([`${name}: all in all`, '', '', '', `${made} / ${opened} = ${fixed(made / opened, 2)}`])
    } finally {
      await cluster.destroy()
    }
  }
  rows.push(['predecessor, 64 nodes (measured earlier)', '7.4', '', '', ''])
  return [
    '### `RTCPeerConnection`s per lookup',
    'Each lookup alone in the swarm, at a random node, for a hash that another random node announced. Both ends of a connection count.',
    formatTable(['swarm', 'per lookup: median / mean', 'worst', 'found', 'made / opened'], rows)
  ].join('\n\n')
}

async function measurePhase(
  name: string,
  cluster: Cluster,
  random: () => number,
  lookups: number,
  isOld: boolean
): Promise<Cell[]> {
  const { members } = cluster
  const before = await cluster.counts()
  const costs: number[] = []
  let found = 0
  for (let i = 0; i < lookups; i++) {
    const infoHash = randomHex(random)
    const by = pick(random, members)
    const from = pick(
      random,
      members.filter(member => member !== by)
    )
    await by.announce(infoHash, 1024 + i).catch(() => {}) // the lookup will not find it
    await pause(AFTERMATH)
    const { cost, isFound } = await costOf(cluster, from, infoHash)
    costs.push(cost)
    if (isFound) found++
    if (isOld && cluster.processes.some(process => process.faults.length > 20)) break
  }
  const after = await cluster.counts()
  const made = after.made - before.made
  const opened = after.opened - before.opened
  const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length
  return [
    name,
    `${fixed(median(costs))} / ${fixed(mean)}`,
    Math.max(...costs),
    percent(found, costs.length),
    `${made} / ${opened}${opened > 0 ? ` = ${fixed(made / opened, 2)}` : ''}`
  ]
}

async function costOf(cluster: Cluster, from: Member, infoHash: string) {
  const before = (await cluster.counts()).made
  const { ports } = await from.lookup(infoHash)
  await pause(AFTERMATH)
  return { cost: (await cluster.counts()).made - before, isFound: ports.length > 0 }
}
