/**
 * The examples as their users have them, with `npm install` and `npm start`: `node build/test/examples/installed.js path-of-chromium
 * path-of-firefox`, and names of examples to try these alone.
 */

import '../reporter.js'
import test from 'tape'
import { testChat } from './chat.js'
import { testFileDrop } from './file-drop.js'
import { testGame } from './game.js'
import { openInstalledSite } from './installed-site.js'
import { testNext } from './next.js'
import { testPlayer } from './player.js'
import { testProfile } from './profile.js'
import { testReactVite } from './react-vite.js'
import { testSharedText } from './shared-text.js'
import { launchBrowsers, Visitors } from './visitors.js'

const [, , pathOfChromium = '', pathOfFirefox = '', ...wanted] = process.argv
const browsers = launchBrowsers(pathOfChromium, pathOfFirefox)
Visitors.openSite = openInstalledSite

const TESTS = {
  chat: testChat,
  'file-drop': testFileDrop,
  game: testGame,
  'shared-text': testSharedText,
  profile: testProfile,
  'webtorrent-player': testPlayer,
  'react-vite': testReactVite,
  next: testNext
}
for (const [name, play] of Object.entries(TESTS)) {
  if (wanted.length === 0 || wanted.includes(name)) play(browsers)
}

test.onFinish(async () => {
  const { chromium, firefox } = await browsers
  await Promise.all([chromium.close(), firefox.close()])
  // Where node-datachannel could not clean up, its threads would hold the process.
  setTimeout(() => process.exit(), 2000).unref()
})
