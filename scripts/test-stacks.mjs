// `npm run test:stacks`: nodes on other implementations of WebRTC, which are installed apart, and on browsers, in a network of ours.

import { spawnSync } from 'node:child_process'
import { findBrowsers } from './browsers.mjs'
import { setUp } from './setup.mjs'

await setUp()
const { chromium = '', firefox = '' } = await findBrowsers()
const [rounds = '1'] = process.argv.slice(2)
for (const args of [
  ['test/stacks/install.mjs'],
  ['build/test/stacks/stacks.js', rounds, chromium, firefox]
]) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
