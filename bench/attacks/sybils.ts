/** 16 chosen ids beside a hash or key, in networks of three sizes. How many lookups and gets find the truth? */

import { percent } from '../table.js'
import type { Row } from './row.js'
import type { SybilFigures } from './simulated/sybils.js'
import { simulate } from './simulations.js'

/** Nodes, how often keys are attacked (one for 64 nodes each time, at most 4), and the nodes that look for each. */
const NETWORKS = [
  { nodes: 64, rounds: 8, askers: 5 },
  { nodes: 300, rounds: 2, askers: 5 },
  { nodes: 1000, rounds: 1, askers: 10 }
]

export async function measureSybils(seed: number): Promise<Row> {
  const shares: string[] = []
  for (const { nodes, rounds, askers } of NETWORKS) {
    const { lookups, gets } = await simulate<SybilFigures>('sybils', seed, nodes, rounds, askers)
    shares.push(percent(lookups.found + gets.found, lookups.total + gets.total))
  }
  return {
    attack:
      '16 chosen ids beside a hash or key, networks of 64, 300 and 1,000: lookups and gets that find the truth',
    figure: shares.join('; '),
    wanted: 'at least 95 %'
  }
}
