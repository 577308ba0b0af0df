/** Tests with several tabs or browsers: `node build/test/tabs/index.js path-of-chromium path-of-firefox`. */

import '../reporter.js'
import test from 'tape'
import { testProbedPage } from '../stacks/probed-page.js'
import { testBlockedUdp } from './blocked-udp.js'
import type { BrowserPlace } from './browser.js'
import { testComingAndGoing } from './coming-and-going.js'
import { testDialling } from './dialling.js'
import { testInvitations } from './invitations.js'
import { testManyLookups } from './many-lookups.js'
import { testOffline } from './offline.js'
import { testPairs } from './pairs.js'
import { testRooms } from './rooms.js'
import { testSignedProfile } from './signed-profile.js'
import { testTwentyTabs } from './twenty-tabs.js'

const [, , pathOfChromium = '', pathOfFirefox = ''] = process.argv
const chromium: BrowserPlace = { name: 'chromium', executablePath: pathOfChromium }
const firefox: BrowserPlace = { name: 'firefox', executablePath: pathOfFirefox }
// Where node-datachannel could not clean up after hundreds of connections, its threads would hold the process.
test.onFinish(() => setTimeout(() => process.exit(), 2000).unref())

testPairs(chromium, firefox)
testOffline(chromium, firefox)
testInvitations(chromium, firefox)
testDialling(chromium, firefox)
testComingAndGoing(chromium, firefox)
testTwentyTabs(chromium)
testRooms(chromium, firefox)
testManyLookups(chromium)
testSignedProfile(chromium)
testBlockedUdp(chromium)
testProbedPage(chromium)
testProbedPage(firefox)
