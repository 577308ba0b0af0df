/** Tests of docs/deploy/ with the servers that it is about: `node build/test/deploy/index.js path-of-chromium path-of-firefox`. */

import '../reporter.js'
import test from 'tape'
import type { BrowserPlace } from '../tabs/browser.js'
import { testPackaging } from './packaging.js'
import { testPrometheus } from './prometheus.js'
import { testProxies } from './proxies.js'
import { testTurn } from './turn.js'

const [, , pathOfChromium = '', pathOfFirefox = ''] = process.argv
const browsers: BrowserPlace[] = [
  { name: 'chromium', executablePath: pathOfChromium },
  { name: 'firefox', executablePath: pathOfFirefox }
]
// Threads of node-datachannel may hold the process.
test.onFinish(() => setTimeout(() => process.exit(), 2000).unref())

testPackaging()
testPrometheus()
testTurn()
testProxies(...browsers.filter(({ executablePath }) => executablePath !== ''))
