/** Builds, and runs a program of build/ with the arguments that come after it: `node scripts/run-built.mjs test/fuzz/index.js`. */

import { spawnSync } from 'node:child_process'
import { root, setUp } from './setup.mjs'

await setUp()
const [program, ...args] = process.argv.slice(2)
const { status } = spawnSync(process.execPath, [`build/${program}`, ...args], { cwd: root, stdio: 'inherit' })
process.exit(status ?? 1)
