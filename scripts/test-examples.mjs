// `npm run test:examples`: each example as its README says, with `npm install` and `npm start`, in Chromium and Firefox.
// `-- next react-vite`: these alone. What runs in Docker is not among them.

import { spawnSync } from 'node:child_process'
import { ensureBrowsers } from './browsers.mjs'
import { root, setUp } from './setup.mjs'

await setUp()
const { chromium, firefox } = await ensureBrowsers()
const args = ['build/test/examples/installed.js', chromium, firefox, ...process.argv.slice(2)]
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
process.exit(status ?? 1)
