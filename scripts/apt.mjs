/** Installs Debian's packages, where that may be done. */

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './setup.mjs'

export const INSTALL_TIMEOUT = 300_000

/**
 * Installs packages of Debian.
 *
 * @returns false where there is no apt-get, or it may not be run
 * @throws Error with apt-get's last words
 */
export async function aptInstall(...packages) {
  const prefix = await rootPrefix()
  if (!prefix || !findProgram('apt-get')) return false
  const apt = (...args) => {
    const command = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]
    return run(command[0], command.slice(1), { timeout: INSTALL_TIMEOUT })
  }
  const install = ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=60']

  console.log(`Installing Debian's ${packages.join(', ')} (apt-get), once …`)
  await apt('update', '-q') // the list of packages may be missing, or name an old version; without a network it has to do
  const result = await apt(...install, ...packages)
  if (result.code !== 0) throw new Error(`apt-get: ${result.output.split('\n').at(-1)}`)
  return true
}

/** The path of a program, also of one for administrators. */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter(Boolean)
  return folders.map(folder => join(folder, name)).find(isExecutable)
}

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** What to put before a command that only root may run; `null` if it cannot be run without a password. */
async function rootPrefix() {
  if (process.platform !== 'linux') return null
  if (process.getuid() === 0) return []
  try {
    const { code } = await run('sudo', ['-n', 'true'])
    return code === 0 ? ['sudo', '-n'] : null
  } catch {
    return null // no sudo
  }
}
