/** Pages that are built from WebTorrent's sources, as docs/webtorrent.md says, with this package in place of bittorrent-dht. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import test from 'tape'
import { createNode, destroyAll, placeOf } from '../helpers/nodes.js'
import { type BrowserPlace, COUNTING_SCRIPT, type Site, Tabs } from '../tabs/browser.js'
import { countsOf, downloadIn, PAGE_FUNCTIONS, seedIn, show } from './page.js'
import { readDocument } from './readme.js'
import { pathOf, type Release } from './releases.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const SIZE = 500_000
/** As in docs/webtorrent.md. */
const CLIENT = "new WebTorrent({ dht: { bootstrap: 'https://dht.example.org/' } })"
/** The same, with a place that the test knows, and without trackers. */
const LOCAL_CLIENT =
  "new WebTorrent({ tracker: false, dht: { bootstrap: new URLSearchParams(location.search).get('bootstrap') } })"
/** What the test needs in the page, after docs/webtorrent.md's code. */
const TEST_CODE = `
client.on('error', error => setTimeout(() => { throw error }))
const { dht } = client
Object.assign(globalThis, { client, dht })
${PAGE_FUNCTIONS}`
/** What only Node.js could load. */
const NATIVE = /[/\\](?:@node-datachannel|node-datachannel|prebuilds|build)$/

interface Bundler {
  name: string
  package: string
  /** Arguments for Node.js, in the project's folder, that build `app.js`. */
  command: string[]
  /** Whether it takes an index.html, and makes one. */
  takesPage?: boolean
}

export const ESBUILD: Bundler = { name: 'esbuild', package: 'esbuild', command: ['build.mjs'] }
export const VITE: Bundler = {
  name: 'Vite',
  package: 'vite',
  command: ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'error'],
  takesPage: true
}
export const WEBPACK: Bundler = {
  name: 'webpack',
  package: 'webpack',
  // What webpack-cli does.
  command: [
    '--input-type=module',
    '--eval',
    `import webpack from 'webpack'
    import config from './webpack.config.mjs'
    webpack(config, (error, stats) => {
      if (error || stats.hasErrors()) throw error ?? new Error(stats.toString({ all: false, errors: true }))
    })`
  ]
}

export function testBundler(release: Release, bundler: Bundler, browser: BrowserPlace): void {
  test(`${release.name}, built with ${bundler.name}: a tab downloads what another tab has`, async t => {
    const project = createProject(release, bundler)
    const bootstrap = await createNode()
    let tabs: Tabs | undefined
    try {
      await build(project, bundler)
      tabs = await Tabs.open(browser, readSite(join(project, 'dist')))
      const seeder = await tabs.openPage(placeOf(bootstrap))
      const leecher = await tabs.openPage(placeOf(bootstrap))
      const { magnet, hash } = await seedIn(seeder, 'file', SIZE)
      t.notOk(magnet.includes('tr='), 'the magnet link names no tracker')
      const download = await downloadIn(leecher, magnet)
      console.log(`       ${show(download)}`)
      t.equal(download.hash, hash, 'the content is what was seeded')
      for (const page of [seeder, leecher]) {
        t.equal((await countsOf(page)).torrentsOpen, 1, 'one RTCPeerConnection for the torrent')
      }
      t.deepEqual(tabs.errors, [], 'the pages had no error')
    } finally {
      await tabs?.close()
      await destroyAll(bootstrap)
      rmSync(project, { recursive: true, force: true })
    }
  })
}

/** Writes the files of docs/webtorrent.md into a folder where npm could have installed what they import. */
function createProject(release: Release, bundler: Bundler): string {
  const project = mkdtempSync(join(tmpdir(), 'webtorrent-dht-bundler-'))
  const packages = join(project, 'node_modules')
  // Copies: bundlers look for packages beside what a link leads to.
  cpSync(pathOf('.'), packages, { recursive: true, filter: path => !NATIVE.test(path) })
  renameSync(join(packages, release.folder), join(packages, 'webtorrent'))
  for (const path of ['package.json', 'dist']) {
    cpSync(join(ROOT, path), join(packages, 'webtorrent-dht', path), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules', bundler.package), join(packages, bundler.package), 'junction')
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  for (const [name, code] of readFiles()) writeFileSync(join(project, name), code)
  const app = readFileSync(join(project, 'app.js'), 'utf8')
  if (!app.includes(CLIENT)) throw new Error(`docs/webtorrent.md's app.js has no ${CLIENT}`)
  writeFileSync(join(project, 'app.js'), app.replace(CLIENT, LOCAL_CLIENT) + TEST_CODE)
  if (bundler.takesPage) writeFileSync(join(project, 'index.html'), pageOf('/app.js'))
  return project
}

/** The files in docs/webtorrent.md, by the name in their first line. */
function readFiles(): [string, string][] {
  const blocks = readDocument().matchAll(/^```javascript\n\/\/ (\S+)\n(.*?)^```$/gms)
  return Array.from(blocks, ([, name = '', code = '']) => [name, code])
}

function pageOf(script: string): string {
  return `<!doctype html><title>WebTorrent</title>${COUNTING_SCRIPT}<script type="module" src="${script}"></script>`
}

/** @throws Error with what the bundler says */
async function build(project: string, { command }: Bundler): Promise<void> {
  const child = spawn(process.execPath, command, { cwd: project, stdio: ['ignore', 'inherit', 'pipe'] })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    complaints += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0 || complaints !== '') throw new Error(complaints || `exit code ${code}`)
}

/** What was built, to be served. */
function readSite(folder: string): Site {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(path =>
    path.replaceAll('\\', '/')
  )
  const scripts = files.filter(path => path.endsWith('.js'))
  const page = files.includes('index.html')
    ? readFileSync(join(folder, 'index.html'), 'utf8')
    : pageOf(`/${scripts.find(path => !/^\d+\.js$/.test(path))}`) // webpack numbers the parts that load later
  return {
    page,
    scripts: Object.fromEntries(scripts.map(path => [`/${path}`, pathToFileURL(join(folder, path))]))
  }
}
