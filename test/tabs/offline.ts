/**
 * Two tabs of one browser without a network: the web server that the page came from has stopped, and a service worker keeps the page.
 * They meet by `tabs:`, and share a file with WebTorrent. docs/ways-in.md says what WebRTC still needs ("Tabs of one browser").
 */

import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import test from 'tape'
import { launchChromium, launchFirefox } from '../helpers/browsers.js'
import { PAGE_FUNCTIONS, show } from '../webtorrent/page.js'
import { type BrowserPlace, COUNTING_SCRIPT, idOf, SCRIPTS, waitForConnections } from './browser.js'

const WEBTORRENT = new URL(
  'dist/webtorrent.min.js',
  pathToFileURL(createRequire(import.meta.url).resolve('webtorrent/package.json'))
)
const scripts: Record<string, URL> = {
  ...SCRIPTS,
  '/webtorrent.browser.js': new URL('../../../dist/webtorrent.browser.js', import.meta.url),
  '/webtorrent.min.js': WEBTORRENT
}
const FILE_SIZE = 1_000_000
const TIMEOUT = 20_000

declare global {
  /** In a page: milliseconds from the making of its node to its first connection. */
  var joinedAfter: Promise<number>
}

const PAGE = `<!doctype html><title>Offline</title>
${COUNTING_SCRIPT}
<script type="module">
  // Two tabs would find on the disk what they have not downloaded.
  class MemoryStore {
    #chunks = []
    constructor(chunkLength) {
      this.chunkLength = chunkLength
    }
    put(index, bytes, callback) {
      this.#chunks[index] = bytes.slice()
      queueMicrotask(() => callback?.(null))
    }
    get(index, options, callback) {
      const { offset = 0, length } = options ?? {}
      const chunk = this.#chunks[index]
      queueMicrotask(() => {
        if (chunk) callback(null, chunk.slice(offset, length === undefined ? undefined : offset + length))
        else callback(new Error('not here'))
      })
    }
    close(callback) {
      callback?.(null)
    }
    destroy(callback) {
      callback?.(null)
    }
  }

  await navigator.serviceWorker.register('worker.js')
  await navigator.serviceWorker.ready
  const [{ default: DHT }, { attach }, { default: WebTorrent }] = await Promise.all([
    import('./browser.js'), import('./webtorrent.browser.js'), import('./webtorrent.min.js')
  ])
  const startedAt = performance.now()
  globalThis.dht = new DHT({ bootstrap: 'tabs:' })
  globalThis.joinedAfter = new Promise(resolve => {
    dht.socket.once('node_connected', () => resolve(performance.now() - startedAt))
  })
  globalThis.client = new WebTorrent({ tracker: false })
  client.add = function (id, options, callback) {
    return WebTorrent.prototype.add.call(this, id, { ...options, store: MemoryStore, storeCacheSlots: 0 }, callback)
  }
  attach(client, dht)

${PAGE_FUNCTIONS}</script>`

/** Keeps the page, with all chunks of the module. */
const WORKER = `
  const load = async () => (await caches.open('page')).addAll(${JSON.stringify(['/', ...Object.keys(scripts)])})
  self.addEventListener('install', event => event.waitUntil(load()))
  self.addEventListener('activate', event => event.waitUntil(clients.claim()))
  self.addEventListener('fetch', event => event.respondWith(caches.match(event.request)))
`

export function testOffline(chromium: BrowserPlace, firefox: BrowserPlace): void {
  for (const place of [chromium, firefox]) {
    test(`offline, a second tab of ${place.name} joins the first, and they share a file`, async t => {
      const launch = place.name === 'chromium' ? launchChromium : launchFirefox
      const browser = await launch(place.executablePath)
      const server = await serve()
      const { port } = server.address() as { port: number }
      const url = `http://127.0.0.1:${port}/`
      try {
        const context = await browser.newContext()
        const first = await openPage(context, url)
        await cut(server, context, place)
        const second = await openPage(context, url)
        await waitForConnections(first, [await idOf(second)])
        const after = await second.evaluate(() => joinedAfter)
        console.log(`       the second tab was in after ${Math.round(after)} ms`)

        const { magnet, hash } = await first.evaluate(size => seed('file', size), FILE_SIZE)
        const downloaded = await second.evaluate(magnet => download(magnet), magnet)
        console.log(`       ${show(downloaded)}`)
        t.equal(downloaded.hash, hash, 'the file is what was shared')
        const { torrentsOpen } = await second.evaluate(() => countConnections())
        t.equal(torrentsOpen, 1, 'it came over a connection')
      } finally {
        await browser.close()
        server.close()
      }
    })
  }
}

async function openPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  await page.waitForFunction(() => globalThis.dht?.ready, null, { timeout: TIMEOUT })
  return page
}

/** Cuts the network. Chromium's `setOffline` would cut WebRTC between tabs as well, which no lost network does. */
async function cut(server: Server, context: BrowserContext, { name }: BrowserPlace): Promise<void> {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  if (name === 'firefox') await context.setOffline(true)
}

async function serve(): Promise<Server> {
  const server = createServer(async ({ url = '/' }, response) => {
    const body = await contentOf(new URL(url, 'http://page').pathname).catch(() => null)
    response.setHeader('content-type', url === '/' ? 'text/html' : 'text/javascript')
    if (body === null) response.writeHead(404)
    response.end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function contentOf(path: string): Promise<string | Buffer> {
  if (path === '/') return PAGE
  if (path === '/worker.js') return WORKER
  const script = scripts[path]
  if (!script) throw new Error(`no ${path}`)
  return readFile(script)
}
