/** An example as its README says: `npm install`, `npm start`, and the link that it prints. In a copy of the folder. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { within } from '../helpers/nodes.js'
import type { Site } from './site.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const MINUTES = 60_000
/** It may have to build. */
const START_TIME = 10 * MINUTES
const INSTALL_TIME = 10 * MINUTES
/** As Vite and Next.js print it. */
const LINK = /Local:\s+(http:\S+)/

export interface InstalledSite extends Site {
  /** The copy of the example's folder, to be edited. */
  folder: string
}

export async function openInstalledSite(name: string): Promise<InstalledSite> {
  // Beside examples/, so that what is named by `..` is found.
  const copy = mkdtempSync(join(ROOT, 'examples-'))
  const ofExample = (path: string) => !/node_modules|package-lock|\.next/.test(path)
  cpSync(join(ROOT, 'examples'), copy, { recursive: true, filter: ofExample })
  const folder = join(copy, name)
  const remove = () => rmSync(copy, { recursive: true, force: true })
  const options = { cwd: folder, encoding: 'utf8', timeout: INSTALL_TIME, shell: true } as const
  const { status, stderr } = spawnSync('npm install --no-audit --no-fund --loglevel=error', options)
  if (status !== 0) {
    remove()
    throw new Error(`npm install failed: ${stderr}`)
  }
  let server = await start(folder)
  return {
    folder,
    url: server.url,
    async replaceBootstrap() {
      await stop(server.process)
      server = await start(folder)
    },
    async close() {
      await stop(server.process)
      remove()
    }
  }
}

async function start(folder: string): Promise<{ process: ChildProcess; url: string }> {
  // In a group of its own, to be ended as by Ctrl-C.
  const child = spawn('npm', ['start'], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' }
  })
  let output = ''
  const link = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', text => {
        output += text
        const [, url] = LINK.exec(output) ?? []
        if (url) resolve(url.endsWith('/') ? url : `${url}/`)
      })
    child.once('close', () => reject(new Error(`npm start has ended: ${output}`)))
  })
  try {
    return { process: child, url: await within('the link of npm start', link, START_TIME) }
  } catch (error) {
    await stop(child)
    throw error
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const closed = once(child, 'close')
  process.kill(-child.pid, 'SIGINT')
  await closed
}
