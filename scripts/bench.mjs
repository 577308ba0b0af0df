/** `npm run bench`: builds, installs the predecessor to compare with, and measures. Arguments go to bench/index.ts. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setUp } from './setup.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

await setUp()
run('test/interop/install.mjs')
run('build/bench/index.js', ...process.argv.slice(2))

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
