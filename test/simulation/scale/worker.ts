/**
 * One network of one size and design, in a process of its own: memory is given back at its end, and the code that is simulated
 * must be loaded once the globals are replaced. It prints its figures.
 */

import { installGlobals } from '../globals.js'
import { Random } from '../random.js'
import { parseSettings } from '../settings.js'
import { VirtualClock } from '../virtual-clock.js'

const settings = parseSettings(process.argv.slice(2))
const [design = 'routes'] = settings.lookups.designs
const realNow = performance.now.bind(performance)
const clock = new VirtualClock()
const uninstall = installGlobals(clock, new Random(settings.seed, 'nodes'))
// Only now: it loads the code that is simulated.
const { measure } = await import('./measure.js')
const figures = await measure(settings, design, clock, realNow).finally(uninstall)
process.stdout.write(JSON.stringify(figures))
