/** Measures the points of the benchmark and prints a Markdown table for each: `npm run bench -- [swarm] [cost] …`. */

import { measureCost } from './cost.js'
import { type BenchOptions, parseOptions } from './options.js'
import { measureRoutes } from './routes.js'
import { measureSoak } from './soak.js'
import { measureSwarm } from './swarm.js'
import { describeMachine } from './table.js'
import { measureTimes } from './times.js'

const POINTS: Record<string, (options: BenchOptions) => Promise<string>> = {
  swarm: measureSwarm,
  cost: measureCost,
  routes: measureRoutes,
  times: measureTimes,
  soak: measureSoak
}

const options = parseOptions(process.argv.slice(2))
const names = options.points.length > 0 ? options.points : Object.keys(POINTS)
console.log(`${describeMachine()}\n`)
for (const name of names) {
  const measure = POINTS[name]
  if (!measure) throw new Error(`no point '${name}'; there are ${Object.keys(POINTS).join(', ')}`)
  console.log(`${await measure(options)}\n`)
}
