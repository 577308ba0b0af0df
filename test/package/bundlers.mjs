/**
 * Checks that an import of the package just works in pages: a fresh project for each bundler, as its getting-started page has
 * it, with nothing but the packed package and no configuration for its sake, is built without a warning and loaded in
 * Chromium, where it joins a node in Node.js and gets a signed value from it, with WebCrypto and without. `node
 * test/package/bundlers.mjs package.tgz`, with the path of Chromium in CHROME_BIN or as a second argument; prints one line a
 * promise and exits with 1 if one is broken.
 */

import { generateKeyPairSync, sign } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import sirv from 'sirv'
import { launchChromium } from '../../build/test/helpers/browsers.js'
import * as packageInNode from '../../dist/index.js'
import { root, run } from '../../scripts/setup.mjs'
import { findLeftOut } from '../../scripts/upstream.mjs'
import { pages, unbundled } from './pages.mjs'

/** Bytes that a page loads of the module, gzipped: what README.md says. */
const MAX_LOADED = 97_500
/** The same of the builds of one file: that for classic scripts has all ways in. The modules for WebTorrent and rooms have no second copy of the DHT. */
const MAX_SIZES = { 'browser.global.js': 108_500, 'webtorrent.browser.js': 5900, 'rooms.browser.js': 16_600 }
const JOIN_TIMEOUT = 20_000

const [tarball, executablePath = process.env.CHROME_BIN ?? '/usr/bin/chromium'] = process.argv.slice(2)
if (tarball === undefined) throw new Error('Usage: node test/package/bundlers.mjs package.tgz [chromium]')

const scratch = mkdtempSync(join(tmpdir(), 'webtorrent-dht-bundlers-'))
const installed = join(scratch, 'webtorrent-dht')
let hasFailed = false
let browser
let dht
let author
try {
  await unpack(resolve(tarball))
  for (const [file, most] of Object.entries(MAX_SIZES)) {
    await check(`${file} has at most ${most} bytes, gzipped`, () => checkSize(file, most))
  }
  await check('the module exports the names that the package has in Node.js', checkNames)
  await check('what the builds leave out of upstream is overridden, or called by nobody', checkLeftOut)
  browser = await launchChromium(executablePath)
  dht = createNode(false)
  await new Promise(listening => dht.listen(0, '127.0.0.1', listening))
  author = createNode(`127.0.0.1:${dht.address().port}`)
  author.handle('echo', ({ accept }) => echo(accept()))
  await new Promise(ready => author.once('ready', ready))
  await check(
    `a page that joins, announces, looks up, gets and dials loads at most ${MAX_LOADED} bytes, gzipped`,
    checkLoaded
  )
  for (const [promise, page] of Object.entries(pages)) await check(promise, () => checkPage(page))
} finally {
  await browser?.close()
  for (const node of [author, dht]) if (node) await new Promise(done => node.destroy(done))
  rmSync(scratch, { recursive: true, force: true })
}
if (hasFailed) process.exitCode = 1

/** Runs one check; a throw is a failure. What it returns is printed. */
async function check(promise, work) {
  const started = Date.now()
  try {
    const detail = (await work()) ?? `${((Date.now() - started) / 1000).toFixed(1)} s`
    console.log(`ok    ${promise} (${detail})`)
  } catch (error) {
    hasFailed = true
    console.log(`FAIL  ${promise}\n${error.message}`)
  }
}

async function unpack(file) {
  mkdirSync(installed)
  const { code, output } = await run('tar', ['-xzf', file, '--strip-components=1', '-C', installed])
  if (code !== 0) throw new Error(output)
}

function checkSize(file, most) {
  const size = sizeOf(file)
  if (size > most) throw new Error(`It has ${size}.`)
  return `${size} bytes`
}

/** Bytes of a file of dist/, gzipped. */
function sizeOf(file) {
  return gzipSync(readFileSync(join(installed, 'dist', file)), { level: 9 }).length
}

async function checkLoaded() {
  const project = createProject(unbundled, [])
  const loaded = []
  const server = await serveFolder(project, false, path => {
    const [, file] = /\/webtorrent-dht\/dist\/(.*)/.exec(path) ?? []
    if (file) loaded.push(file)
  })
  try {
    await checkJoin(server.url)
  } finally {
    await server.close()
  }
  const size = loaded.reduce((sum, file) => sum + sizeOf(file), 0)
  const text = `${size} bytes in ${loaded.join(', ')}`
  if (size > MAX_LOADED || !loaded.includes('browser.js')) throw new Error(text)
  return text
}

async function checkNames() {
  const inPages = await import(pathToFileURL(join(installed, 'dist/browser.js')).href)
  const names = Object.keys(inPages).sort().join()
  if (names !== Object.keys(packageInNode).sort().join()) throw new Error(`It exports ${names}.`)
  if (inPages.default !== inPages.WebTorrentDHT) throw new Error('The default export is another one.')
}

async function checkLeftOut() {
  const heirs = {
    'bittorrent-dht/client.js': packageInNode.WebTorrentDHT,
    'k-rpc/index.js': packageInNode.KRPCWebRTC,
    'k-rpc-socket/index.js': packageInNode.KRPCSocketWebRTC
  }
  for (const { file, method, isCalled } of await findLeftOut()) {
    const isOverridden = Object.hasOwn(heirs[file].prototype, method)
    if (isCalled && !isOverridden) throw new Error(`${file} calls ${method}.`)
  }
}

function echo(peer) {
  peer.on('data', data => peer.send(data))
}

function createNode(bootstrap) {
  return new packageInNode.default({ bootstrap, simple_peer_opts: { config: { iceServers: [] } } })
}

async function checkPage({ packages = [], files, command, serve = serveFolder, served = '.', usesEval }) {
  const project = createProject(files, packages)
  if (command) {
    const { code, output } = await run(process.execPath, command, { cwd: project })
    if (code !== 0 || output !== '') throw new Error(output) // a warning, for example
  }
  const server = await serve(join(project, served), usesEval)
  try {
    await checkJoin(server.url)
    await checkJoin(server.url, () => Reflect.deleteProperty(Crypto.prototype, 'subtle')) // as on plain HTTP
  } finally {
    await server.close()
  }
}

/** Writes a project that has installed the package and a bundler. Returns its folder. */
function createProject(files, packages) {
  const project = mkdtempSync(join(scratch, 'project-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, name)), { recursive: true })
    writeFileSync(join(project, name), text)
  }
  // A copy: bundlers take what is linked for the project's own source.
  cpSync(installed, join(project, 'node_modules/webtorrent-dht'), { recursive: true })
  for (const name of packages) {
    const place = join(project, 'node_modules', name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), place, 'junction')
  }
  return project
}

/** Serves a folder, under a policy that forbids `eval`, inline scripts and scripts from elsewhere. */
async function serveFolder(folder, usesEval, onRequest = () => {}) {
  const handle = sirv(folder, { dev: true })
  const server = createServer((request, response) => {
    onRequest(request.url)
    const scripts = usesEval ? "'self' 'unsafe-eval'" : "'self'"
    response.setHeader(
      'content-security-policy',
      `default-src 'none'; img-src data:; script-src ${scripts}; connect-src http://127.0.0.1:*`
    )
    handle(request, response)
  })
  await new Promise(listening => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.closeAllConnections()
      return new Promise(closed => server.close(closed))
    }
  }
}

/** Stores a value, at the node that the pages join. @returns its key */
function putSigned(text) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const k = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const value = { v: text, k, seq: 1, sign: message => sign(null, message, privateKey) }
  return new Promise((done, failed) =>
    author.put(value, (error, stored) => (stored ? done(stored) : failed(error)))
  )
}

/** Loads a page, which should join the node and get a value from it, without an error or a warning in the console. */
async function checkJoin(url, prepare = () => {}) {
  const page = await browser.newPage()
  await page.addInitScript(prepare)
  const complaints = []
  page.on('pageerror', error => complaints.push(error.stack ?? error.message))
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  const text = `for ${url}`
  const key = await putSigned(text)
  try {
    await page.goto(`${url}#${dht.address().port}/${key.toString('hex')}/${author.nodeId.toString('hex')}`)
    await page
      .waitForFunction(() => document.title !== '', null, { timeout: JOIN_TIMEOUT })
      .catch(() => complaints.push('The page did not join in time.'))
    const title = await page.title()
    if (title !== text) complaints.push(`The page got: ${title}`)
  } finally {
    await page.close()
  }
  if (complaints.length > 0) throw new Error(complaints.join('\n'))
}
