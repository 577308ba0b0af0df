/** A real browser with pages that each run a node, and the web server that they come from. */

import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import test from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import { launchChromium, launchFirefox } from '../helpers/browsers.js'

const DIST = new URL('../../../dist/', import.meta.url)
/** The package's build for browsers, by the paths of its files. */
export const SCRIPTS: Record<string, URL> = Object.fromEntries(
  ['browser.js', ...readdirSync(new URL('chunks', DIST)).map(file => `chunks/${file}`)]
    .filter(path => path.endsWith('.js'))
    .map(path => [`/${path}`, new URL(path, DIST)])
)
/** Milliseconds for a page to join. */
const JOIN_TIMEOUT = 20_000
/** Milliseconds, more than the 15 s within which a node is noticed to be gone whose farewell got lost. */
const CONNECT_TIMEOUT = 20_000

declare global {
  /** In a page: its node. */
  var dht: WebTorrentDHT
  /** In a page: has its timers run as in a hidden tab, from now on. */
  var slowTimersDown: () => void
  /** In a page that keeps to itself: connects to a node all the same. */
  var connectTo: (id: string) => Promise<unknown>
  /** In a page: the ids of all nodes that it was ever connected to. */
  var met: string[]
  /** In a page: how many `RTCPeerConnection`s were made, are not closed, and are not collected as garbage. */
  var connections: { made: number; open: number; uncollected: number; mostUncollected: number }
}

/** Counts connections in a page. */
export const COUNTING_SCRIPT = `<script>
  // Counted apart from the package, which must not be trusted with its own figures.
  globalThis.connections = { made: 0, open: 0, uncollected: 0, mostUncollected: 0 }
  const registry = new FinalizationRegistry(() => connections.uncollected--)
  // Not in the constructor: the package may hear of a collection before this script does.
  setInterval(() => {
    connections.mostUncollected = Math.max(connections.mostUncollected, connections.uncollected)
  }, 100)
  // What browsers do to a tab that is hidden: its timers run once a second.
  globalThis.slowTimersDown = () => {
    const { setTimeout } = globalThis
    globalThis.setTimeout = (callback, time, ...args) => setTimeout(callback, Math.max(1000, time ?? 0), ...args)
  }
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) {
      super(configuration)
      connections.made++
      connections.open++
      connections.uncollected++
      registry.register(this)
    }
    close() {
      if (this.signalingState !== 'closed') connections.open--
      super.close()
    }
  }
</script>`

const PAGE = `<!doctype html><title>A node</title>
${COUNTING_SCRIPT}
<script type="module">
  import DHT from './browser.js'
  const parameters = new URLSearchParams(location.search)
  globalThis.dht = new DHT({ bootstrap: parameters.get('bootstrap') })
  const { socket } = dht
  globalThis.met = []
  socket.on('node_connected', id => met.push(id))
  if (parameters.has('keepsToItself')) {
    let wanted
    const { destinations } = socket.node
    const connect = destinations.connect.bind(destinations)
    destinations.connect = id =>
      id.hex === wanted ? connect(id) : Promise.reject(new Error('it keeps to itself'))
    globalThis.connectTo = id => {
      wanted = id
      return dht.connect(id)
    }
  }
</script>`

/** An installed browser. */
export interface BrowserPlace {
  name: 'chromium' | 'firefox'
  executablePath: string
  /** Of Chromium's command line. */
  args?: string[]
}

export function launch({ name, executablePath, args = [] }: BrowserPlace): Promise<Browser> {
  return name === 'chromium' ? launchChromium(executablePath, undefined, args) : launchFirefox(executablePath)
}

/** What is served to the pages. The page sets `dht`, to a node that joins at the `bootstrap` of its query. */
export interface Site {
  page: string
  /** Scripts, by their paths. */
  scripts: Record<string, URL>
}

/** The browsers of this process, which all tests share: each has pages of its own in a context of its own. */
const browsers = new Map<string, Promise<Browser>>()

function shared(place: BrowserPlace): Promise<Browser> {
  const key = JSON.stringify(place)
  const known = browsers.get(key)
  if (known) return known
  if (browsers.size === 0) test.onFinish(closeBrowsers)
  const browser = launch(place)
  browsers.set(key, browser)
  return browser
}

async function closeBrowsers(): Promise<void> {
  for (const browser of await Promise.allSettled(browsers.values()))
    if (browser.status === 'fulfilled') await browser.value.close()
}

const SITE: Site = { page: PAGE, scripts: SCRIPTS }

export class Tabs {
  readonly #context: BrowserContext
  readonly #server: Server
  /** What went wrong in any page. */
  readonly errors: string[] = []

  private constructor(context: BrowserContext, server: Server) {
    this.#context = context
    this.#server = server
  }

  /** Opens a browser's window, with its default settings and a storage of its own. */
  static async open(browser: BrowserPlace, { page, scripts }: Site = SITE): Promise<Tabs> {
    const server = createServer(async (request, response) => {
      const script = scripts[request.url ?? '']
      response.setHeader('content-type', script ? 'text/javascript' : 'text/html')
      response.end(script ? await readFile(script) : page)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return new Tabs(await (await shared(browser)).newContext(), server)
  }

  /**
   * Opens a page whose node has joined at `bootstrap`.
   *
   * @param keepsToItself it connects to no others, whatever its table wants
   * @param query more for the page to read
   */
  async openPage(
    bootstrap: string,
    { keepsToItself = false, query = {} }: { keepsToItself?: boolean; query?: Record<string, string> } = {}
  ): Promise<Page> {
    const { port } = this.#server.address() as { port: number }
    const page = await this.#context.newPage()
    page.on('pageerror', error => {
      const text = String(error.stack ?? error)
      // Firefox reports a request or a WebSocket that failed, since the other end has died, as if it were an exception.
      const isFailedRequest = /^(Cross-Origin Request Blocked|Firefox can’t establish a connection)/.test(
        text
      )
      if (!isFailedRequest) this.errors.push(text)
    })
    page.on('crash', () => this.errors.push('a page crashed'))
    const parameters = new URLSearchParams({
      ...query,
      bootstrap,
      ...(keepsToItself && { keepsToItself: '' })
    })
    await page.goto(`http://127.0.0.1:${port}/?${parameters}`)
    // Ready comes with the first connection: here it has looked around, too.
    const hasJoined = () => globalThis.dht?.ready && !globalThis.dht._rpc.isSearching
    await page.waitForFunction(hasJoined, null, { timeout: JOIN_TIMEOUT })
    return page
  }

  async close(): Promise<void> {
    await this.#context.close()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

/** The id of a page's node, in hex. */
export function idOf(page: Page): Promise<string> {
  return page.evaluate(() => dht.nodeId.toString('hex'))
}

/** Waits until a page is connected to these nodes, and to no others. */
export async function waitForConnections(
  page: Page,
  ids: string[],
  timeout = CONNECT_TIMEOUT
): Promise<void> {
  await page.waitForFunction(
    wanted => {
      const connected = dht.socket.known_nodes().filter(({ state }) => state === 'connected')
      return connected.length === wanted.length && connected.every(({ id }) => wanted.includes(id))
    },
    ids,
    { timeout }
  )
}
