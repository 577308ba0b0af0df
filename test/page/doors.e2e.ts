/** A room between two browsers, a note that one writes and the other reads, and the address for a second device. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type DemoNode, withDemoNode } from './demo-node.js'
import type { Parts } from './parts.js'
import { WatchedPage } from './watched-page.js'

const WIDE = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
/** For documentation (RFC 5737): nobody has it. */
const ADDRESS = 'http://192.0.2.7:16881/'

export async function testDoors(parts: Parts): Promise<void> {
  await withDemoNode(node => testTwoBrowsers(parts, node))
  await withDemoNode(node => testSecondDevice(parts, node))
}

async function testTwoBrowsers({ browser, other, artifacts }: Parts, node: DemoNode): Promise<void> {
  const contexts = [
    await browser.newContext({ viewport: WIDE }),
    await other.newContext({ viewport: PHONE, colorScheme: 'dark' })
  ] as const
  await contexts[0].grantPermissions(['clipboard-read', 'clipboard-write'])
  const first = await WatchedPage.open(contexts[0], node.url)
  await first.waitForStatus(/connected to 1 node$/)
  const roomLink = await openRoom(first)
  const second = await WatchedPage.open(contexts[1], roomLink)
  await testTalk(first, second)
  await testNote(first, second)
  // Before the screenshots: for them a style is put into the page, and its policy lets none in.
  for (const tab of [first, second]) await tab.assertCalm()
  await first.assertAccessible()
  await first.page.screenshot({ path: join(artifacts, 'doors.png'), fullPage: true })
  await second.page.screenshot({ path: join(artifacts, 'doors-phone.png'), fullPage: true })

  await node.stop()
  await say(second, 'still here')
  await lineOf(first, 'still here').waitFor()
  await second.page.getByRole('button', { name: 'Leave' }).click()
  await lineOf(first, 'has left.').waitFor()
  for (const context of contexts) await context.close()
}

/** With nothing but the keyboard. @returns the link that is copied */
async function openRoom(tab: WatchedPage): Promise<string> {
  const { page } = tab
  await tab.tabTo('Name of the room')
  await page.keyboard.press('Enter')
  await page.locator('#room-error', { hasText: 'Type a name for the room' }).waitFor()
  await page.keyboard.type('chess & club')
  await tab.tabTo('Your name')
  await page.keyboard.type('Ada')
  await page.keyboard.press('Enter')
  await page.locator('.room-name', { hasText: 'chess & club' }).waitFor()
  await page.keyboard.type('hello?')
  await page.keyboard.press('Enter')
  await page.locator('#say-error', { hasText: 'Nobody else is here yet' }).waitFor()
  await page.getByRole('button', { name: 'Copy link to the room' }).press('Enter')
  await page.getByRole('button', { name: 'Copy link to the room' }).filter({ hasText: 'Copied' }).waitFor()
  const link = await page.evaluate(() => navigator.clipboard.readText())
  assert.match(link, /^http:.*\/#room=chess%20%26%20club$/)
  return link
}

async function testTalk(first: WatchedPage, second: WatchedPage): Promise<void> {
  await second.page.locator('.room-members', { hasText: '1 other here: Ada' }).waitFor()
  await lineOf(first, 'is here.').waitFor()
  await say(second, '<b>hello</b>')
  await lineOf(first, '<b>hello</b>').waitFor()
  await say(first, 'Grüße')
  await lineOf(second, 'Ada Grüße').waitFor()
}

async function testNote(first: WatchedPage, second: WatchedPage): Promise<void> {
  const link = await keep(first, 'Milk', /Version 1 is kept by 2 nodes/)
  await second.page.evaluate(link => {
    location.hash = new URL(link).hash
  }, link)
  const read = second.page.locator('#note-read')
  await read.filter({ hasText: /Milk\s+\(version 1\)/ }).waitFor()
  assert.equal(await keep(first, 'Bread', /Version 2 is kept/), link)
  await second.page.getByLabel('Somebody’s note').fill(link)
  await second.page.getByLabel('Somebody’s note').press('Enter')
  await read.filter({ hasText: /Bread\s+\(version 2\)/ }).waitFor()
  await second.page.getByLabel('Somebody’s note').fill('hello')
  await second.page.getByLabel('Somebody’s note').press('Enter')
  await read.filter({ hasText: 'That is no link to a note' }).waitFor()
  const again = await WatchedPage.open(first.page.context(), first.page.url())
  await again.page.waitForFunction(
    () => document.querySelector<HTMLTextAreaElement>('[name=note]')?.value === 'Bread'
  )
  await again.page.locator('.note-panel .links code').waitFor()
  await again.assertCalm()
  await again.page.close()
}

/** @returns the link to the note */
async function keep({ page }: WatchedPage, text: string, expected: RegExp): Promise<string> {
  await page.getByLabel('Your note').fill(text)
  await page.getByRole('button', { name: 'Keep it' }).click()
  await page.locator('.note-panel output').first().filter({ hasText: expected }).waitFor()
  return (await page.locator('.note-panel .links code').textContent()) ?? ''
}

async function say({ page }: WatchedPage, text: string): Promise<void> {
  await page.getByLabel('Message').fill(text)
  await page.getByLabel('Message').press('Enter')
}

function lineOf({ page }: WatchedPage, text: string) {
  return page.locator('.lines p', { hasText: text })
}

/** Where the node has an address that others can open, links have it, and a camera reads it. */
async function testSecondDevice({ browser }: Parts, node: DemoNode): Promise<void> {
  const context = await browser.newContext({ viewport: WIDE })
  const alone = await WatchedPage.open(context, node.url)
  await alone.unfold('device')
  await alone.page.getByText('npm start -- --host 0.0.0.0').waitFor()

  await context.route('**/address.json', route => route.fulfill({ json: { url: ADDRESS } }))
  const tab = await WatchedPage.open(context, node.url)
  await tab.unfold('device')
  await tab.page.getByRole('img', { name: 'QR code of this page' }).waitFor()
  await tab.page.getByLabel('Name of the room').fill('chess')
  await tab.page.getByLabel('Name of the room').press('Enter')
  const link = await tab.page.locator('.room-panel .links code').textContent()
  assert.equal(link, `${ADDRESS}#room=chess`)
  await tab.page.getByRole('button', { name: 'QR code of the link to the room' }).click()
  await tab.page.getByRole('img', { name: 'QR code of the link to the room' }).waitFor()
  await tab.assertCalm()
  await context.close()
}
