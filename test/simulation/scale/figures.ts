/** What was measured in one network, for programs: `--json` prints a list of these. */

import type { Design } from '../settings.js'
import type { Sample } from '../tally.js'

export interface Distribution {
  mean: number
  median: number
  /** Below it are 99 % of all. */
  most: number
}

/** Shares are from 0 to 1; times are in milliseconds, but for those whose names say seconds. `null` is of nothing. */
export interface LookupFigures {
  design: Design
  nodes: number
  seed: number
  /** Minutes that half of the sessions last; 0: nobody leaves. */
  medianSession: number
  badRelays: number
  /** Frames that bad relays did not simply pass on. */
  meddledWith: number
  lookups: { total: number; share: number | null }
  gets: { total: number; share: number | null }
  wrongValues: number
  falsePeers: number
  /** Of all queries of a lookup, mean, and of the one that goes furthest. */
  hops: { mean: number | null; longest: number | null }
  /** Mean length of the shortest path over open connections from the asker to a node that stores the announcement. */
  idealHops: number | null
  messages: Distribution | null
  bytes: Distribution | null
  connectionsMade: Distribution | null
  /** Of these, by the asker. */
  connectionsMadeByAsker: Distribution | null
  meanRoundTrip: number
  firstResult: Distribution | null
  end: Distribution | null
  connections: Distribution | null
  /** Nodes that had more than they may, at any time. */
  overBudget: number
  /** Of the frames passed on for lookups. */
  busiestRelayShare: number | null
  /** Messages of all nodes that led to nothing while the lookups went on, by reason. */
  drops: Record<string, number>
  joiningTime: number
  virtualTime: number
  realSeconds: number
  cpuSeconds: number
  mebibytes: number
  violations: string[]
}

export function describe(sample: Sample): Distribution | null {
  if (sample.values.length === 0) return null
  return { mean: sample.mean, median: sample.quantile(0.5), most: sample.quantile(0.99) }
}

/** `null` for what JSON cannot say. */
export function orNull(number: number): number | null {
  return Number.isFinite(number) ? number : null
}
