/** A network falls into two halves, each with a node to join at, and comes together again. */

import test from 'tape'
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
  const members: OwnMember[][] = []
  try {
    const bootstrap = network.sides.map(({ address }) => `${address}:${PORT}`)
    for (const side of network.sides) members.push(await startSide(side, bootstrap))
    const [left = [], right = []] = members
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
      faults: members.flat().flatMap(({ process }) => process.faults)
    }
  } finally {
    await Promise.all(members.flat().map(({ process }) => process.destroy()))
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

/** Each node in a process of its own; the first one listens. All know both places to join at. */
async function startSide({ address, through }: Side, bootstrap: string[]): Promise<OwnMember[]> {
  const start = (listen: number | false) =>
    startMember(forkWorker({ through }), { bootstrap, listen, host: address })
  const first = await start(PORT)
  const others = await Promise.all(Array.from({ length: NODES_PER_SIDE - 1 }, () => start(false)))
  return [first, ...others]
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
