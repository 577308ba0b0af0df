/** Attacks on small networks of real nodes in virtual time. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'tape'
import type { ReaderFigures } from '../../bench/attacks/simulated/readers.js'
import type { SybilFigures } from '../../bench/attacks/simulated/sybils.js'

const WORKER = fileURLToPath(new URL('../../bench/attacks/simulated/worker.js', import.meta.url))
const NODES = 64
const SEED = 1
const MIN_FOUND = 0.95
/** It is 0.10; 0.23 where relays are chosen by their round trips alone. */
const MAX_OVER_READERS = 0.15

async function simulate<Figures>(attack: string, ...numbers: number[]): Promise<Figures> {
  const args = [WORKER, attack, ...[NODES, SEED, ...numbers].map(String)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as Figures
}

test('simulated: 16 chosen ids beside a hash or key hide nothing', async t => {
  const [rounds, askers] = [4, 5]
  const { lookups, gets } = await simulate<SybilFigures>('sybils', rounds, askers)
  t.deepEqual([lookups.total, gets.total], [10, 10])
  t.ok(lookups.found >= MIN_FOUND * lookups.total, `${lookups.found} lookups find the announcer`)
  t.ok(gets.found >= MIN_FOUND * gets.total, `${gets.found} gets find the value`)
})

test('simulated: two nodes that are connected to everybody are the relays of few queries', async t => {
  const { connected, queries, overReaders } = await simulate<ReaderFigures>('readers', 100)
  t.ok(connected > 0.95, 'they are')
  t.ok(queries > 100, `${queries} queries go over routes`)
  t.ok(overReaders <= MAX_OVER_READERS * queries, `${overReaders} of them over the two`)
})
