/** Runs simulations in processes of their own, for tests. */

import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const SECONDS = 1000
/** Real time for one network: some ten seconds on an idle core, many times that on a busy one. */
const TIMEOUT = 600 * SECONDS

const PROGRAM = fileURLToPath(new URL('index.js', import.meta.url))
const running = new Set<Promise<unknown>>()

/** Runs a simulation when a core is free, and gives its figures. */
export async function runSimulation<Figures>(options: string): Promise<Figures> {
  while (running.size >= Math.min(2, availableParallelism())) await Promise.race(running)
  const figures = new Promise<Figures>((resolve, reject) => {
    const args = [PROGRAM, '--json', ...options.split(' ')]
    execFile(process.execPath, args, { timeout: TIMEOUT }, (error, stdout, stderr) => {
      if (stdout === '') reject(error ?? new Error(stderr))
      else resolve(JSON.parse(stdout) as Figures)
    })
  })
  const settled: Promise<unknown> = figures.catch(() => {}).then(() => running.delete(settled))
  running.add(settled)
  return figures
}
