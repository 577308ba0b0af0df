/** A chat of many members in tabs of Chromium and Firefox, whose bootstrap node dies while they talk. */

import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { createNode, destroyAll, placeOf } from '../../test/helpers/nodes.js'
import { launch } from '../../test/tabs/browser.js'
import { CHROMIUM, FIREFOX } from './browsers.js'
import { type Chat, PAGE } from './page.js'
import { openSite, readOwnScripts } from './site.js'

declare global {
  var chat: Chat
}

const SECONDS = 1000
/** Messages of each member, before its bootstrap node is dead and after. */
const MESSAGES = 10
const PAUSE = 0.5 * SECONDS
/** Milliseconds for what should come, on a slow machine. */
const PATIENCE = 240 * SECONDS
const POLL = 100

export interface ChatResult {
  members: number
  /** From joining to the first message of anybody, in milliseconds. */
  firsts: number[]
  /** Messages that should have come, that have not, and that came twice. */
  due: number
  lost: number
  repeated: number
  /** Milliseconds from the end of a member to when each other one noticed. */
  left: number[]
  closed: number[]
}

/** @throws if the members do not find each other in time */
export async function playChat(members: number, tabs: number): Promise<ChatResult> {
  const bootstrap = await createNode()
  const site = await openSite(PAGE, await readOwnScripts())
  const browsers = await Promise.all([launch(CHROMIUM), launch(FIREFOX)])
  try {
    const pages: Page[] = []
    for (let i = 0; i < tabs; i++) {
      const page = await (browsers[i % 2] ?? browsers[0]).newPage()
      await page.goto(site.url)
      await page.waitForFunction(() => globalThis.chat !== undefined)
      pages.push(page)
    }
    return await play(pages, members, placeOf(bootstrap), () => destroyAll(bootstrap))
  } finally {
    await Promise.all(browsers.map(browser => browser.close()))
    await destroyAll(bootstrap)
    site.close()
  }
}

async function play(
  pages: Page[],
  members: number,
  place: string,
  killBootstrap: () => Promise<void>
): Promise<ChatResult> {
  const name = randomBytes(8).toString('hex')
  const enter = async (page: Page, at: number) => {
    for (let i = at; i < members; i += pages.length)
      await page.evaluate(([room, bootstrap]) => chat.enter(room, bootstrap), [name, place] as const)
  }
  await Promise.all(pages.map(enter))
  say('all have joined the network')
  const sizes = () => all(pages, () => chat.countOthers())
  await until('all see all', async () => (await sizes()).every(count => count === members - 1), sizes)
  say('all see all')
  const firsts = await all(pages, () => chat.firsts())

  const talk = () =>
    Promise.all(
      pages.map(page => page.evaluate(([n, pause]) => chat.talk(n, pause), [MESSAGES, PAUSE] as const))
    )
  const talking = talk()
  await sleep((MESSAGES / 2) * PAUSE)
  await killBootstrap()
  await talking
  say('all has been said, and the bootstrap node is dead')
  const due = members * (members - 1) * MESSAGES
  const heard = () => all(pages, () => chat.heard())
  const countHeard = async () => (await heard()).reduce((sum, { count }) => sum + count, 0)
  await until('all hear all', async () => (await countHeard()) >= due).catch(() => {}) // what is missing is lost
  const lost = due - (await countHeard())
  const repeated = (await heard()).reduce((sum, { repeated }) => sum + repeated, 0)

  const [first, ...others] = pages as [Page, Page, ...Page[]]
  const { id, at } = await others[0].evaluate(() => chat.leaveFirst())
  const left = await whenNoticed(pages, [id], at)
  const ids = await first.evaluate(() => chat.ids())
  const closedAt = Date.now()
  await first.close()
  const closed = await whenNoticed(others, ids, closedAt)
  return { members, firsts: firsts.map(Number), due, lost, repeated, left, closed }
}

/** A line of progress: on a slow machine this takes minutes. */
function say(text: string): void {
  console.error(text)
}

/** What each member says, in all pages. */
async function all<T>(pages: Page[], ask: () => T[]): Promise<T[]> {
  return (await Promise.all(pages.map(page => page.evaluate(ask)))).flat() as T[]
}

async function whenNoticed(pages: Page[], ids: string[], at: number): Promise<number[]> {
  const read = async () =>
    (await Promise.all(pages.map(page => page.evaluate(gone => chat.noticed(gone), ids)))).flat(2)
  await until('all have noticed', async () => (await read()).every(time => time !== null), read)
  return (await read()).map(time => Number(time) - at)
}

async function until(what: string, holds: () => Promise<boolean>, show = async (): Promise<unknown> => '') {
  const end = Date.now() + PATIENCE
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what}: not in ${PATIENCE} ms: ${JSON.stringify(await show())}`)
    await sleep(POLL)
  }
}
