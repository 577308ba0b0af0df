/** The results, for programs: what `--json` prints. */

import type { Simulation } from './simulation.js'
import type { Tally } from './tally.js'

/** Shares are from 0 to 1, `null` of nothing; times are in milliseconds. */
export interface Figures {
  digest: number
  lookups: Count
  getsOfImmutable: Count
  getsOfMutable: Count
  announcements: Count
  puts: Count
  newcomers: Count
  /** Share of the honest nodes in the largest component. */
  reachable: { mean: number; least: number }
  messagesPerMinute: { mean: number; most: number }
  /** Until a node that was killed has left all tables. */
  deaths: { count: number; median: number; worst: number }
  /** Until what befell the network was over; `null` if it was not, or nothing did. */
  recoveredAfter: number | null
  /** Timers that keep a process alive when `destroy` has called back. */
  timersLeft: Record<string, number>
  violations: string[]
}

interface Count {
  total: number
  share: number | null
}

export function figuresOf(simulation: Simulation): Figures {
  const { network, torrents, values, census, deaths, newcomers, population, violations } = simulation
  const { recoveredAfter } = simulation
  return {
    digest: network.digest,
    lookups: count(torrents.lookups),
    getsOfImmutable: count(values.immutable),
    getsOfMutable: count(values.mutable),
    announcements: count(torrents.announcements),
    puts: count(values.puts),
    newcomers: count(newcomers.joined),
    reachable: { mean: census.reachable.mean, least: census.reachable.quantile(0) },
    messagesPerMinute: { mean: census.messages.mean, most: census.messages.quantile(1) },
    deaths: {
      count: deaths.killed.values.length,
      median: deaths.killed.quantile(0.5),
      worst: deaths.killed.quantile(1)
    },
    recoveredAfter: Number.isFinite(recoveredAfter) ? recoveredAfter : null,
    timersLeft: Object.fromEntries(population.timersLeft),
    violations: violations.list
  }
}

function count({ total, successes }: Tally): Count {
  return { total, share: total === 0 ? null : successes / total }
}
