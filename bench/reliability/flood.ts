/**
 * How much a neighbour that floods a node slows the lookups of others that go through it. The processors of this machine
 * are few, and the flooder takes its share of them whomever it floods: so it also floods a node that nobody asks, and that
 * is what the flooded node is compared with as well.
 */

import { fileURLToPath } from 'node:url'
import type { Limits } from '../../src/limits.js'
import { Child } from '../../test/helpers/child.js'
import { forkWorker, type OwnMember, startMember } from '../../test/helpers/member.js'
import { fixed, formatTable, median, milliseconds, quantile } from '../table.js'
import type { FloodCounts, FloodOptions, FloodRates } from './flood-worker.js'
import { runAlone } from './main.js'

const FLOOD_WORKER = fileURLToPath(new URL('flood-worker.js', import.meta.url))
const NEIGHBOURS = 9
/** A hundred times what a node takes from a neighbour by default; the largest messages are left out. */
export const HUNDREDFOLD: FloodRates = {
  queries: 6000,
  offers: 1000,
  introductions: 1000,
  stores: 2000,
  large: 0
}
/** The same without offers. Those keep the node busy with connecting, so that the flooder that was closed cannot come back. */
export const HUNDREDFOLD_WITHOUT_OFFERS: FloodRates = {
  ...HUNDREDFOLD,
  queries: 8000,
  offers: 0,
  introductions: 0
}
/** Larger than any flood: what it was like without limits. */
export const NO_LIMITS: Partial<Limits> = {
  messages: 1e9,
  bytes: 1e12,
  queries: 1e9,
  offers: 1e9,
  introductions: 1e9,
  stores: 1e9
}
const PHASES = ['quiet', 'another flooded', 'flooded'] as const
type Phase = (typeof PHASES)[number]

export interface PhaseResult {
  lookups: number
  median: number
  quantile90: number
  worst: number
  /** Messages, bytes and connections of the flooder a second. */
  messages: number
  bytes: number
  connects: number
  /** Attempts to connect that were refused. */
  refused: number
}

export interface FloodResult extends Record<Phase, PhaseResult> {
  /** The median under the flood, as a multiple of the quiet one. */
  ratio: number
  /** The same of that while another node is flooded. */
  ratioToOther: number
  /** What went wrong in the processes. */
  faults: string[]
}

export interface FloodBenchOptions {
  rates?: FloodRates
  /** Of the nodes that are flooded. */
  limits?: Partial<Limits>
  rounds?: number
  /** In each phase of a round. */
  lookups?: number
  /** Milliseconds between two lookups, which are to be within the limits themselves. */
  interval?: number
}

export async function measureFlood({
  rates = HUNDREDFOLD,
  limits,
  rounds = 6,
  lookups = 100,
  interval = 25
}: FloodBenchOptions = {}): Promise<FloodResult> {
  const flooder = new Child(FLOOD_WORKER)
  const processes = [flooder]
  const fork = () => {
    const child = forkWorker()
    processes.push(child)
    return child
  }
  try {
    const options = limits ? { limits } : {}
    const [victim, neighbours, client] = await startNetwork(fork, options)
    const [other, othersNeighbours] = await startNetwork(fork, options)
    const floodOf = (node: OwnMember, around: OwnMember[]): FloodOptions => {
      return { place: node.place, id: node.id, neighbours: around.map(({ id }) => id), rates }
    }
    const floods = {
      quiet: null,
      'another flooded': floodOf(other, othersNeighbours),
      flooded: floodOf(victim, neighbours)
    }
    const run = () => client.process.call<number[]>('lookupsNear', client.index, victim.id, lookups, interval)
    await run() // code that has not run yet is slow
    const times: Record<Phase, number[]> = { quiet: [], 'another flooded': [], flooded: [] }
    const counts: Record<Phase, FloodCounts[]> = { quiet: [], 'another flooded': [], flooded: [] }
    for (let round = 0; round < rounds; round++) {
      for (const phase of PHASES) {
        const flood = floods[phase]
        if (flood) await flooder.call('start', flood)
        times[phase].push(...(await run()))
        if (flood) counts[phase].push(await flooder.call<FloodCounts>('stop'))
      }
    }
    const results = {
      quiet: describe(times.quiet, counts.quiet),
      'another flooded': describe(times['another flooded'], counts['another flooded']),
      flooded: describe(times.flooded, counts.flooded)
    }
    return {
      ...results,
      ratio: results.flooded.median / results.quiet.median,
      ratioToOther: results.flooded.median / results['another flooded'].median,
      faults: processes.flatMap(({ faults }) => faults)
    }
  } finally {
    await Promise.all(processes.map(child => child.destroy()))
  }
}

/** A node with neighbours in another process, and one more in a process of its own that looks things up. */
async function startNetwork(
  fork: () => Child,
  options: { limits?: Partial<Limits> }
): Promise<[hub: OwnMember, neighbours: OwnMember[], client: OwnMember]> {
  const hub = await startMember(fork(), { listen: true, options })
  const neighbourProcess = fork()
  const join = (child: Child) => startMember(child, { bootstrap: [hub.place] })
  const neighbours = await Promise.all(Array.from({ length: NEIGHBOURS }, () => join(neighbourProcess)))
  return [hub, neighbours, await join(fork())]
}

function describe(times: number[], counts: FloodCounts[]): PhaseResult {
  const seconds = counts.reduce((sum, one) => sum + one.seconds, 0)
  const perSecond = (name: 'sent' | 'bytes' | 'connects' | 'refused') =>
    seconds === 0 ? 0 : counts.reduce((sum, one) => sum + one[name], 0) / seconds
  return {
    lookups: times.length,
    median: median(times),
    quantile90: quantile(times, 0.9),
    worst: Math.max(...times),
    messages: perSecond('sent'),
    bytes: perSecond('bytes'),
    connects: perSecond('connects'),
    refused: perSecond('refused')
  }
}

export function formatFlood(result: FloodResult): string {
  const rows = PHASES.map(phase => {
    const one = result[phase]
    return [
      phase,
      one.lookups,
      milliseconds(one.median),
      milliseconds(one.quantile90),
      milliseconds(one.worst),
      Math.round(one.messages),
      `${Math.round(one.bytes / 1024)} KiB`,
      fixed(one.connects),
      fixed(one.refused)
    ]
  })
  return [
    '### Lookups through a node that a neighbour floods',
    formatTable(
      [
        '',
        'lookups',
        'median',
        '90 %',
        'worst',
        'messages sent a second',
        'bytes',
        'connects a second',
        'refused'
      ],
      rows
    ),
    `Flooded to quiet: ${fixed(result.ratio, 2)}; to that while another is flooded: ${fixed(result.ratioToOther, 2)}. Faults: ${result.faults.length}.`
  ].join('\n\n')
}

const args = process.argv.slice(2)
await runAlone(
  import.meta.url,
  () =>
    measureFlood({
      ...(args.includes('no-limits') && { limits: NO_LIMITS }),
      ...(args.includes('no-offers') && { rates: HUNDREDFOLD_WITHOUT_OFFERS })
    }),
  formatFlood
)
