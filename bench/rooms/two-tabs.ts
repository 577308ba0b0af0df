/** Two tabs of Chromium that meet in a room, one after the other and at once, and what that costs. */

import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext } from 'playwright-core'
import { Child } from '../../test/helpers/child.js'
import type { Contender } from './contenders.js'
import { Tab } from './tab.js'

const SERVER = fileURLToPath(new URL('server-worker.js', import.meta.url))
const SECONDS = 1000
/** Milliseconds that the first tab has to itself. */
export const ALONE = 5 * SECONDS
/** Milliseconds after the first message for which costs are counted. */
export const TOGETHER = 10 * SECONDS

export interface Meeting {
  /** Milliseconds from the navigation of the second tab to its first message. */
  inTurn: number
  /** The same of tabs that open at once: the later one. */
  atOnce: number
  /** Milliseconds of CPU time for tabs that come one after the other: all processes of the browser, and the server. */
  browserCpu: number
  serverCpu: number
  /** Bytes that each of these tabs has sent and received, without the page itself. */
  bytes: number
}

/** @throws if two tabs do not meet */
export async function meet(contender: Contender, browser: Browser): Promise<Meeting> {
  const server = new Child(SERVER)
  try {
    const place = await server.call<string>('start', contender.server)
    const inTurn = await inWindow(browser, context => meetInTurn(contender, place, server, browser, context))
    const atOnce = await inWindow(browser, context => meetAtOnce(contender, place, context))
    return { ...inTurn, atOnce }
  } finally {
    await server.destroy()
  }
}

async function meetInTurn(
  { site }: Contender,
  place: string,
  server: Child,
  browser: Browser,
  context: BrowserContext
): Promise<Omit<Meeting, 'atOnce'>> {
  const url = urlOf(site.url, place)
  const [browserBefore, serverBefore] = [await cpuOf(browser), await server.call<number>('cpu')]
  const first = await Tab.open(context, site.url)
  await first.goto(url)
  await pause(ALONE)
  const second = await Tab.open(context, site.url)
  await second.goto(url)
  const [inTurn] = await Promise.all([second.firstMessage(), first.firstMessage()])
  await pause(TOGETHER)
  const bytes = (await first.countBytes()) + (await second.countBytes())
  const browserAfter = await cpuOf(browser)
  const spent = [...browserAfter].map(([id, time]) => time - (browserBefore.get(id) ?? 0))
  return {
    inTurn,
    browserCpu: spent.reduce((sum, time) => sum + time, 0),
    serverCpu: (await server.call<number>('cpu')) - serverBefore,
    bytes: bytes / 2
  }
}

async function meetAtOnce({ site }: Contender, place: string, context: BrowserContext): Promise<number> {
  const url = urlOf(site.url, place)
  const tabs = [await Tab.open(context, site.url), await Tab.open(context, site.url)]
  await Promise.all(tabs.map(tab => tab.goto(url)))
  return Math.max(...(await Promise.all(tabs.map(tab => tab.firstMessage()))))
}

/** Runs something in a window with a storage of its own. */
async function inWindow<T>(browser: Browser, run: (context: BrowserContext) => Promise<T>): Promise<T> {
  const context = await browser.newContext()
  try {
    return await run(context)
  } finally {
    await context.close()
  }
}

/** The page in a room where nobody was before. */
function urlOf(page: string, server: string): string {
  return `${page}?${new URLSearchParams({ room: randomBytes(8).toString('hex'), server })}`
}

/** Milliseconds of CPU time of each process of the browser. */
async function cpuOf(browser: Browser): Promise<Map<number, number>> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  return new Map(processInfo.map(({ id, cpuTime }) => [id, cpuTime * SECONDS]))
}
