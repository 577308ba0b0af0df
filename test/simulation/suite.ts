/** The simulated networks that `npm test` runs. */

import '../reporter.js'
import './simulation.test.js'
