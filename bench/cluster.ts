/** A swarm of real nodes in several processes on this machine. */

import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { WebTorrentDHTOptions } from '../src/index.js'
import { Child, type Found, type Started } from '../test/helpers/child.js'
import { forkWorker, type Member, type OwnMember, startMember } from '../test/helpers/member.js'
import type { Counts } from '../test/helpers/swarm-worker.js'
import { forkOldNode } from '../test/interop/old-node.js'
import { type BenchOptions, pick, randomHex } from './options.js'

/** All nodes join within this many milliseconds. */
const JOIN_TIME = 2000
const UDP_WORKER = fileURLToPath(new URL('../test/helpers/udp-worker.js', import.meta.url))

export interface Cluster<M extends Member = Member> {
  readonly processes: Child[]
  readonly members: M[]
  counts(): Promise<Counts>
  destroy(): Promise<void>
}

/** A node of bittorrent-dht. */
export type UdpMember = Pick<OwnMember, 'announce' | 'lookup' | 'askOne' | 'put' | 'stores'>

export interface UdpCluster {
  readonly processes: Child[]
  readonly members: UdpMember[]
  destroy(): Promise<void>
}

export function nodeOptions({ lookupWidth }: Pick<BenchOptions, 'lookupWidth'>): WebTorrentDHTOptions {
  return lookupWidth === undefined ? {} : { lookupWidth }
}

/** Starts `nodes` nodes in `processes` processes: one listens, and all others join through it within two seconds. */
export async function startCluster(options: BenchOptions, random: () => number): Promise<Cluster<OwnMember>> {
  const { nodes, processes: count } = options
  const processes = Array.from({ length: Math.min(count, nodes) }, () => forkWorker())
  const start = async (i: number, bootstrap: string[], delay: number) => {
    const process = processes[i % processes.length] as Child
    const own = { ...nodeOptions(options), nodeId: randomHex(random) }
    await pause(delay)
    return startMember(process, { bootstrap, listen: i === 0, options: own })
  }
  const first = await start(0, [], 0)
  const bootstrap = [`127.0.0.1:${first.started.port}`]
  const others = Array.from({ length: nodes - 1 }, (_, i) => start(i + 1, bootstrap, random() * JOIN_TIME))
  const members = [first, ...(await Promise.all(others))]
  return { processes, members, counts: () => sumCounts(processes), destroy: () => destroyAll(processes) }
}

/** The same with nodes of the predecessor, each in its own process, because they end it when they fail. */
export async function startOldCluster(nodes: number, port: number): Promise<Cluster> {
  const processes = Array.from({ length: nodes }, forkOldNode)
  const start = async (i: number, args: object) => {
    const process = processes[i] as Child
    return toOldMember(process, await process.call('start', args))
  }
  // It knows no `bootstrap: false`; a place where nobody is makes it wait for its own time to pass.
  const first = await start(0, { port, bootstrap: ['127.0.0.1:1'] })
  const members = [first]
  for (let i = 1; i < nodes; i++) {
    members.push(await start(i, { bootstrap: [`127.0.0.1:${port}`] })) // at once, most find nobody
  }
  return { processes, members, counts: () => sumCounts(processes), destroy: () => destroyAll(processes) }
}

/** The same with nodes of bittorrent-dht over UDP, which join one after the other. */
export async function startUdpCluster({ nodes, processes: count }: BenchOptions): Promise<UdpCluster> {
  const processes = Array.from({ length: Math.min(count, nodes) }, () => new Child(UDP_WORKER))
  const start = async (i: number, bootstrap: string[]) => {
    const process = processes[i % processes.length] as Child
    const started = await process.call<Started & { index: number }>('start', { bootstrap })
    return {
      started,
      announce: (infoHash: string, port: number) => process.call('announce', started.index, infoHash, port),
      lookup: (infoHash: string) => process.call<Found>('lookup', started.index, infoHash),
      askOne: () => process.call<number | null>('askOne', started.index),
      put: (value: string) => process.call<string>('put', started.index, value),
      stores: (hash: string) => process.call<boolean>('stores', started.index, hash)
    }
  }
  const first = await start(0, [])
  const others: (typeof first)[] = []
  for (let i = 1; i < nodes; i++) others.push(await start(i, [`127.0.0.1:${first.started.port}`]))
  return { processes, members: [first, ...others], destroy: () => destroyAll(processes) }
}

/** Has a random node announce something new; gives another random node, to look for it: one that does not itself store it. */
export async function announceAt<M extends Pick<Member, 'announce' | 'stores'>>(
  members: M[],
  random: () => number
): Promise<{ infoHash: string; other: M }> {
  const infoHash = randomHex(random)
  const by = pick(random, members)
  await by.announce(infoHash, 6881)
  const isStored = await Promise.all(members.map(member => member.stores(infoHash)))
  const strangers = members.filter((member, i) => member !== by && !isStored[i])
  if (strangers.length === 0) throw new Error('every node stores it: give more --nodes')
  return { infoHash, other: pick(random, strangers) }
}

/**
 * The predecessor connects to an announcer at the port that was announced before it hands it out, so it finds only those
 * who announce the port of the connection: the port is left out here, and any peer found is the right one.
 */
export function toOldMember(process: Child, started: Started): Member {
  return {
    process,
    started,
    announce: infoHash => process.call('announce', infoHash, 0),
    lookup: infoHash => process.call('lookup', infoHash),
    put: value => process.call('put', value),
    get: key => process.call('get', key),
    stores: hash => process.call('stores', hash)
  }
}

async function sumCounts(processes: Child[]): Promise<Counts> {
  const sum = { made: 0, opened: 0, existing: 0 }
  for (const counts of await Promise.all(processes.map(process => process.call<Counts>('counts')))) {
    sum.made += counts.made
    sum.opened += counts.opened
    sum.existing += counts.existing ?? 0
  }
  return sum
}

async function destroyAll(processes: Child[]): Promise<void> {
  await Promise.all(processes.map(process => process.destroy()))
}
