/** Nodes on two machines of one local network, which know nothing of each other, meet by multicast DNS. */

import test from 'tape'
import type { Child } from '../helpers/child.js'
import { forkWorker, startMember } from '../helpers/member.js'
import { CuttableNetwork, whyNoNamespaces } from './namespaces.js'
import { begin, findsNew, inSeconds, report, timeUntil } from './scenario.js'

const SECONDS = 1000
const MET_WITHIN = 60 * SECONDS
const OPTIONS = { localNetwork: true, network: 'a home' }

const obstacle = whyNoNamespaces()

const scenario = begin(async () => {
  if (obstacle !== null) return null
  const network = new CuttableNetwork()
  const processes: Child[] = []
  try {
    const [left, right] = network.sides
    const start = (side: typeof left, listen: boolean, options: object) => {
      const child = forkWorker({ through: side.through })
      processes.push(child)
      return startMember(child, { listen, host: '0.0.0.0', options })
    }
    const server = await start(left, true, OPTIONS)
    const other = await start(right, false, { ...OPTIONS, network: 'another home' })
    const newcomer = await start(right, false, OPTIONS)
    const met = await timeUntil(() => findsNew(newcomer, server), MET_WITHIN)
    const { connected } = await other.status()
    return { met, connected, faults: processes.flatMap(({ faults }) => faults) }
  } finally {
    await Promise.all(processes.map(child => child.destroy()))
    network.remove()
  }
})

const name = 'nodes on two machines of a local network meet, and those of another network do not'
if (obstacle !== null) process.stdout.write(`  skip ${name}: ${obstacle}\n`)
else {
  test(name, async t => {
    const seen = await scenario
    if (!seen) return t.fail('it did not run')
    t.ok(seen.met !== null, 'they find each other')
    t.deepEqual(seen.connected, [], 'the other one is alone')
    t.deepEqual(seen.faults, [])
    report(`met after ${inSeconds(seen.met)}`)
  })
}
