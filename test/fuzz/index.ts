/** The command line of the fuzzer: `npm run fuzz -- --seconds 600 --seed 7`. */

import { parseArgs } from 'node:util'
import { type FuzzFigures, fuzz, NO_LIMITS } from './fuzz.js'
import type { Holdings } from './node-process.js'

const HELP = `npm run fuzz -- [options]
  --seconds 60  --inputs 1000000 (in place of seconds)  --seed (default: another one each time)
  --round 10000 (inputs from one check to the next)  --limits default (default: none)`

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: { seconds: text, inputs: text, seed: text, round: text, limits: text, help: { type: 'boolean' } }
})
if (values.help) {
  console.log(HELP)
  process.exit(0)
}

const seed = toNumber(values.seed, Math.floor(Math.random() * 2 ** 31))
console.log(`seed ${seed}`)
const figures = await fuzz({
  seed,
  ...(values.inputs === undefined
    ? { seconds: toNumber(values.seconds, 60) }
    : { inputs: toNumber(values.inputs, 0) }),
  roundSize: toNumber(values.round, 10_000),
  options: values.limits === 'default' ? {} : NO_LIMITS,
  onRound: print,
  onFailure: ({ problems, from, to, file }) =>
    console.log([`FAILED, seed ${seed}, input ${from} to ${to - 1}: see ${file}`, ...problems].join('\n  '))
})
const { heaps: _, ...summary } = figures
console.log(JSON.stringify(summary, null, 2))
process.exit(figures.failures.length === 0 ? 0 : 1)

function print(
  { inputs, seconds, counts }: FuzzFigures,
  { heap, rss, peerConnections, longestTask }: Holdings
): void {
  console.log(
    [
      `${inputs} inputs, ${Math.round(inputs / seconds)} a second`,
      `${counts.awaited} awaited replies`,
      `${peerConnections.made} RTCPeerConnections, ${peerConnections.most} at most`,
      `heap ${megabytes(heap)}, RSS ${megabytes(rss)}`,
      `longest task ${Math.round(longestTask)} ms`
    ].join('; ')
  )
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

function toNumber(value: string | undefined, byDefault: number): number {
  const number = Number(value ?? byDefault)
  if (!Number.isInteger(number) || number < 0) throw new Error(`${value} is not a whole number\n${HELP}`)
  return number
}
