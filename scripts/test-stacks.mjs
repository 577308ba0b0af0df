// `npm run test:stacks`: small peers on other implementations of WebRTC, which are installed apart, in a network of ours.

import { spawnSync } from 'node:child_process'
import { setUp } from './setup.mjs'

await setUp()
for (const args of [['test/stacks/install.mjs'], ['build/test/stacks/stacks.js', ...process.argv.slice(2)]]) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
