/** 16 chosen ids beside a hash or key, in a small network of real nodes in virtual time. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'tape'
import type { SybilFigures } from '../../bench/attacks/simulated/sybils.js'

const WORKER = fileURLToPath(new URL('../../bench/attacks/simulated/worker.js', import.meta.url))
const MIN_FOUND = 0.95

test('simulated: 16 chosen ids beside a hash or key hide nothing', async t => {
  const [nodes, seed, rounds, askers] = [64, 1, 2, 10]
  const args = [WORKER, 'sybils', ...[nodes, seed, rounds, askers].map(String)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const { lookups, gets } = JSON.parse(stdout) as SybilFigures
  t.deepEqual([lookups.total, gets.total], [10, 10])
  t.ok(lookups.found >= MIN_FOUND * lookups.total, `${lookups.found} lookups find the announcer`)
  t.ok(gets.found >= MIN_FOUND * gets.total, `${gets.found} gets find the value`)
})
