/** Tests with many tabs, or for long: `node build/test/tabs/index.js path-of-chromium`. */

import '../reporter.js'
import { testManyLookups } from './many-lookups.js'
import { testTwentyTabs } from './twenty-tabs.js'

const [, , executablePath = ''] = process.argv
testTwentyTabs(executablePath)
testManyLookups(executablePath)
