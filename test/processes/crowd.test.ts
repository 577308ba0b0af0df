/** Many join one node at the same moment, as when a page goes round. */

import test from 'tape'
import { forkWorker, startMember } from '../helpers/member.js'
import { announceNew, finds, inSeconds, report, timeUntil } from './scenario.js'

const CROWD = 50
const PROCESSES = 5
const DEFAULT_BUDGET = 64
const SMALL_BUDGET = 24
/** An idle machine needs a few seconds for either. */
const IN_WITHIN = 90_000
const FOUND_WITHIN = 30_000

for (const budget of [DEFAULT_BUDGET, SMALL_BUDGET]) {
  const title = `${CROWD} nodes join one with ${budget} connections at once, and each finds what one of them announces`
  test(title, { timeout: 240_000 }, async t => {
    const bootstrapProcess = forkWorker()
    const processes = Array.from({ length: PROCESSES }, () => forkWorker())
    const all = [bootstrapProcess, ...processes]
    t.teardown(() => Promise.all(all.map(child => child.destroy())))
    const hub = await startMember(bootstrapProcess, { listen: true, options: { maxConnections: budget } })
    // A call answers when its process is up: from here on they begin at the same moment.
    await Promise.all(processes.map(child => child.call('counts')))
    const crowd = await Promise.all(
      Array.from({ length: CROWD }, (_, i) => {
        const child = processes[i % PROCESSES] as (typeof processes)[0]
        return startMember(child, { bootstrap: [hub.place] })
      })
    )
    const late = crowd.filter(({ started }) => started.nodes === 0)
    // `ready` comes after three tries, also for a node that was refused each time. It goes on trying.
    const areIn = async () => {
      const statuses = await Promise.all(late.map(node => node.status()))
      return statuses.every(({ table }) => table.length > 0)
    }
    t.ok((await timeUntil(areIn, IN_WITHIN)) !== null, 'all get in')
    const { peak } = await hub.status()
    t.ok(peak <= budget, `the node that they joined at had ${peak} connections at most`)
    const refusals = await countAnswers(processes)
    const isClean = Object.keys(refusals).every(status => ['200', '429', '503'].includes(status))
    t.ok(isClean, `each request had an answer, or a refusal that says so: ${JSON.stringify(refusals)}`)

    const announcer = crowd[CROWD - 1] as (typeof crowd)[0]
    // Who has just got in knows few nodes yet. It may announce and look again, and must find it soon.
    let infoHash = ''
    const announces = async () => {
      infoHash = await announceNew(announcer).catch(() => '')
      return infoHash !== ''
    }
    t.ok((await timeUntil(announces, FOUND_WITHIN)) !== null, 'the last one announces')
    let again = 0
    const foundWithin = await Promise.all(
      crowd
        .filter(node => node !== announcer)
        .map(async node => {
          if (await finds(node, infoHash, announcer)) return true
          again++
          return (await timeUntil(() => finds(node, infoHash, announcer), FOUND_WITHIN)) !== null
        })
    )
    t.equal(foundWithin.filter(Boolean).length, CROWD - 1, 'all others find the one that announces')
    t.ok((await hub.status()).peak <= budget, 'the budget holds')
    t.deepEqual(
      all.flatMap(({ faults }) => faults),
      []
    )
    const times = crowd.map(({ started }) => started.milliseconds)
    report(
      `ready after ${inSeconds(Math.max(...times))} at most, ${late.length} with an empty table, ${again} looked twice; ${peak} of ${budget} connections; HTTP: ${JSON.stringify(refusals)}`
    )
  })
}

/** HTTP statuses that the nodes of some processes got; `none` where there was no response. */
async function countAnswers(processes: { call<T>(method: string): Promise<T> }[]) {
  const sum: Record<string, number> = {}
  for (const child of processes) {
    for (const [status, count] of Object.entries(await child.call<Record<string, number>>('httpStatuses'))) {
      sum[status] = (sum[status] ?? 0) + count
    }
  }
  return sum
}
