/** Two nodes that are connected to everybody. How many lookups of others, and queries of these, go through them? */

import type { AttackRow } from '../../test/attacks/row.js'
import { percent } from '../table.js'
import type { ReaderFigures } from './simulated/readers.js'
import { simulate } from './simulations.js'

const NODES = 300
const LOOKUPS = 200

export async function measureReaders(seed: number): Promise<AttackRow> {
  const figures = await simulate<ReaderFigures>('readers', seed, NODES, LOOKUPS)
  const { lookups, read, queries, overReaders } = figures
  return {
    attack: `two nodes connected to all of ${NODES}: lookups of others that they read; queries over routes that they pass on`,
    measured: `${percent(read, lookups)}; ${percent(overReaders, queries)}`,
    wanted: 'lower than half of the lookups',
    isAsWanted: read < lookups / 2
  }
}
