/** The demo page from end to end: a node in a process of its own, and tabs of a real browser. */

import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { WebTorrentDHT } from '../../src/index.js'
import { launchChromium, launchFirefox } from '../helpers/browsers.js'
import { type DemoNode, startDemoNode } from './demo-node.js'
import { testInviting } from './inviting.e2e.js'
import type { Parts } from './parts.js'
import { testSeedCommand } from './seed-command.e2e.js'
import { giveAndHash, saveAndHash } from './shared-files.js'
import { testSharing } from './sharing.e2e.js'
import { WatchedPage } from './watched-page.js'

const WIDE = { width: 1440, height: 900 }
const PHONE = { width: 375, height: 812 }
const OTHER_NODES = 12
/** One a second: the picture has settled by then. */
const SAMPLES = 4

/**
 * Throws if the page does not keep one of its promises.
 *
 * @param chromium its path
 * @param firefox its path
 * @param artifacts a folder for screenshots
 */
export async function testPage(chromium: string, firefox: string, artifacts: string): Promise<void> {
  await mkdir(artifacts, { recursive: true })
  const browser = await launchChromium(chromium)
  const node = await startDemoNode()
  try {
    const parts = { browser, node, artifacts }
    await testTwoTabs(parts)
    await testSharing(parts)
    await testSeedCommand(browser, saveAndHash)
    const other = await launchFirefox(firefox)
    await testSeedCommand(other, giveAndHash).finally(() => other.close())
    await testLooks(parts)
    await testLoneliness(parts)
    await testInviting({ chromium, firefox, browser, artifacts })
  } finally {
    await browser.close()
    await node.stop()
  }
}

/** Two tabs of one browser are two nodes, and find what the other has. */
async function testTwoTabs({ browser, node, artifacts }: Parts): Promise<void> {
  const context = await browser.newContext({ viewport: WIDE })
  const first = await WatchedPage.open(context, node.url)
  await first.waitForStatus(/connected to 1 node$/)
  const second = await WatchedPage.open(context, node.url)
  for (const tab of [first, second]) await tab.waitForStatus(/connected to 2 nodes/)
  assert.notEqual(await first.id, await second.id, 'two tabs of one browser have different ids')

  await testPeers(first, second)
  await testCalls(first, second, node)
  await testValues(first, second)
  await testErrors(second)
  await first.page.screenshot({ path: join(artifacts, 'results.png'), fullPage: true })
  await second.page.screenshot({ path: join(artifacts, 'errors.png'), fullPage: true })
  for (const tab of [first, second]) await tab.assertCalm()
  await testReload(first, context, node)
  await context.close()
}

/** With nothing but the keyboard. */
async function testPeers(first: WatchedPage, second: WatchedPage): Promise<void> {
  await second.page.bringToFront()
  await second.tabTo('Word or info hash')
  await second.page.keyboard.type('hello')
  await second.page.keyboard.press('Enter')
  await second.waitForResult('.peers-panel', /Nobody has announced “hello” yet/)

  await first.page.bringToFront()
  await first.tabTo('Copy this node’s id')
  await first.tabTo('Forget me')
  await first.tabTo('Make an invitation')
  await first.tabTo('How to read the picture')
  await first.tabTo('Word or info hash')
  await first.page.keyboard.type('hello')
  await first.tabTo('Announce')
  await first.page.keyboard.press('Enter')
  await first.waitForResult('.peers-panel', /remembered by 2 nodes/)

  await second.page.bringToFront()
  await second.page.keyboard.press('Enter')
  const found = await second.waitForResult('.peers-panel', /1 peer has announced “hello”/)
  assert.match(found, new RegExp(`Node ${(await first.id)?.slice(0, 8)}.* port 6881`))
}

/** A tab calls what it has found with one click, and any node by its id: another tab, and the node in the terminal. */
async function testCalls(first: WatchedPage, second: WatchedPage, node: DemoNode): Promise<void> {
  const [firstId, secondId] = [(await first.id) ?? '', (await second.id) ?? '']
  await second.page.locator('.peers-panel output').getByRole('button', { name: 'Call' }).click()
  const answer = await second.waitForResult('.call-panel', /answers:/)
  assert.match(
    answer,
    new RegExp(`${firstId.slice(0, 8)} answers:\\s+“Hello from a browser tab.”\\s+Connected in`)
  )
  await first.waitForLog(new RegExp(`${secondId.slice(0, 8)} calls: “hello”`))

  await first.page.bringToFront()
  await first.page.getByLabel('Id of a node').fill(node.id)
  await first.page.getByLabel('Say').fill('Grüße')
  await first.page.getByLabel('Say').press('Enter')
  await first.waitForResult('.call-panel', /answers:\s*“Hello from a terminal.”/)
  await node.waitForOutput(new RegExp(`${firstId.slice(0, 8)} calls: "Grüße"`))

  for (const [id, expected] of [
    [firstId, /That is this node itself/],
    ['abc', /An id has 40 hex digits; this has 3 characters/],
    ['0'.repeat(40), /00000000: Nobody with this id answers/]
  ] as const) {
    await first.page.getByLabel('Id of a node').fill(id)
    await first.page.getByLabel('Id of a node').press('Enter')
    await first.waitForResult('.call-panel', expected)
  }
  await first.page.locator('.connections-panel tbody button').first().click()
  await first.page.locator('.details-box').getByRole('button', { name: 'Call' }).click()
  await first.waitForResult('.call-panel', /answers:/)
}

async function testValues(first: WatchedPage, second: WatchedPage): Promise<void> {
  const key = await put(first, 'Immutable', 'Grüße', /Stored at 2 nodes/)
  assert.match(await get(second, key), /“Grüße”/)

  const mutableKey = await put(first, 'Mutable', 'first', /Version 1, signed/)
  assert.match(await get(second, mutableKey), /Found version 1. The signature is right.\s+“first”/)
  assert.equal(await put(first, 'Mutable', 'second', /Version 2, signed/), mutableKey)
  assert.match(await get(second, mutableKey, 2), /“second”/)
}

async function put(tab: WatchedPage, kind: string, text: string, expected: RegExp): Promise<string> {
  await tab.page.bringToFront()
  await tab.page.getByLabel('Text').fill(text)
  await tab.page.getByLabel(kind, { exact: true }).check()
  await tab.page.getByLabel('Text').press('Enter')
  const result = await tab.waitForResult('.values-panel form:first-child', expected)
  return result.match(/[0-9a-f]{40}/)?.[0] ?? assert.fail(`there is no key in: ${result}`)
}

async function get(tab: WatchedPage, key: string, version?: number): Promise<string> {
  await tab.page.bringToFront()
  await tab.page.getByLabel('Key').fill(key)
  await tab.page.getByLabel('Key').press('Enter')
  return tab.waitForResult(
    '.values-panel form:last-child',
    version ? new RegExp(`version ${version}`) : /Found/
  )
}

/** What is typed wrong is answered with what would be right. */
async function testErrors(tab: WatchedPage): Promise<void> {
  await tab.page.getByLabel('Word or info hash').fill('0123456789ab')
  await tab.page.getByLabel('Word or info hash').press('Enter')
  await tab.waitForResult('.peers-panel', /An info hash has 40 hex digits; this has 12\./)
  await tab.page.getByLabel('Text').fill('x'.repeat(1000))
  await tab.page.getByRole('button', { name: 'Put' }).click()
  await tab.waitForResult('.values-panel form:first-child', /at most 999 bytes; this has 1000/)
  await tab.page.getByLabel('Key').fill('a'.repeat(40))
  await tab.page.getByRole('button', { name: 'Get' }).click()
  await tab.waitForResult('.values-panel form:last-child', /Nobody has a value with the key aaaaaaaa/)
}

/** The tab that holds the kept state has the same id after a reload, and a new one when it is told to forget. */
async function testReload(tab: WatchedPage, context: BrowserContext, node: DemoNode): Promise<void> {
  const id = await tab.id
  await tab.page.reload()
  await tab.waitForStatus(/connected to 2 nodes/)
  assert.equal(await tab.id, id, 'a reload keeps the id')
  await tab.assertCalm()
  await tab.page.getByRole('button', { name: 'Forget me' }).click()
  await Promise.all([
    tab.page.waitForEvent('load'),
    tab.page.getByRole('button', { name: 'Really?' }).click()
  ])
  await tab.waitForStatus(/connected to 2 nodes/)
  assert.notEqual(await tab.id, id, 'a node that was forgotten has a new id')
  await tab.page.close()
  const other = await WatchedPage.open(context, node.url)
  await other.waitForStatus(/connected to 2 nodes/)
}

/** With many nodes, in both sizes and both colour schemes. */
async function testLooks({ browser, node, artifacts }: Parts): Promise<void> {
  const bootstrap = `127.0.0.1:${node.port}`
  const others = Array.from({ length: OTHER_NODES }, () => new WebTorrentDHT({ bootstrap }))
  try {
    for (const [size, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
        const tab = await WatchedPage.open(context, node.url)
        await tab.waitForStatus(/connected to ([5-9]|\d\d) nodes/)
        await tab.waitForSamples(SAMPLES)
        await tab.page.locator('.connections-panel tbody button').first().press('Enter')
        await tab.page.locator('.details-box .mono').waitFor()
        await tab.assertArrowKeysMove()
        await tab.page.screenshot({ path: join(artifacts, `${size}-${colorScheme}.png`), fullPage: true })
        await tab.assertCalm()
        await context.close()
      }
    }
  } finally {
    await Promise.all(others.map(other => new Promise<void>(resolve => other.destroy(resolve))))
  }
}

/** A node that has lost everybody says so, and is back when there is somebody again. */
async function testLoneliness({ browser, node, artifacts }: Parts): Promise<void> {
  const context = await browser.newContext({ viewport: WIDE })
  const tab = await WatchedPage.open(context, node.url)
  await tab.waitForStatus(/connected to 1 node$/)
  await tab.page.screenshot({ path: join(artifacts, 'first-tab.png'), fullPage: true })
  await tab.assertCalm()
  await node.stop()
  await tab.waitForStatus(/Nobody is connected. This node goes on trying./)
  await tab.page.getByLabel('Word or info hash').fill('hello')
  await tab.page.getByRole('button', { name: 'Look up' }).click()
  await tab.waitForResult('.peers-panel', /Nobody is connected, so there is nobody to ask/)
  await tab.page.screenshot({ path: join(artifacts, 'alone.png'), fullPage: true })
  const again = await startDemoNode(node.port)
  try {
    await tab.waitForStatus(/connected to 1 node$/)
  } finally {
    await again.stop()
    await context.close()
  }
}
