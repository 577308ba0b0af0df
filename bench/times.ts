/** Point 4: how soon a client is ready and has found its first peer, against the predecessor in the same run. */

import type { Child } from '../test/helpers/child.js'
import { forkWorker, type Member, startMember } from '../test/helpers/member.js'
import { forkOldNode } from '../test/interop/old-node.js'
import { type Cluster, startCluster, startOldCluster, toOldMember } from './cluster.js'
import { type BenchOptions, createRandom, pick, randomHex } from './options.js'
import { type Cell, fixed, formatTable, median, milliseconds, percent } from './table.js'

/** Nodes that are there before the client; the predecessor survives with so few. */
const NODES = 8
const OLD_PORT = 26882

interface Times {
  ready: number[]
  first: number[]
  rounds: number
}

export async function measureTimes(options: BenchOptions): Promise<string> {
  const random = createRandom(options.seed)
  const ours = await startCluster({ ...options, nodes: NODES, processes: NODES }, random)
  const old = await startOldCluster(NODES, OLD_PORT)
  const times = { ours: createTimes(), old: createTimes() }
  const port = ours.members[0]?.started.port
  try {
    for (let round = 0; round < options.rounds; round++) {
      await measureClient(ours, random, times.ours, forkWorker(), client =>
        startMember(client, { bootstrap: [`127.0.0.1:${port}`] })
      )
      await measureClient(old, random, times.old, forkOldNode(), async client =>
        toOldMember(client, await client.call('start', { bootstrap: [`127.0.0.1:${OLD_PORT}`] }))
      )
    }
  } finally {
    await Promise.all([ours.destroy(), old.destroy()])
  }
  return [
    `### Times of a client that joins ${NODES} nodes`,
    `Medians of ${options.rounds} clients of each kind, in turn, each in a process of its own.`,
    formatTable(
      ['', 'webtorrent-dht', 'predecessor', 'ratio'],
      [
        row('start to `ready`', times.ours.ready, times.old.ready),
        row('`lookup` to the first peer', times.ours.first, times.old.first),
        ['found', found(times.ours), found(times.old), '']
      ]
    )
  ].join('\n\n')
}

async function measureClient(
  cluster: Cluster,
  random: () => number,
  times: Times,
  client: Child,
  start: (client: Child) => Promise<Member>
): Promise<void> {
  const infoHash = randomHex(random)
  await pick(random, cluster.members)
    .announce(infoHash, 1024)
    .catch(() => {}) // it is not found then
  try {
    times.rounds++
    const member = await start(client)
    times.ready.push(member.started.milliseconds)
    const { first } = await member.lookup(infoHash)
    if (first !== null) times.first.push(first)
  } finally {
    client.call('destroy').catch(() => {}) // it ends the process before it answers
    await client.exited
  }
}

function createTimes(): Times {
  return { ready: [], first: [], rounds: 0 }
}

function row(name: string, ours: number[], old: number[]): Cell[] {
  return [name, milliseconds(median(ours)), milliseconds(median(old)), fixed(median(ours) / median(old), 2)]
}

function found({ first, rounds }: Times): string {
  return percent(first.length, rounds)
}
