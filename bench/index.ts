/** Measures the points of the benchmark and prints a Markdown table for each: `npm run bench -- [swarm] [cost] …`. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { measureAnswering } from './answering.js'
import { measureConnections } from './connections.js'
import { measureCpu } from './cpu.js'
import { measureFleet } from './fleet.js'
import { measureJourney } from './journey.js'
import { measureLinks } from './links.js'
import { measureLoad } from './load.js'
import { measureNetworks } from './networks/index.js'
import { type BenchOptions, parseOptions } from './options.js'
import { measurePages } from './pages.js'
import { measureProofs } from './proofs.js'
import { measureRooms } from './rooms.js'
import { measureRoutes } from './routes.js'
import { measureSoak } from './soak.js'
import { measureSwarm } from './swarm.js'
import { describeMachine } from './table.js'
import { measureTimes } from './times.js'
import { measureTrystero } from './trystero.js'

const POINTS: Record<string, (options: BenchOptions) => Promise<string>> = {
  swarm: measureSwarm,
  connections: measureConnections,
  routes: measureRoutes,
  times: measureTimes,
  soak: measureSoak,
  cost: measureAnswering,
  load: measureLoad,
  links: measureLinks,
  pages: measurePages,
  cpu: measureCpu,
  journey: measureJourney,
  proofs: measureProofs,
  fleet: measureFleet,
  rooms: measureRooms,
  trystero: measureTrystero
}

/** Stands alone: it needs a testbed, and the words after it are its rows. */
const NETWORKS = 'networks'
/** What must be installed for some points: the predecessor, and trystero. */
const PREDECESSOR = 'test/interop/install.mjs'
const INSTALLERS: Record<string, string> = {
  connections: PREDECESSOR,
  times: PREDECESSOR,
  trystero: 'bench/trystero/install.mjs'
}
const ROOT = new URL('../../', import.meta.url)

const options = parseOptions(process.argv.slice(2))
const [first, ...rows] = options.points
if (first === NETWORKS) {
  console.log(`${describeMachine()}\n\n${await measureNetworks(rows)}`)
  process.exit()
}
const names = options.points.length > 0 ? options.points : Object.keys(POINTS)
for (const installer of new Set(names.flatMap(name => INSTALLERS[name] ?? []))) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(installer, ROOT))], {
    stdio: 'inherit'
  })
  if (status !== 0) process.exit(status ?? 1)
}
console.log(`${describeMachine()}\n`)
for (const name of names) {
  const measure = POINTS[name]
  if (!measure)
    throw new Error(`no point '${name}'; there are ${[...Object.keys(POINTS), NETWORKS].join(', ')}`)
  console.log(`${await measure(options)}\n`)
}
