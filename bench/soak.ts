/** Point 5: do a thousand nodes that come and go leave anything behind, and does the process exit by itself? */

import { fileURLToPath } from 'node:url'
import { Child } from '../test/helpers/child.js'
import type { BenchOptions } from './options.js'
import type { SoakHoldings } from './soak-worker.js'
import { type Cell, formatTable, mebibytes, milliseconds } from './table.js'

const WORKER = fileURLToPath(new URL('soak-worker.js', import.meta.url))
/** Rows of the table. The first shows what is made once: code, caches, threads. */
const STEPS = 10
/** A process that has not exited by itself by then is ended. */
const EXIT_TIMEOUT = 30_000

export async function measureSoak({ clients }: BenchOptions): Promise<string> {
  const worker = new Child(WORKER, { execArgv: ['--expose-gc'] })
  const timer = setTimeout(() => worker.kill(), 20 * 60_000)
  try {
    const rows = [toRow(0, await worker.call<SoakHoldings>('start'))]
    for (let step = 1; step <= STEPS; step++) {
      const holdings = await worker.call<SoakHoldings>('comeAndGo', Math.round(clients / STEPS))
      rows.push(toRow(step * Math.round(clients / STEPS), holdings))
    }
    await worker.call('destroy')
    const destroyedAt = performance.now()
    const exitTimer = setTimeout(() => worker.kill(), EXIT_TIMEOUT)
    const { code } = await worker.exited
    clearTimeout(exitTimer)
    return [
      `### ${clients} nodes that connect and disconnect in one process`,
      formatTable(
        [
          'nodes so far',
          'handles',
          'timers',
          'listeners',
          'descriptors',
          'heap',
          'RSS',
          'connections',
          'not ready'
        ],
        rows
      ),
      `From the callback of \`destroy\` to the end of the process: ${milliseconds(performance.now() - destroyedAt)}, exit code ${code}.`
    ].join('\n\n')
  } finally {
    clearTimeout(timer)
  }
}

function toRow(nodes: number, holdings: SoakHoldings): Cell[] {
  const { handles, timers, listeners, descriptors, heap, rss, connections, failed } = holdings
  return [
    nodes,
    handles,
    timers,
    listeners,
    descriptors,
    mebibytes(heap),
    mebibytes(rss),
    connections,
    failed
  ]
}
