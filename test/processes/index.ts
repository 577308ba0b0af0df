/**
 * Tests with nodes in processes of their own, which are killed, stopped, parted and flooded. The first four mostly wait,
 * and do so at the same time. They are imported statically, after the reporter: tape ends when it has nothing to run.
 */

import '../reporter.js'
import './killed.test.js'
import './parted.test.js'
import './local-network.test.js'
import './stopped.test.js'
import './leaving.test.js'
import './descriptors.test.js'
import './crowd.test.js'
import './garbage.test.js'
import '../cli/client-commands.test.js'
import '../cli/doctor.test.js'
import '../cli/serve.test.js'
import '../cli/kills.test.js'
