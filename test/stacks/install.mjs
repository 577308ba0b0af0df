/** Installs the implementations of npm beside this file, unless they are there. What cannot be installed is skipped by the tests. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))

if (!existsSync(`${here}node_modules/.package-lock.json`)) {
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  spawnSync('npm', args, { cwd: here, stdio: 'inherit', shell: process.platform === 'win32' })
}
