/** Tests with several tabs or browsers: `node build/test/tabs/index.js path-of-chromium path-of-firefox`. */

import '../reporter.js'
import type { BrowserPlace } from './browser.js'
import { testComingAndGoing } from './coming-and-going.js'
import { testManyLookups } from './many-lookups.js'
import { testPairs } from './pairs.js'
import { testTwentyTabs } from './twenty-tabs.js'

const [, , pathOfChromium = '', pathOfFirefox = ''] = process.argv
const chromium: BrowserPlace = { name: 'chromium', executablePath: pathOfChromium }
const firefox: BrowserPlace = { name: 'firefox', executablePath: pathOfFirefox }
testPairs(chromium, firefox)
testComingAndGoing(chromium, firefox)
testTwentyTabs(chromium)
testManyLookups(chromium)
