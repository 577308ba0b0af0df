/** A file goes from tab to tab: what was dropped in one arrives in another, through the DHT alone. */

import assert from 'node:assert/strict'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { type DemoNode, withDemoNode } from './demo-node.js'
import type { Parts } from './parts.js'
import { createFiles, drop, hashOf, PICTURE_WIDTH, saveAndHash, TEXT, type TestFile } from './shared-files.js'
import { WatchedPage } from './watched-page.js'

const WINDOW = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
const MAGNET = /^magnet:\?xt=urn:btih:[0-9a-f]{40}&dn=picture\.bmp%20and%202%20more$/
const UNKNOWN = 'c0ffee'.padEnd(40, '0')

export function testSharing({ browser, artifacts }: Parts): Promise<void> {
  return withDemoNode(async node => {
    const context = await browser.newContext({ viewport: WINDOW })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const first = await WatchedPage.open(context, node.url)
    await first.waitForStatus(/connected to/)
    assert.equal(await hasLoadedWebTorrent(first), false, 'WebTorrent is not loaded before it is needed')

    const files = createFiles()
    const link = await shareFiles(first, files)
    // Of the same browser: there is nothing on the disk that it could find there.
    const second = await WatchedPage.open(context, link)
    await waitUntilComplete(second)
    await second.page.screenshot({ path: join(artifacts, 'opened.png') })
    await testContent(second, files)
    await first.page.locator('.share-status', { hasText: /1\.2 MB sent/ }).waitFor()
    await testSecondShare(first)
    await first.page.screenshot({ path: join(artifacts, 'shared.png'), fullPage: true })
    for (const tab of [first, second]) await tab.assertCalm()
    await first.unfold('inside')
    const firstId = (await first.id)?.slice(0, 8) ?? ''
    assert.match(await peersOf(second), new RegExp(`${firstId}\\s+found through the DHT\\s+has all`))

    await first.page.close()
    await testCopyOfCopy(browser, artifacts, link, files)
    await context.close()

    const other = await browser.newContext({ viewport: WINDOW })
    await testFaults(other, node, artifacts)
    await other.close()
  })
}

/** Both are visible, one below the other; none of them scrolls. */
async function testSecondShare({ page }: WatchedPage): Promise<void> {
  await page.evaluate(() => scrollTo(0, 0)) // to where one drops a file
  await drop(page, '.drop-zone', [{ name: 'second.txt', bytes: Buffer.from('second') }])
  const cards = page.locator('.share.is-complete')
  await cards.nth(1).waitFor()
  assert.match(await cards.nth(1).innerText(), /second\.txt/)
  const [above, below] = [await cards.nth(0).boundingBox(), await cards.nth(1).boundingBox()]
  assert.ok(above && below && above.y + above.height <= below.y)
  assert.equal(
    await page.locator('.shares').evaluate(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight),
    false
  )
}

/** @returns the link that opens the page with the magnet link in it */
async function shareFiles(tab: WatchedPage, files: TestFile[]): Promise<string> {
  await drop(tab.page, '.drop-zone', files)
  await waitUntilComplete(tab)
  await tab.page.getByRole('button', { name: 'Copy magnet link' }).click()
  await tab.page.getByRole('button', { name: 'Copy magnet link' }).filter({ hasText: 'Copied' }).waitFor()
  const magnet = await tab.page.evaluate(() => navigator.clipboard.readText())
  assert.match(magnet, MAGNET, 'the magnet link has a hash and a name, and no tracker')
  await tab.page.getByRole('button', { name: 'Copy link to the file' }).click()
  await tab.page
    .getByRole('button', { name: 'Copy link to the file' })
    .filter({ hasText: 'Copied' })
    .waitFor()
  const link = await tab.page.evaluate(() => navigator.clipboard.readText())
  assert.equal(await tab.page.getByRole('link', { name: 'Open in another tab' }).getAttribute('href'), link)
  assert.equal(link.split('#')[1], magnet)
  assert.equal(await hasLoadedWebTorrent(tab), true)
  return link
}

async function testContent(tab: WatchedPage, files: TestFile[]): Promise<void> {
  const { page } = tab
  await page.waitForFunction(width => {
    const image = document.querySelector<HTMLImageElement>('.preview img')
    return image?.complete && image.naturalWidth === width
  }, PICTURE_WIDTH)
  for (const { name, bytes } of files) {
    assert.equal(await saveAndHash(page, name), hashOf(bytes), `${name} is what was shared`)
  }
  await page.getByRole('button', { name: 'tone.wav', exact: true }).click()
  await page.waitForFunction(() => document.querySelector<HTMLAudioElement>('.preview audio')?.duration === 1)
  await page.getByRole('button', { name: 'notes.txt', exact: true }).click()
  assert.equal(await page.locator('.preview pre').textContent(), TEXT)
}

/** Who shared it has gone; on a telephone somebody opens the link, and gets it from the second tab. */
async function testCopyOfCopy(
  browser: Browser,
  artifacts: string,
  link: string,
  files: TestFile[]
): Promise<void> {
  const context = await browser.newContext({ viewport: PHONE, colorScheme: 'dark' })
  const third = await WatchedPage.open(context, link)
  await waitUntilComplete(third)
  const [{ name, bytes }] = files as [TestFile]
  assert.equal(await saveAndHash(third.page, name), hashOf(bytes))
  await third.page.locator('.preview img').waitFor()
  await third.page.screenshot({ path: join(artifacts, 'opened-phone.png') })
  await third.assertCalm()
  await context.close()
}

async function testFaults(context: BrowserContext, node: DemoNode, artifacts: string): Promise<void> {
  const tab = await WatchedPage.open(context, `${node.url}#magnet:?xt=urn:btih:abc`)
  const { page } = tab
  const openError = page.locator('#open-error')
  await openError.filter({ hasText: /should have 40 hex digits; it is “abc”/ }).waitFor()
  assert.equal(await page.locator('input[name=magnet]').inputValue(), 'magnet:?xt=urn:btih:abc')
  await page.locator('input[name=magnet]').fill('hello')
  await page.locator('input[name=magnet]').press('Enter')
  await openError.filter({ hasText: /That is no magnet link/ }).waitFor()

  const chooser = page.locator('input[type=file]')
  await chooser.setInputFiles({ name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) })
  await page.locator('#share-error', { hasText: 'empty.txt is empty' }).waitFor()
  const large = join(artifacts, 'large.bin')
  await writeFile(large, '')
  await truncate(large, 1_100_000_000) // takes no room on the disk
  await chooser.setInputFiles(large)
  await page.locator('#share-error', { hasText: /1\.1 GB.*1\.0 GB at most.*--seed/ }).waitFor()
  await truncate(large, 0)
  await page.screenshot({ path: join(artifacts, 'sharing-errors.png') })

  await page.goto(`${node.url}#magnet:?xt=urn:btih:${UNKNOWN}&dn=nobody%20has%20it`)
  const card = page.locator('.share', { hasText: 'nobody has it' })
  await card
    .locator('.share-status', { hasText: /Asking the DHT who has it|Nobody who has it is there/ })
    .waitFor()
  await card.locator('.share-peers', { hasText: 'No peer is connected' }).waitFor()
  await page.screenshot({ path: join(artifacts, 'looking.png') })
  await card.getByRole('button', { name: 'Remove nobody has it' }).click()
  await page.locator('.how-to').waitFor()
  assert.equal(await page.evaluate(() => location.hash), '', 'a reload does not open it again')
  await tab.assertCalm()
}

async function waitUntilComplete({ page }: WatchedPage): Promise<void> {
  try {
    await page.locator('.share.is-complete').waitFor({ timeout: 180_000 })
  } catch (cause) {
    throw new Error(`it is not complete: ${await page.locator('.shares').innerText()}`, { cause })
  }
}

function peersOf({ page }: WatchedPage): Promise<string> {
  return page.locator('.share-peers').innerText()
}

function hasLoadedWebTorrent({ page }: WatchedPage): Promise<boolean> {
  return page.evaluate(() =>
    performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/webtorrent.min.js'))
  )
}
