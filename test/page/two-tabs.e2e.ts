/** Two tabs of one browser are two nodes, and find what the other has. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { type DemoNode, withDemoNode } from './demo-node.js'
import type { Parts } from './parts.js'
import { WatchedPage } from './watched-page.js'

const WIDE = { width: 1440, height: 900 }

export function testTwoTabs({ browser, artifacts }: Parts): Promise<void> {
  return withDemoNode(async node => {
    const context = await browser.newContext({ viewport: WIDE })
    const first = await WatchedPage.open(context, node.url)
    await first.waitForStatus(/connected to 1 node$/)
    const second = await WatchedPage.open(context, node.url)
    for (const tab of [first, second]) await tab.waitForStatus(/connected to 2 nodes/)
    await testPeers(first, second)
    assert.notEqual(await first.id, await second.id, 'two tabs of one browser have different ids')
    await testCalls(first, second, node)
    await testValues(first, second)
    await testErrors(second)
    await first.page.screenshot({ path: join(artifacts, 'results.png'), fullPage: true })
    await second.page.screenshot({ path: join(artifacts, 'errors.png'), fullPage: true })
    for (const tab of [first, second]) await tab.assertCalm()
    await testReload(first, context, node)
    await context.close()
  })
}

/** With nothing but the keyboard. */
async function testPeers(first: WatchedPage, second: WatchedPage): Promise<void> {
  await second.page.bringToFront()
  await second.tabTo('Look inside')
  await second.page.keyboard.press('Enter')
  await second.tabTo('Word or info hash')
  await second.page.keyboard.type('hello')
  await second.page.keyboard.press('Enter')
  await second.waitForResult('.peers-panel', /Nobody has announced “hello” yet/)
  await testSearch(second)

  await first.page.bringToFront()
  await first.tabTo('Look inside')
  await first.page.keyboard.press('Enter')
  await first.tabTo('Copy this node’s id')
  await first.tabTo('Forget me')
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

/** The lookup was shown as it happened: whom it asked, over whom, who replied, in the picture and in words. */
async function testSearch({ page }: WatchedPage): Promise<void> {
  const status = page.locator('.search-status')
  await status.filter({ hasText: /Who has announced aaf4c61d: 2 nodes asked, 2 replied, took/ }).waitFor()
  const steps = await page.locator('.searched li').allInnerTexts()
  assert.equal(steps.length, 2)
  for (const step of steps)
    assert.match(step, /^[0-9a-f]{8}\s+(directly|over [0-9a-f]{8})\s+replied\s+\d+ ms$/)
  assert.equal(await page.locator('.picture .probe.is-replied').count(), 2)
  assert.equal(await page.locator('.picture .target').count(), 1)
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
  await tab.unfold('inside')
  assert.equal(await tab.id, id, 'a reload keeps the id')
  await tab.assertCalm()
  await tab.page.getByRole('button', { name: 'Forget me' }).click()
  await Promise.all([
    tab.page.waitForEvent('load'),
    tab.page.getByRole('button', { name: 'Really?' }).click()
  ])
  await tab.waitForStatus(/connected to 2 nodes/)
  await tab.unfold('inside')
  assert.notEqual(await tab.id, id, 'a node that was forgotten has a new id')
  await tab.page.close()
  const other = await WatchedPage.open(context, node.url)
  await other.waitForStatus(/connected to 2 nodes/)
}
