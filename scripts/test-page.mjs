/**
 * Tests the demo page in browsers: `node scripts/test-page.mjs [path of Chromium] [path of Firefox]`. Screenshots go to the folder that
 * TEST_ARTIFACTS names, else to test-artifacts/.
 */

import { setUp } from './setup.mjs'

await setUp()
const { testPage } = await import('../build/test/page/page.e2e.js')
const [chromium = '/usr/bin/chromium', firefox = '/usr/bin/firefox'] = process.argv.slice(2)
await testPage(chromium, firefox, process.env.TEST_ARTIFACTS ?? 'test-artifacts')
console.log('The page keeps its promises.')
process.exit() // node-datachannel may hold the process for some seconds
