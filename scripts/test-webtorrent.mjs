// `npm run test:webtorrent`: releases of WebTorrent, which are installed apart, without a tracker, in browsers and in Node.js.
// `-- short` runs a part of it, `-- 2.8.5` or `-- 3.0.21` all with one release.

import { spawnSync } from 'node:child_process'
import { ensureBrowsers } from './browsers.mjs'
import { root, setUp } from './setup.mjs'

await setUp()
const { chromium, firefox } = await ensureBrowsers()
for (const args of [
  ['test/webtorrent/install.mjs'],
  ['build/test/webtorrent/index.js', chromium, firefox, ...process.argv.slice(2)]
]) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
