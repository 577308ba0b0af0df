/** The simulated networks that `npm test` runs. */

import '../reporter.js'
import './lookups.test.js'
import './simulation.test.js'
import './sybils.test.js'
