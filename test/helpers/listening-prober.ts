/** Runs the prober of the conformance kit that a node joins, in a process of its own. */

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROBER = fileURLToPath(new URL('../../../conformance/prober.mjs', import.meta.url))

/** What it says of a requirement. */
export interface Probed {
  must: string
  isKept: boolean
  /** What the requirement says, and what came instead. */
  text: string
}

/**
 * Waits for a node to join, and gives the results once the prober has ended.
 *
 * @param onListening gets what the node needs in `bootstrap`, and what it can have besides
 * @param only the requirements that are probed. Default: all
 */
export async function probeNewcomer(
  onListening: (url: string, others: string[]) => void,
  only: readonly string[] = []
): Promise<Probed[]> {
  const prober = spawn(process.execPath, [PROBER, '--listen', ...only], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const probed: Probed[] = []
  for await (const line of createInterface(prober.stdout)) {
    if (line.startsWith('waiting')) {
      const [url = '', ...others] = line.match(/\b\w+:\/\/\S+/g) ?? []
      onListening(url, others)
    }
    const [, verdict, must, text] = /^(pass|FAIL) (M\d+): (.*)$/.exec(line) ?? []
    if (must && text) probed.push({ must, isKept: verdict === 'pass', text })
  }
  return probed
}
