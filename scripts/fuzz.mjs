/** `npm run fuzz`: builds, and fuzzes a node. Arguments go to test/fuzz/index.ts. */

import { spawnSync } from 'node:child_process'
import { root, setUp } from './setup.mjs'

await setUp()
const args = ['build/test/fuzz/index.js', ...process.argv.slice(2)]
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
process.exit(status ?? 1)
