/**
 * `node build/test/simulation/index.js --nodes 10000 --seed 1 …`: networks of nodes of `src/` in virtual time. The options are
 * in settings.ts. The exit code is 1 if something happened that must not.
 */

import { installGlobals } from './globals.js'
import { Random } from './random.js'
import { compareSizes } from './scale/main.js'
import { parseSettings, type Settings } from './settings.js'
import { VirtualClock } from './virtual-clock.js'

const args = process.argv.slice(2)
const settings = parseSettings(args)
const { scenario } = settings
const { text, isFine } =
  scenario === 'lookups' ? await compareSizes(settings, args) : await simulate(settings, scenario)
process.stdout.write(`${text}\n`)
process.exitCode = isFine ? 0 : 1

async function simulate(settings: Settings, scenario: Exclude<Settings['scenario'], 'lookups'>) {
  const realNow = performance.now.bind(performance)
  const clock = new VirtualClock()
  const uninstall = installGlobals(clock, new Random(settings.seed, 'nodes'))
  // Only now: it loads the code that is simulated.
  const { run } = await import('./run.js')
  return run(settings, scenario, clock, realNow).finally(uninstall)
}
