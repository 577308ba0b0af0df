/** A browser with a page of the bootstrap node, in which a node does what it is told: see operations.ts. */

import { type Browser, chromium, firefox, type Page } from 'playwright-core'
import { serve } from './agent.js'
import type { Operations } from './operations.js'

/** What a bed tells this process at its start. */
export interface BrowserSettings {
  kind: 'chromium' | 'firefox'
  executablePath: string
  /** The page's address. It counts as secure, so that all is there that HTTPS pages have. */
  page: string
}

const LOAD_TIMEOUT = 60_000
const CHROMIUM_FLAGS = [
  '--no-sandbox', // needed as root
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update'
]

const { kind, executablePath, page: url } = JSON.parse(process.argv[2] ?? '{}') as BrowserSettings
const browser = await launch()
const page: Page = await (await browser.newContext()).newPage()
page.on('console', message => console.error(message.type(), message.text()))
page.on('pageerror', error => console.error('pageerror', String(error)))

function launch(): Promise<Browser> {
  const { origin, hostname } = new URL(url)
  if (kind === 'chromium') {
    const args = [...CHROMIUM_FLAGS, `--unsafely-treat-insecure-origin-as-secure=${origin}`]
    return chromium.launch({ executablePath, args })
  }
  const firefoxUserPrefs = { 'dom.securecontext.allowlist': hostname }
  return firefox.launch({ executablePath, channel: 'moz-firefox', firefoxUserPrefs })
}

/** Tells the node in the page. */
function inPage(name: string): (args: unknown) => Promise<unknown> {
  return args =>
    page.evaluate(([command, given]) => globalThis.operations[command as keyof Operations](given as never), [
      name,
      args
    ] as const)
}

const OPERATIONS = [
  'start',
  'state',
  'stats',
  'events',
  'trace',
  'announce',
  'lookup',
  'put',
  'get',
  'dial',
  'connect',
  'seed',
  'download',
  'save',
  'destroy'
] as const satisfies (keyof Operations)[]

const own = {
  /** Loads the page. @returns milliseconds that it took */
  async open(): Promise<number> {
    const at = performance.now()
    await page.goto(url, { timeout: LOAD_TIMEOUT })
    await page.waitForFunction(() => 'operations' in globalThis, null, { timeout: LOAD_TIMEOUT })
    return Math.round(performance.now() - at)
  },
  /** Milliseconds that the page took to load the package, as it measured them. */
  times(): Promise<{ loaded: number; isSecure: boolean }> {
    return page.evaluate(() => globalThis.operations.times())
  }
}

export type BrowserOperations = Operations & typeof own

const forwarded = Object.fromEntries(OPERATIONS.map(name => [name, inPage(name)]))
serve({ ...forwarded, ...own }, () => browser.close())
