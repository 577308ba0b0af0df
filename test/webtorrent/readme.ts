/** The page and the program in docs/webtorrent.md do what it says. */

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sirv from 'sirv'
import test from 'tape'
import { launchChromium } from '../helpers/browsers.js'
import { createNode, destroyAll, placeOf, within } from '../helpers/nodes.js'
import type { BrowserPlace } from '../tabs/browser.js'
import { pathOf, WEBTORRENT_2 } from './releases.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const BOOTSTRAP = 'https://dht.example.org/'
const DEADLINE = 60_000
/** What keeps the programs on this machine. */
const LOCAL_OPTIONS =
  '{ tracker: false, lsd: false, natUpnp: false, natPmp: false, dht: { bootstrap: false } }'

export function testReadme(browser: BrowserPlace): void {
  test('docs/webtorrent.md: a page downloads what a program in Node.js seeds', async t => {
    const section = readDocument()
    const [page, program] = [/^```html\n(.*?)^```$/ms, /^```javascript\n(import.*?)^```$/ms].map(
      pattern => pattern.exec(section)?.[1]
    )
    if (!page || !program) throw new Error('docs/webtorrent.md has no page, or no program')
    const bootstrap = await createNode()
    const place = `http://${placeOf(bootstrap)}/`
    const folder = createFolder()
    const content = randomBytes(500_000)
    writeFileSync(join(folder, 'film.mp4'), content)
    writeFileSync(join(folder, 'page.html'), page.replace(BOOTSTRAP, place))
    const local = program
      .replace(BOOTSTRAP, place)
      .replace('new WebTorrent()', `new WebTorrent(${LOCAL_OPTIONS})`)
    writeFileSync(join(folder, 'seed.mjs'), local)
    const server = createServer(sirv(folder, { dev: true })).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const seeder = spawn(process.execPath, ['seed.mjs'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const chromium = await launchChromium(browser.executablePath)
    try {
      const magnet = await within('the magnet link', firstLine(seeder), DEADLINE)
      t.notOk(magnet.includes('&tr='), 'the magnet link names no tracker')
      const tab = await chromium.newPage()
      const { port } = server.address() as { port: number }
      await tab.goto(`http://127.0.0.1:${port}/page.html#${magnet}`)
      await tab.locator('a').waitFor({ timeout: DEADLINE })
      const [name, bytes] = await tab.evaluate(async () => {
        const link = document.querySelector('a')
        const response = await fetch(link?.href ?? '')
        return [link?.download, Array.from(new Uint8Array(await response.arrayBuffer()))] as const
      })
      t.equal(name, 'film.mp4')
      t.ok(content.equals(new Uint8Array(bytes)), 'the link leads to the content')
    } finally {
      await chromium.close()
      seeder.kill()
      server.closeAllConnections()
      server.close()
      await destroyAll(bootstrap)
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

export function readDocument(): string {
  return readFileSync(join(ROOT, 'docs/webtorrent.md'), 'utf8')
}

/** A folder in which both packages are installed. */
function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-readme-'))
  const packages = join(folder, 'node_modules')
  mkdirSync(packages)
  symlinkSync(ROOT, join(packages, 'webtorrent-dht'), 'junction')
  symlinkSync(pathOf(WEBTORRENT_2.folder), join(packages, 'webtorrent'), 'junction')
  return folder
}

/** The first line that a program prints. */
async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('what it prints is not read')
  const [text] = await once(stdout.setEncoding('utf8'), 'data')
  return String(text).split('\n')[0] ?? ''
}
