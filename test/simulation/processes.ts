/** Runs simulations in processes of their own, for tests. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const SECONDS = 1000
/** Real time for one network: some ten seconds on an idle core, many times that on a busy one. */
const TIMEOUT = 600 * SECONDS

const PROGRAM = fileURLToPath(new URL('index.js', import.meta.url))
let last: Promise<unknown> = Promise.resolve()

/** Runs a simulation after those that were asked for before, and gives its figures: other tests need the other processors. */
export function runSimulation<Figures>(options: string): Promise<Figures> {
  const figures = last.then(() => run<Figures>(options))
  last = figures.catch(() => {})
  return figures
}

function run<Figures>(options: string): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const args = [PROGRAM, '--json', ...options.split(' ')]
    execFile(process.execPath, args, { timeout: TIMEOUT }, (error, stdout, stderr) => {
      if (stdout === '') reject(error ?? new Error(stderr))
      else resolve(JSON.parse(stdout) as Figures)
    })
  })
}
