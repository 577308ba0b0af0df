/** What is asked of a settled swarm makes no connections, and how fast that is beside `bittorrent-dht` over UDP. */

import { setTimeout as pause } from 'node:timers/promises'
import { announceAt, type Cluster, startCluster, startUdpCluster, type UdpMember } from './cluster.js'
import { type BenchOptions, createRandom, pick, randomHex } from './options.js'
import { type Cell, fixed, formatTable, median, milliseconds, percent, quantile } from './table.js'

/** Milliseconds in which what was asked may still make a connection. */
const AFTERMATH = 150
/** Milliseconds from the last join on: the first refreshes of the tables are over. */
const SETTLING_TIME = 60_000
/** Of each kind, for every lookup that is asked for: the 99th percentile should not be the worst. */
const OPERATIONS_PER_LOOKUP = 2
/** Their times vary more. */
const FIRST_PEERS_PER_LOOKUP = 4
const PREDECESSOR_FIRST_PEER = 250

/** Milliseconds that each message is held back, to see what lookups take on links that have a delay. */
const LINK_DELAY = 25

export async function measureRoutes(options: BenchOptions): Promise<string> {
  const random = createRandom(options.seed)
  const cluster = await startCluster(options, random)
  const udp = await startUdpCluster(options)
  try {
    await pause(SETTLING_TIME)
    const costs = await measureOperations(cluster, options, random)
    const swarms = { 'webtorrent-dht': cluster.members, 'bittorrent-dht over UDP': udp.members }
    const first = await measureFirstPeers(swarms, FIRST_PEERS_PER_LOOKUP * options.lookups, random)
    for (const process of [...cluster.processes, ...udp.processes]) await process.call('holdBack', LINK_DELAY)
    const firstOnSlowLinks = await measureFirstPeers(swarms, options.lookups, random)
    const ofPredecessor = [
      `ratio to the predecessor (${PREDECESSOR_FIRST_PEER} ms, measured earlier); wanted: at most 0.1`,
      '',
      fixed(first.ofOwn / PREDECESSOR_FIRST_PEER, 2),
      '',
      ''
    ]
    const firstColumns = ['', 'found', 'median', '99 %', 'one query to a node of the table']
    return [
      `### A settled swarm of ${options.nodes} nodes: what is asked makes no connections`,
      'Each alone in the swarm, at a random node. Both ends of a connection count.',
      formatTable(['', 'succeeded', '`RTCPeerConnection`s: median, 99 %, worst', 'time, median'], costs),
      '### Time to the first peer',
      'Lookups in turn, alone, at random nodes, for what random others announced and they do not store, in the same run.',
      formatTable(firstColumns, [...first.rows, ofPredecessor]),
      `The same where each message is held back ${LINK_DELAY} ms, so that no round trip is shorter than ${2 * LINK_DELAY} ms.`,
      formatTable(firstColumns, firstOnSlowLinks.rows)
    ].join('\n\n')
  } finally {
    await Promise.all([cluster.destroy(), udp.destroy()])
  }
}

async function measureOperations(
  cluster: Cluster,
  { lookups }: BenchOptions,
  random: () => number
): Promise<Cell[][]> {
  const { members } = cluster
  const count = OPERATIONS_PER_LOOKUP * lookups
  const operations: Record<string, () => Promise<() => Promise<boolean>>> = {
    lookup: async () => {
      const { infoHash, other } = await announceAt(members, random)
      return async () => (await other.lookup(infoHash)).ports.length > 0
    },
    announce: async () => {
      const by = pick(random, members)
      return async () => by.announce(randomHex(random), 6881).then(() => true)
    },
    put: async () => {
      const by = pick(random, members)
      return async () => by.put(randomHex(random)).then(() => true)
    },
    get: async () => {
      const value = randomHex(random)
      const by = pick(random, members)
      const key = await by.put(value)
      const other = pick(
        random,
        members.filter(member => member !== by)
      )
      return async () => (await other.get(key)) === value
    }
  }
  const rows: Cell[][] = []
  for (const [name, prepare] of Object.entries(operations)) {
    const made: number[] = []
    const times: number[] = []
    let good = 0
    for (let i = 0; i < count; i++) {
      const run = await prepare()
      await pause(AFTERMATH)
      const before = (await cluster.counts()).made
      const startedAt = performance.now()
      if (await run().catch(() => false)) good++
      times.push(performance.now() - startedAt)
      await pause(AFTERMATH)
      made.push((await cluster.counts()).made - before)
    }
    const cost = `${fixed(median(made), 0)}, ${quantile(made, 0.99)}, ${Math.max(...made)}`
    rows.push([`\`${name}\``, percent(good, count), cost, milliseconds(median(times))])
  }
  return rows
}

async function measureFirstPeers(
  swarms: Record<string, UdpMember[]>,
  count: number,
  random: () => number
): Promise<{ rows: Cell[][]; ofOwn: number }> {
  const firstTimes = new Map<string, number[]>()
  const queryTimes = new Map<string, number[]>()
  const note = (times: Map<string, number[]>, name: string, time: number | null) => {
    if (time !== null) times.set(name, [...(times.get(name) ?? []), time])
  }
  for (let i = 0; i < count; i++) {
    for (const [name, swarm] of Object.entries(swarms)) {
      const { infoHash, other } = await announceAt(swarm, random)
      note(firstTimes, name, (await other.lookup(infoHash)).first)
      note(queryTimes, name, await other.askOne())
    }
  }
  const rows = [...firstTimes].map(([name, times]) => [
    name,
    percent(times.length, count),
    milliseconds(median(times)),
    milliseconds(quantile(times, 0.99)),
    milliseconds(median(queryTimes.get(name) ?? []))
  ])
  const ratioOf = (times: Map<string, number[]>) => {
    const [own = [], overUdp = []] = times.values()
    return median(own) / median(overUdp)
  }
  const ratio = [
    'ratio to UDP; wanted: at most 5',
    '',
    fixed(ratioOf(firstTimes), 1),
    '',
    fixed(ratioOf(queryTimes), 1)
  ]
  return { rows: [...rows, ratio], ofOwn: median(firstTimes.values().next().value ?? []) }
}
