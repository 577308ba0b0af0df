/** Whether this machine can have a testbed, and what it has for it. */

import { spawnSync } from 'node:child_process'
import { publicHost } from './plan.js'
import { compileWan, Wan } from './wan.js'

/** Set in the process that has been given a user namespace of its own. */
const IN_USER_NAMESPACE = 'WEBTORRENT_DHT_IN_USER_NAMESPACE'

/** Arguments of `unshare`. */
const USER_NAMESPACE = ['--user', '--map-root-user']

/**
 * Makes sure that beds can be made by this process. Without root it goes on in a user namespace: this process only waits then, and
 * ends as the other does.
 *
 * @returns why there can be no bed, or `null`
 */
export async function prepareForBeds(): Promise<string | null> {
  if (process.platform !== 'linux') return 'network namespaces are Linux only'
  for (const program of ['gcc', 'ip']) if (!isInstalled(program)) return `no ${program} is installed`
  const reason = await whyNoBed()
  if (reason === null || process.env[IN_USER_NAMESPACE]) return reason
  if (!canUnshare()) return `${reason}, and user namespaces are not allowed`
  const { status } = spawnSync(
    'unshare',
    [...USER_NAMESPACE, process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, [IN_USER_NAMESPACE]: '1' } }
  )
  process.exit(status ?? 1)
}

async function whyNoBed(): Promise<string | null> {
  try {
    compileWan()
    const wan = await Wan.start(publicHost('any', '203.0.113.1'))
    await wan.close()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function canUnshare(): boolean {
  return spawnSync('unshare', [...USER_NAMESPACE, 'true']).status === 0
}

export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

/** The path of a browser; `undefined`: it is not installed. */
export async function findBrowser(kind: 'chromium' | 'firefox'): Promise<string | undefined> {
  const { findBrowsers } = (await import(BROWSERS)) as {
    findBrowsers(): Promise<{ chromium: string | undefined; firefox: string | undefined }>
  }
  browsers ??= findBrowsers()
  return (await browsers)[kind]
}

const BROWSERS = new URL('../../../scripts/browsers.mjs', import.meta.url).href
let browsers: Promise<{ chromium: string | undefined; firefox: string | undefined }> | undefined
