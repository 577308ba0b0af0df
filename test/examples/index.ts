/** Tests of the examples: `node build/test/examples/index.js path-of-chromium path-of-firefox`. */

import '../reporter.js'
import test from 'tape'
import { testBootstrapDocker } from './bootstrap-docker.js'
import { testChat } from './chat.js'
import { testFileDrop } from './file-drop.js'
import { testFolders } from './folders.js'
import { testGame } from './game.js'
import { testPlayer } from './player.js'
import { testProfile } from './profile.js'
import { testSharedText } from './shared-text.js'
import { launchBrowsers } from './visitors.js'

const [, , pathOfChromium = '', pathOfFirefox = ''] = process.argv
const browsers = launchBrowsers(pathOfChromium, pathOfFirefox)

testFolders()
testBootstrapDocker()
testChat(browsers)
testFileDrop(browsers)
testGame(browsers)
testSharedText(browsers)
testProfile(browsers)
testPlayer(browsers)

test.onFinish(async () => {
  const { chromium, firefox } = await browsers
  await Promise.all([chromium.close(), firefox.close()])
  // Where node-datachannel could not clean up, its threads would hold the process.
  setTimeout(() => process.exit(), 2000).unref()
})
