/** CPU time of all processes of a swarm for one lookup, announcement and stored value, beside bittorrent-dht over UDP. */

import { setTimeout as pause } from 'node:timers/promises'
import type { Child } from '../test/helpers/child.js'
import { announceAt, startCluster, startUdpCluster, type UdpMember } from './cluster.js'
import { type BenchOptions, createRandom, pick, randomHex } from './options.js'
import { type Cell, fixed, formatTable, median, milliseconds } from './table.js'

/** Milliseconds from the last join on: the first refreshes of the tables are over. */
const SETTLING_TIME = 60_000
/** Milliseconds in which what was asked may still keep others busy. */
const AFTERMATH = 1000
/** Milliseconds for which the CPU time is measured that the swarm takes by itself. */
const IDLE_TIME = 5000
const ROUNDS = 3
const OPERATIONS = ['lookup', 'lookup of what nobody has', 'announce', 'put'] as const
type Operation = (typeof OPERATIONS)[number]

interface Swarm {
  name: string
  processes: Child[]
  members: UdpMember[]
  /** Of each round. */
  costs: Map<Operation, Cost[]>
  /** CPU milliseconds a second when nobody asks, of each measurement. */
  idle: number[]
}

/** CPU time in milliseconds. */
interface Cost {
  user: number
  all: number
}

type Prepared = () => Promise<unknown>

export async function measureCpu(options: BenchOptions): Promise<string> {
  const { nodes, lookups, seed } = options
  const random = createRandom(seed)
  const own = await startCluster(options, random)
  const udp = await startUdpCluster(options)
  const swarms = [createSwarm('webtorrent-dht', own), createSwarm('bittorrent-dht over UDP', udp)]
  try {
    await pause(SETTLING_TIME)
    for (let round = 0; round < ROUNDS; round++) {
      for (const operation of OPERATIONS) {
        for (const swarm of swarms) await measure(swarm, operation, lookups, random)
      }
    }
    return [
      `### CPU time of what is asked of ${nodes} nodes in ${own.processes.length} processes`,
      `Of all processes together, less what they took just before when nobody asked; medians of ${ROUNDS} rounds of ${lookups}, one after the other. An announcement begins with a lookup of what nobody has, and so does a \`put\`, with \`get\`. In brackets: in user mode.`,
      formatTable(
        ['', 'webtorrent-dht', 'bittorrent-dht over UDP', 'ratio'],
        [...OPERATIONS.map(operation => rowOf(operation, swarms)), idleRow(swarms)]
      )
    ].join('\n\n')
  } finally {
    await Promise.all([own.destroy(), udp.destroy()])
  }
}

function createSwarm(name: string, { processes, members }: Pick<Swarm, 'processes' | 'members'>): Swarm {
  return { name, processes, members, costs: new Map(OPERATIONS.map(operation => [operation, []])), idle: [] }
}

async function measure(
  { processes, members, costs, idle }: Swarm,
  operation: Operation,
  count: number,
  random: () => number
): Promise<void> {
  const prepared: Prepared[] = []
  for (let i = 0; i < count; i++) prepared.push(await prepare(operation, members, random))
  await pause(AFTERMATH)
  const inIdleTime = await watch(processes, () => pause(IDLE_TIME))
  const perSecond = { user: inIdleTime.user / inIdleTime.seconds, all: inIdleTime.all / inIdleTime.seconds }
  const spent = await watch(processes, async () => {
    for (const run of prepared) await run().catch(() => {}) // it has cost what it has cost
    await pause(AFTERMATH)
  })
  idle.push(perSecond.all)
  costs.get(operation)?.push({
    user: (spent.user - perSecond.user * spent.seconds) / count,
    all: (spent.all - perSecond.all * spent.seconds) / count
  })
}

async function prepare(operation: Operation, members: UdpMember[], random: () => number): Promise<Prepared> {
  if (operation === 'lookup') {
    const { infoHash, other } = await announceAt(members, random)
    return () => other.lookup(infoHash)
  }
  const by = pick(random, members)
  const bytes = randomHex(random)
  if (operation === 'put') return () => by.put(bytes)
  return () => (operation === 'announce' ? by.announce(bytes, 6881) : by.lookup(bytes))
}

/** The CPU time of all processes while something goes on. */
async function watch(processes: Child[], run: () => Promise<unknown>): Promise<Cost & { seconds: number }> {
  const before = await cpuOf(processes)
  const startedAt = performance.now()
  await run()
  const seconds = (performance.now() - startedAt) / 1000
  const after = await cpuOf(processes)
  return { user: after.user - before.user, all: after.all - before.all, seconds }
}

async function cpuOf(processes: Child[]): Promise<Cost> {
  const usages = await Promise.all(processes.map(child => child.call<NodeJS.CpuUsage>('cpuUsage')))
  const user = usages.reduce((sum, usage) => sum + usage.user, 0) / 1000
  return { user, all: user + usages.reduce((sum, usage) => sum + usage.system, 0) / 1000 }
}

function rowOf(operation: Operation, swarms: Swarm[]): Cell[] {
  const medians = swarms.map(({ costs }) => {
    const all = costs.get(operation) ?? []
    return { user: median(all.map(cost => cost.user)), all: median(all.map(cost => cost.all)) }
  })
  const [own, udp] = medians
  const cells = medians.map(({ all, user }) => `${milliseconds(all)} (${milliseconds(user)})`)
  return [operation, ...cells, own && udp ? fixed(own.all / udp.all) : '']
}

function idleRow(swarms: Swarm[]): Cell[] {
  return ['a second when nobody asks', ...swarms.map(({ idle }) => milliseconds(median(idle))), '']
}
