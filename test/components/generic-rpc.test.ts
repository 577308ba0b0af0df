/**
 * k-rpc and k-rpc-socket are generic: an application's own queries work between two of our classes exactly as between two of
 * theirs. The same tests for both; where ours differ on purpose, one table says so.
 */

import '../generic/queries.test.js'
import '../generic/errors.test.js'
import '../generic/events.test.js'
import '../generic/k-rpc.test.js'
import '../generic/k-rpc-table.test.js'
import '../generic/dht.test.js'
import '../generic/limits.test.js'
import '../generic/differences.test.js'
import '../generic/shipped.test.js'
