/**
 * `npm run bench:reliability`: one table of what the DHT promises when nodes lie, flood, vanish and sleep. The simulated rows
 * are the same again with the same `--seed`. With the defaults it takes hours; `--nodes 100 --hours 0.2 --inputs 50000` does not.
 */

import { execFile } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Figures } from '../../test/simulation/figures.js'
import { describeMachine, fixed, formatTable } from '../table.js'
import { measureConnects } from './connects.js'
import { measureDeath } from './death.js'
import { HUNDREDFOLD, HUNDREDFOLD_WITHOUT_OFFERS, measureFlood } from './flood.js'
import { measureFuzz } from './fuzz.js'
import { measureOpenings, REPEATED_AFTER } from './openings.js'

const SECONDS = 1000
const SIMULATION = fileURLToPath(new URL('../../test/simulation/index.js', import.meta.url))
/** A page's worth of output; a run prints one object. */
const MAX_OUTPUT = 2 ** 24
/** The network without bootstrap nodes is smaller, and lives longer. */
const SHARE_ALONE = 0.3
const TIME_ALONE = 2
/** Growth of what must be flat that is no growth: what is collected later. */
const FLAT_HEAP = 2 * 2 ** 20

interface Row {
  what: string
  seen: string
  wanted: string
  isMet: boolean
}

const { values: args } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '1000' },
    hours: { type: 'string', default: '1' },
    inputs: { type: 'string', default: '1000000' },
    clients: { type: 'string', default: '10000' },
    only: { type: 'string', default: 'churn,fuzz,connects,flood,death,openings' }
  }
})
const seed = Number(args.seed)
const points = args.only.split(',')

const POINTS: Record<string, () => Promise<Row[]>> = {
  churn: measureChurn,
  fuzz: fuzzRows,
  connects: connectRows,
  flood: floodRows,
  death: deathRows,
  openings: openingRows
}

console.log(`${describeMachine()}, seed ${seed}\n`)
const rows: Row[] = []
for (const point of points) {
  const measure = POINTS[point]
  if (!measure) throw new Error(`no point '${point}'; there are ${Object.keys(POINTS).join(', ')}`)
  const found = await measure()
  for (const { what, seen } of found) console.error(`${what}: ${seen}`) // the table comes at the end, hours later
  rows.push(...found)
}
console.log(
  formatTable(
    ['', 'seen', 'wanted', ''],
    rows.map(({ what, seen, wanted, isMet }) => [what, seen, wanted, isMet ? 'yes' : 'NO'])
  )
)
process.exitCode = rows.every(({ isMet }) => isMet) ? 0 : 1

/** Three networks in virtual time, two of them at once. */
async function measureChurn(): Promise<Row[]> {
  const hours = Number(args.hours)
  const nodes = Number(args.nodes)
  const size = `--scenario steady --nodes ${nodes} --hours ${hours} --seed ${seed}`
  const [honest, lying] = await Promise.all([simulate(size), simulate(`${size} --liars 0.333`)])
  const nodesAlone = Math.round(SHARE_ALONE * nodes)
  const hoursAlone = TIME_ALONE * hours
  const alone = await simulate(
    `--scenario bootstrap-death --nodes ${nodesAlone} --hours ${hoursAlone} --seed ${seed}`
  )
  return [
    ...churnRows(`${nodes} nodes that come and go, ${hours} h`, honest, 0.995),
    ...churnRows('a third of them lies', lying, 0.95),
    ...churnRows(`${nodesAlone} nodes, ${hoursAlone} h, all bootstrap nodes die`, alone, 0.995),
    countRow('newcomers that are in, all bootstrap nodes dead', alone.newcomers, 0.99),
    {
      what: 'messages of a node in a minute (mean)',
      seen: fixed(honest.messagesPerMinute.mean, 0),
      wanted: '–',
      isMet: true
    },
    {
      what: 'a killed node is in tables, virtual: median, worst',
      seen: `${inSeconds(honest.deaths.median)}, ${inSeconds(honest.deaths.worst)}`,
      wanted: 'at most 15 s',
      isMet: honest.deaths.worst <= 15 * SECONDS
    }
  ]
}

function churnRows(name: string, figures: Figures, least: number): Row[] {
  const { violations, lookups, getsOfImmutable, getsOfMutable } = figures
  return [
    countRow(`${name}: lookups`, lookups, least),
    countRow(`${name}: gets of immutable values`, getsOfImmutable, least),
    countRow(`${name}: gets of mutable values`, getsOfMutable, least),
    zeroRow(`${name}: violations (budget, what is left over)`, violations.length)
  ]
}

async function fuzzRows(): Promise<Row[]> {
  const wanted = Number(args.inputs)
  const { inputs, processesLost, budgetOverruns, failures, heapGrowth } = await measureFuzz({
    inputs: wanted,
    seed
  })
  return [
    {
      what: 'bad inputs',
      seen: String(inputs),
      wanted: `at least ${wanted}`,
      isMet: inputs >= wanted
    },
    zeroRow('bad inputs: processes lost', processesLost),
    zeroRow('bad inputs: budget overruns', budgetOverruns),
    zeroRow('bad inputs: rounds that left something behind', failures.length),
    {
      what: 'bad inputs: growth of the heap',
      seen: mebibytes(heapGrowth),
      wanted: 'at most 16 MiB',
      isMet: heapGrowth <= 2 ** 24
    }
  ]
}

async function connectRows(): Promise<Row[]> {
  const steps = await measureConnects({ clients: Number(args.clients) })
  const first = steps[1]
  const last = steps.at(-1)
  if (!first || !last) return []
  const counts = (step: typeof last) =>
    `${step.handles}, ${step.descriptors}, ${step.timers}, ${step.listeners}`
  return [
    {
      what: `handles, descriptors, timers, listeners after ${first.clients} and ${last.clients} clients`,
      seen: `${counts(first)}; ${counts(last)}`,
      wanted: 'flat',
      isMet: counts(first) === counts(last)
    },
    {
      what: 'heap, likewise',
      seen: `${mebibytes(first.heap)}; ${mebibytes(last.heap)}`,
      wanted: 'flat',
      isMet: last.heap - first.heap <= FLAT_HEAP
    }
  ]
}

async function floodRows(): Promise<Row[]> {
  const all = await measureFlood({ rates: HUNDREDFOLD })
  const withoutOffers = await measureFlood({ rates: HUNDREDFOLD_WITHOUT_OFFERS })
  return [
    floodRow('of everything', all.ratio, all.ratioToOther),
    floodRow('without offers', withoutOffers.ratio, withoutOffers.ratioToOther)
  ]
}

/** The flooder takes its share of the processors whomever it floods: so that is what it is compared with. */
function floodRow(what: string, ratio: number, ratioToOther: number): Row {
  return {
    what: `lookups through a node under a flood ${what}: times as long as while another node is flooded`,
    seen: `${fixed(ratioToOther, 2)} (as without a flood: ${fixed(ratio, 2)})`,
    wanted: 'at most 1.2',
    isMet: ratioToOther <= 1.2
  }
}

async function deathRows(): Promise<Row[]> {
  const { idle, busy } = await measureDeath()
  return [
    { name: 'idle', ...idle },
    { name: 'with lookups', ...busy }
  ].map(({ name, median, worst }) => ({
    what: `a killed process is in tables (${name}): median, worst`,
    seen: `${inSeconds(median)}, ${inSeconds(worst)}`,
    wanted: 'at most 15 s',
    isMet: worst <= 15 * SECONDS
  }))
}

/** A first attempt on one machine may fail at once, and is repeated; a dial repeats it itself. */
async function openingRows(): Promise<Row[]> {
  const openings = await measureOpenings()
  const late = openings.flatMap(({ times }) => times).filter(time => time >= REPEATED_AFTER)
  const lasting = openings.filter(({ isFirst }) => !isFirst)
  return [
    zeroRow('connections that lost a flight of the handshake', late.length),
    zeroRow(
      'second attempts and dials that failed',
      lasting.reduce((sum, { failed }) => sum + failed, 0)
    )
  ]
}

function countRow(
  what: string,
  { total, share }: { total: number; share: number | null },
  least: number
): Row {
  return {
    what,
    seen: `${fixed(100 * (share ?? 0), 2)} % of ${total}`,
    wanted: `at least ${100 * least} %`,
    isMet: (share ?? 0) >= least
  }
}

function zeroRow(what: string, count: number): Row {
  return { what, seen: String(count), wanted: '0', isMet: count === 0 }
}

function inSeconds(milliseconds: number): string {
  return `${fixed(milliseconds / SECONDS)} s`
}

function mebibytes(bytes: number): string {
  return `${fixed(bytes / 2 ** 20)} MiB`
}

function simulate(options: string): Promise<Figures> {
  console.error(`simulation: ${options}`)
  return new Promise((resolve, reject) => {
    const program = ['--max-old-space-size=8000', SIMULATION, '--json', '--verbose', ...options.split(' ')]
    const child = execFile(process.execPath, program, { maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
      if (stdout === '') reject(error ?? new Error(stderr))
      else resolve(JSON.parse(stdout) as Figures)
    })
    if (child.stderr) createInterface(child.stderr).on('line', line => console.error(`${options}: ${line}`))
  })
}
