/** One simulated network in a process of its own. It prints its figures. Arguments: what is tried, nodes, seed, how often. */

import { installGlobals } from '../../../test/simulation/globals.js'
import { Random } from '../../../test/simulation/random.js'
import { VirtualClock } from '../../../test/simulation/virtual-clock.js'

const [attack, ...numbers] = process.argv.slice(2)
const [nodes = 64, seed = 1, times = 1, askers = 1] = numbers.map(Number)
const clock = new VirtualClock()
const uninstall = installGlobals(clock, new Random(seed, 'nodes'))
// Only now: they load the code that is simulated.
const { World } = await import('./world.js')
const { attackKeys } = await import('./sybils.js')
const { readLookups } = await import('./readers.js')
const { measureCosts } = await import('./costs.js')
const world = new World(clock, nodes, seed)
let figures: unknown
await clock.run(async () => {
  await world.start()
  if (attack === 'sybils') figures = await attackKeys(world, times, askers)
  else if (attack === 'readers') figures = await readLookups(world, times)
  else figures = await measureCosts(world, times)
})
uninstall()
process.stdout.write(JSON.stringify(figures))
