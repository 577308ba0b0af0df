/**
 * `npm run bench:attacks`: one table of what attackers reach, on real nodes and in simulated networks, and one of what the calls cost
 * beside it. The simulated figures are the same again with the same `--seed`. `--only sybils,readers` measures these rows alone.
 */

import { parseArgs } from 'node:util'
import { fill } from '../../test/attacks/fill.js'
import { flood } from '../../test/attacks/flood.js'
import { measureReflection } from '../../test/attacks/reflector.js'
import type { AttackRow } from '../../test/attacks/row.js'
import { shares } from '../../test/attacks/shares.js'
import { slowHttp } from '../../test/attacks/slow-http.js'
import { understudy } from '../../test/attacks/understudy.js'
import { measureProofs } from '../proofs.js'
import { describeMachine, fixed, formatTable } from '../table.js'
import { measureCpu } from './cpu.js'
import { measureReaders } from './readers.js'
import { measureRelay } from './relay.js'
import { measureSameId } from './same-id.js'
import type { Costs } from './simulated/costs.js'
import { simulate } from './simulations.js'
import { measureSybils } from './sybils.js'

/** An attack that has hung by then is left out. */
const DEADLINE = 1_800_000
const COST_NODES = 64
const COST_TIMES = 20

type Measure = (seed: number) => Promise<AttackRow | AttackRow[]>

const ATTACKS: Record<string, Measure> = {
  understudy,
  'same-id': measureSameId,
  relay: measureRelay,
  flood,
  fill,
  'slow-http': slowHttp,
  'offer-packets': measureReflection,
  'store-share': shares,
  sybils: measureSybils,
  readers: measureReaders
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: [...Object.keys(ATTACKS), 'costs'].join() }
  }
})
const seed = Number(values.seed)
const names = values.only.split(',')

console.log(`${describeMachine()}, seed ${seed}\n`)
const rows: AttackRow[] = []
for (const name of names) {
  if (name === 'costs') continue
  const measure = ATTACKS[name]
  if (!measure) throw new Error(`no attack '${name}'; there are ${Object.keys(ATTACKS).join(', ')}`)
  const measured = await withDeadline(name, measure(seed))
  for (const row of measured) console.error(`${row.attack}: ${row.measured}`) // the table comes at the end
  rows.push(...measured)
}
if (rows.length > 0) {
  const cells = rows.map(({ attack, measured, wanted, isAsWanted }) => [
    attack,
    measured,
    wanted,
    isAsWanted ? 'yes' : 'NO'
  ])
  console.log(formatTable(['attack', 'measured', 'wanted', 'as wanted'], cells))
}
if (names.includes('costs')) console.log(`\n${await describeCosts()}\n\n${await measureProofs()}`)
process.exit(0) // a peer of an attacker's may linger

async function withDeadline(name: string, measuring: Promise<AttackRow | AttackRow[]>): Promise<AttackRow[]> {
  const failed = (measured: string): AttackRow => ({
    attack: name,
    measured,
    wanted: 'a figure',
    isAsWanted: false
  })
  const measured = await Promise.race([
    measuring.catch(error => failed(String(error))),
    new Promise<AttackRow>(resolve => setTimeout(() => resolve(failed('hangs')), DEADLINE))
  ])
  return [measured].flat()
}

async function describeCosts(): Promise<string> {
  const costs = await simulate<Costs>('costs', seed, COST_NODES, COST_TIMES)
  const cpu = await measureCpu()
  const rows = (Object.keys(costs) as (keyof Costs)[]).map(call => {
    const { bytes, messages, roundTrips, made, done, total } = costs[call]
    return [
      call,
      fixed(bytes, 0),
      fixed(messages),
      fixed(roundTrips),
      fixed(made),
      `${done} of ${total}`,
      `${fixed(cpu[call])} ms`
    ]
  })
  return [
    `Means of one call by one of ${COST_NODES} simulated nodes, everybody it involves counted; CPU time with 8 real nodes in one process.`,
    formatTable(['', 'bytes', 'messages', 'round trips', 'connections made', 'done', 'CPU'], rows)
  ].join('\n\n')
}
