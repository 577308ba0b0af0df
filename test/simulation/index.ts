/**
 * `node build/test/simulation/index.js --nodes 1000 --hours 2 --seed 1 …`: a network of nodes of `src/` in virtual time. The
 * options are in settings.ts. The exit code is 1 if something happened that must not.
 */

import { installGlobals } from './globals.js'
import { Random } from './random.js'
import { parseSettings } from './settings.js'
import { VirtualClock } from './virtual-clock.js'

const settings = parseSettings(process.argv.slice(2))
const realNow = performance.now.bind(performance)
const clock = new VirtualClock()
const uninstall = installGlobals(clock, new Random(settings.seed, 'nodes'))
// Only now: it loads the code that is simulated.
const { run } = await import('./run.js')
const { text, isFine } = await run(settings, clock, realNow).finally(uninstall)
process.stdout.write(`${text}\n`)
process.exitCode = isFine ? 0 : 1
