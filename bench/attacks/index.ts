/**
 * `npm run bench:attacks`: one table of what attackers reach, on real nodes and in simulated networks, and one of what the calls cost
 * beside it. The simulated figures are the same again with the same `--seed`. `--only sybils,readers` measures these rows alone.
 */

import { parseArgs } from 'node:util'
import { describeMachine, fixed, formatTable } from '../table.js'
import { measureCpu } from './cpu.js'
import { measureFill } from './fill.js'
import { measureFlood } from './flood.js'
import { measureOfferPackets } from './offer-packets.js'
import { measureReaders } from './readers.js'
import { measureRelay } from './relay.js'
import type { Row } from './row.js'
import { measureSameId } from './same-id.js'
import type { Costs } from './simulated/costs.js'
import { simulate } from './simulations.js'
import { measureSlowBodies } from './slow-bodies.js'
import { measureStoreShare } from './store-share.js'
import { measureSybils } from './sybils.js'
import { measureUnderstudy } from './understudy.js'

/** A row that has hung is left out. */
const DEADLINE = 900_000
const COST_NODES = 64
const COST_TIMES = 20

const ROWS: Record<string, (seed: number) => Promise<Row>> = {
  understudy: measureUnderstudy,
  'same-id': measureSameId,
  relay: measureRelay,
  flood: measureFlood,
  fill: measureFill,
  'slow-bodies': measureSlowBodies,
  'offer-packets': measureOfferPackets,
  'store-share': measureStoreShare,
  sybils: measureSybils,
  readers: measureReaders
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: [...Object.keys(ROWS), 'costs'].join() }
  }
})
const seed = Number(values.seed)
const names = values.only.split(',')

console.log(`${describeMachine()}, seed ${seed}\n`)
const rows: Row[] = []
for (const name of names) {
  if (name === 'costs') continue
  const measure = ROWS[name]
  if (!measure) throw new Error(`no attack '${name}'; there are ${Object.keys(ROWS).join(', ')}`)
  const row = await withDeadline(name, measure(seed))
  console.error(`${row.attack}: ${row.figure}`) // the table comes at the end
  rows.push(row)
}
if (rows.length > 0) {
  const cells = rows.map(({ attack, figure, wanted }) => [attack, figure, wanted])
  console.log(formatTable(['attack', 'seen', 'wanted'], cells))
}
if (names.includes('costs')) console.log(`\n${await describeCosts()}`)
process.exit(0) // a peer of an attacker's may linger

function withDeadline(name: string, measuring: Promise<Row>): Promise<Row> {
  const failed = (why: string): Row => ({ attack: name, figure: why, wanted: 'a figure' })
  return Promise.race([
    measuring.catch(error => failed(String(error))),
    new Promise<Row>(resolve => setTimeout(() => resolve(failed('hangs')), DEADLINE))
  ])
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
