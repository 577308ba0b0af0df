/** A network falls into two halves, each with a node to join at, and comes together again. */

import test from 'tape'
import type { Child } from '../helpers/child.js'
import { forkWorker, type OwnMember, startMember } from '../helpers/member.js'
import { CuttableNetwork, type Side, whyNoNamespaces } from './namespaces.js'
import { begin, findsNew, inSeconds, report, timeUntil } from './scenario.js'

const SECONDS = 1000
const NODES_PER_SIDE = 3
const PORT = 16881
/** Keep-alive takes 15 s, and the table 3 s more. */
const PARTED_WITHIN = 30 * SECONDS
const HEALED_WITHIN = 90 * SECONDS

const obstacle = whyNoNamespaces()

const scenario = begin(async () => {
  if (obstacle !== null) return null
  const network = new CuttableNetwork()
  const processes: Child[] = []
  try {
    const [left, right] = await startSides(network.sides, processes)
    const crossing = () => findAcross(left, right)
    const joined = await timeUntil(crossing, PARTED_WITHIN)

    network.cut()
    const parted = await timeUntil(() => areApart(left, right), PARTED_WITHIN)
    const isAcross = await crossing()
    const isWithin = (await findsAll(left, left)) && (await findsAll(right, right))
    network.mend()
    const healed = await timeUntil(crossing, HEALED_WITHIN)
    return {
      joined,
      parted,
      isAcross,
      isWithin,
      healed,
      faults: processes.flatMap(({ faults }) => faults)
    }
  } finally {
    await Promise.all(processes.map(child => child.destroy()))
    network.remove()
  }
})

const name = 'a network that was parted is one again: each half is found from the other'
if (obstacle !== null) process.stdout.write(`  skip ${name}: ${obstacle}\n`)
else {
  test(name, async t => {
    const seen = await scenario
    if (!seen) return t.fail('it did not run')
    t.ok(seen.joined !== null, 'it was one network')
    t.ok(seen.parted !== null, 'each half has dropped the other')
    t.notOk(seen.isAcross, 'and finds nothing there')
    t.ok(seen.isWithin, 'each half goes on by itself')
    t.ok(seen.healed !== null, 'nodes of both halves find each other again')
    t.deepEqual(seen.faults, [])
    report(`parted after ${inSeconds(seen.parted)}, healed after ${inSeconds(seen.healed)}`)
  })
}

/**
 * Each node in a process of its own. The first of each side listens, and the others of that side join there. Only the one
 * of the right side has a place on the other side to join at, and reaches it: a place that was never reached would be tried
 * again anyway, and hide whether lost ones are.
 */
async function startSides(
  sides: readonly [Side, Side],
  processes: Child[]
): Promise<[OwnMember[], OwnMember[]]> {
  const start = ({ address, through }: Side, listen: number | false, bootstrap: string[]) => {
    const child = forkWorker({ through })
    processes.push(child)
    return startMember(child, { bootstrap, listen, host: address })
  }
  const [left, right] = sides
  const leftHub = await start(left, PORT, [])
  const rightHub = await start(right, PORT, [leftHub.place])
  const withOthers = async (side: Side, hub: OwnMember) => {
    const others = Array.from({ length: NODES_PER_SIDE - 1 }, () => start(side, false, [hub.place]))
    return [hub, ...(await Promise.all(others))]
  }
  return Promise.all([withOthers(left, leftHub), withOthers(right, rightHub)])
}

/** Each of one side finds each of the other, and the other way round. */
async function findAcross(left: OwnMember[], right: OwnMember[]): Promise<boolean> {
  return (await findsAll(left, right)) && (await findsAll(right, left))
}

async function findsAll(from: OwnMember[], by: OwnMember[]): Promise<boolean> {
  for (const seeker of from) {
    for (const announcer of by) {
      if (announcer !== seeker && !(await findsNew(seeker, announcer))) return false
    }
  }
  return true
}

async function areApart(left: OwnMember[], right: OwnMember[]): Promise<boolean> {
  const knowsNone = async (members: OwnMember[], others: OwnMember[]) => {
    const statuses = await Promise.all(members.map(member => member.status()))
    const known = statuses.flatMap(({ table, connected }) => [...table, ...connected])
    return others.every(({ id }) => !known.includes(id))
  }
  return (await knowsNone(left, right)) && (await knowsNone(right, left))
}
