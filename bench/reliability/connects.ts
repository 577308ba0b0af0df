/** What is left of ten thousand short-lived clients in the node that they came to: it should be nothing. */

import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Child } from '../../test/helpers/child.js'
import type { Holdings } from '../../test/helpers/holdings.js'
import { forkWorker, startMember } from '../../test/helpers/member.js'
import { formatTable, mebibytes } from '../table.js'
import { runAlone } from './main.js'

const CLIENT_WORKER = fileURLToPath(new URL('client-worker.js', import.meta.url))
const SECONDS = 1000
/** Processes of clients. They are new for each step, so that what they hold themselves does not matter. */
const PROCESSES = 2
const AT_ONCE_PER_PROCESS = 6
/** Milliseconds after which all that a node keeps on purpose for a while after a disconnect is gone. */
const SETTLE = 5 * SECONDS
/** All clients come from one address. */
const REQUESTS_PER_ADDRESS = 100_000

export interface ConnectsStep extends Holdings {
  /** Clients so far. */
  clients: number
  /** Of these, those that did not get in or got no reply, in three attempts. */
  failed: number
  /** Why. */
  failures: Record<string, number>
  /** `RTCPeerConnection`s that the node has made so far. */
  made: number
  /** Since the beginning. */
  seconds: number
}

/** @param clients in all, in `steps` equal steps; after each there is one entry, and one for the beginning */
export async function measureConnects({ clients = 10_000, steps = 5 } = {}): Promise<ConnectsStep[]> {
  const hubProcess = forkWorker({ execArgv: ['--expose-gc'] })
  try {
    const httpLimits = { requestsPerAddress: REQUESTS_PER_ADDRESS }
    const hub = await startMember(hubProcess, { listen: true, options: { httpLimits } })
    const startedAt = performance.now()
    const results: ConnectsStep[] = []
    const failures: Record<string, number> = {}
    for (let step = 0; step <= steps; step++) {
      if (step > 0) await comeAndGo(hub.place, Math.round(clients / steps), failures)
      await pause(SETTLE)
      const { made } = await hubProcess.call<{ made: number }>('counts')
      const holdings = await hubProcess.call<Holdings>('holdings', hub.index)
      const seconds = (performance.now() - startedAt) / SECONDS
      const failed = Object.values(failures).reduce((sum, count) => sum + count, 0)
      const soFar = { clients: step * Math.round(clients / steps), failed, failures: { ...failures } }
      results.push({ ...soFar, made, seconds, ...holdings })
    }
    return results
  } finally {
    await hubProcess.destroy()
  }
}

async function comeAndGo(place: string, count: number, failures: Record<string, number>): Promise<void> {
  const share = Math.round(count / PROCESSES)
  await Promise.all(
    Array.from({ length: PROCESSES }, async () => {
      const child = new Child(CLIENT_WORKER)
      try {
        const args = [place, share, AT_ONCE_PER_PROCESS]
        const found = await child.call<Record<string, number>>('comeAndGo', ...args)
        for (const [reason, times] of Object.entries(found))
          failures[reason] = (failures[reason] ?? 0) + times
      } finally {
        await child.destroy()
      }
    })
  )
}

export function formatConnects(steps: ConnectsStep[]): string {
  const rows = steps.map(step => [
    step.clients,
    step.handles,
    step.descriptors,
    step.timers,
    step.listeners,
    mebibytes(step.heap),
    mebibytes(step.rss),
    step.connections,
    step.made,
    step.failed,
    Math.round(step.seconds)
  ])
  const last = steps.at(-1)?.clients ?? 0
  return [
    `### ${last} short-lived clients of one node`,
    formatTable(
      [
        'clients so far',
        'handles',
        'descriptors',
        'timers',
        'listeners',
        'heap',
        'RSS',
        'connections',
        'made',
        'failed',
        'seconds'
      ],
      rows
    ),
    `Failures: ${JSON.stringify(steps.at(-1)?.failures ?? {})}.`
  ].join('\n\n')
}

await runAlone(
  import.meta.url,
  () => measureConnects(process.argv[2] ? { clients: Number(process.argv[2]) } : {}),
  formatConnects
)
