/**
 * WebTorrent without a tracker, in real browsers and in Node.js: `node build/test/webtorrent/index.js chromium firefox [extent]`,
 * with the paths of the browsers. The extent is `short`, `bundlers`, or the version of one release. Run `install.mjs` first.
 */

import '../reporter.js'
import test from 'tape'
import type { BrowserPlace } from '../tabs/browser.js'
import { ESBUILD, testBundler, VITE, WEBPACK } from './bundlers.js'
import { testTenTabs, testWithoutBootstrap } from './many-tabs.js'
import { testBothDHTs, testNodeLeecher, testNodeSeeder, testOwnPeer } from './node.js'
import { testPair } from './pairs.js'
import { testReadme } from './readme.js'
import { type Release, WEBTORRENT_2, WEBTORRENT_3 } from './releases.js'
import { testClientsDHT, testDetaching, testPrivateTorrents } from './rules.js'
import { testTracker } from './tracker.js'

const [, , pathOfChromium = '', pathOfFirefox = '', extent] = process.argv
const chromium: BrowserPlace = { name: 'chromium', executablePath: pathOfChromium }
const firefox: BrowserPlace = { name: 'firefox', executablePath: pathOfFirefox }
// Where node-datachannel could not clean up after hundreds of connections, its threads would hold the process.
test.onFinish(() => setTimeout(() => process.exit(), 2000).unref())

if (extent === 'short') {
  testPair(WEBTORRENT_2, chromium, chromium)
  testNodeSeeder(WEBTORRENT_2, chromium)
  testReadme(chromium)
  testBundler(WEBTORRENT_3, ESBUILD, chromium)
} else if (extent === 'bundlers') {
  for (const release of [WEBTORRENT_2, WEBTORRENT_3]) testBundlers(release)
} else {
  for (const release of [WEBTORRENT_2, WEBTORRENT_3]) {
    if (extent === undefined || release.name.endsWith(extent)) testAll(release)
  }
  testReadme(chromium)
}

function testAll(release: Release): void {
  for (const from of [chromium, firefox]) for (const to of [chromium, firefox]) testPair(release, from, to)
  testNodeSeeder(release, chromium)
  testNodeSeeder(release, firefox)
  testNodeLeecher(release, chromium)
  testNodeLeecher(release, firefox)
  testOwnPeer(release, chromium)
  testBothDHTs(release, chromium)
  testWithoutBootstrap(release, chromium)
  testTracker(release, chromium, firefox)
  testPrivateTorrents(release, chromium)
  testDetaching(release, chromium)
  testClientsDHT(release, chromium)
  testTenTabs(release, chromium)
  testBundlers(release)
}

function testBundlers(release: Release): void {
  for (const bundler of [ESBUILD, VITE, WEBPACK]) testBundler(release, bundler, chromium)
}
