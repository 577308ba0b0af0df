// `npm run test:interop`: our nodes beside nodes of the predecessor, webtorrent-dht 0.18, which is installed apart.

import { spawnSync } from 'node:child_process'
import { setUp } from './setup.mjs'

await setUp()
for (const script of ['test/interop/install.mjs', 'build/test/interop/interop.js']) {
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
