/** The simulated networks that `npm test` runs. */

import '../reporter.js'
import './lookups.test.js'
import './simulation.test.js'
import './attacks.test.js'
