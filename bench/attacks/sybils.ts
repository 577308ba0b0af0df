/** 16 chosen ids beside a hash or key, in networks of three sizes. How many lookups and gets find the truth? */

import type { AttackRow } from '../../test/attacks/row.js'
import type { SybilFigures } from './simulated/sybils.js'
import { simulate } from './simulations.js'

/** Nodes, how often keys are attacked (one for 64 nodes each time, at most 4), and the nodes that look for each. */
const NETWORKS = [
  { nodes: 64, rounds: 8, askers: 5 },
  { nodes: 300, rounds: 2, askers: 5 },
  { nodes: 1000, rounds: 1, askers: 10 }
]

export async function measureSybils(seed: number): Promise<AttackRow[]> {
  const rows: AttackRow[] = []
  for (const { nodes, rounds, askers } of NETWORKS) {
    const { lookups, gets } = await simulate<SybilFigures>('sybils', seed, nodes, rounds, askers)
    const [found, total] = [lookups.found + gets.found, lookups.total + gets.total]
    rows.push({
      attack: `16 chosen ids beside a hash or key, a network of ${nodes}: lookups and gets that find the truth`,
      measured: `${found} of ${total}`,
      wanted: 'at least 95 %',
      isAsWanted: found >= 0.95 * total
    })
  }
  return rows
}
