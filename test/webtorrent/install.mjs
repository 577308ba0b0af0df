/**
 * Installs the releases of WebTorrent, and what their sources need, beside this file, unless they are there. With the argument
 * `upstream`: what their own tests need, in that folder.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [, , folder = '.'] = process.argv
const here = fileURLToPath(new URL(`./${folder}/`, import.meta.url))

/** Whether npm has installed what package-lock.json names. */
function isInstalled() {
  const installed = `${here}node_modules/.package-lock.json`
  if (!existsSync(installed)) return false
  const [wanted, found] = [`${here}package-lock.json`, installed].map(file =>
    JSON.parse(readFileSync(file, 'utf8'))
  )
  return Object.keys(wanted.packages[''].dependencies).every(name => {
    const path = `node_modules/${name}`
    return found.packages[path]?.version === wanted.packages[path].version
  })
}

if (!isInstalled()) {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync('npm', args, {
    cwd: here,
    stdio: 'inherit',
    shell: process.platform === 'win32'
  })
  if (status !== 0) process.exit(status ?? 1)
}
