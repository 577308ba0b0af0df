/** The rows of the table that are simulated: each network in a process of its own, in virtual time. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const WORKER = fileURLToPath(new URL('simulated/worker.js', import.meta.url))

/** @param numbers nodes, and how often; for Sybils the nodes that look for each key, too */
export async function simulate<Figures>(attack: string, seed: number, nodes: number, ...numbers: number[]) {
  const args = [WORKER, attack, ...[nodes, seed, ...numbers].map(String)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as Figures
}
