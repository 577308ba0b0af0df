/** Two people with nothing but invitations: what serves the page is no node, and a browser context has no tabs to meet. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join, resolve } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { createPageServer } from '../../demo/page-server.js'
import { launchChromiumWithCamera } from '../helpers/browsers.js'
import type { Parts } from './parts.js'
import { WatchedPage } from './watched-page.js'

const WIDE = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
/** What the camera sees. */
const CAMERA = { width: 1280, height: 960 }

export async function testInviting({ chromium, browser, other, artifacts }: Parts): Promise<void> {
  let url = ''
  const server = createServer(createPageServer(() => url))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = urlOf(server)
  try {
    const pairs = [browser, other].flatMap(one => [browser, other].map(two => [one, two] as const))
    for (const pair of pairs) await testPasting(...pair, url, artifacts)
    await testCamera(chromium, url, artifacts)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

/** One opens the other's link, and gives back the text that comes of it. */
async function testPasting(one: Browser, other: Browser, url: string, artifacts: string): Promise<void> {
  const contexts = [
    await one.newContext({ viewport: WIDE, colorScheme: 'light' }),
    await other.newContext({ viewport: PHONE, colorScheme: 'dark' })
  ] as const
  const first = await openAlone(contexts[0], url)
  await first.unfold('invite')
  await first.page.locator('input[name=answer]').fill('hello')
  await first.page.getByRole('button', { name: 'Connect' }).click()
  await first.waitForResult('.exchange:first-child', /Make an invitation first/)

  const startedAt = performance.now()
  const link = await invite(first)
  const second = await WatchedPage.open(contexts[1], link)
  const answer = await offeredBy(second, 'Copy answer')
  await first.page.screenshot({ path: join(artifacts, 'invitation.png'), fullPage: true })
  await second.page.screenshot({ path: join(artifacts, 'answer.png'), fullPage: true })

  await first.page.getByRole('button', { name: 'Connect' }).click()
  await first.waitForResult('.exchange:first-child', /\S/)
  assert.ok(await isShown(first, 'Copy invitation'), 'a wrong answer leaves the invitation where it is')
  await first.page.locator('input[name=answer]').fill(answer)
  await first.page.getByRole('button', { name: 'Connect' }).click()
  for (const tab of [first, second]) await tab.waitForStatus(/connected to 1 node$/)
  await second.waitForResult('.exchange:last-child', /Connected/)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const names = [one, other].map(browser => browser.browserType().name())
  console.log(
    `An invitation from ${names[0]} to ${names[1]}: link of ${link.length}, answer of ${answer.length} characters, ${seconds} s`
  )
  for (const context of contexts) await context.close()
}

/** Each holds their screen before the other's camera. */
async function testCamera(chromium: string, url: string, artifacts: string): Promise<void> {
  const film = resolve(artifacts, 'camera.y4m')
  const browser = await launchChromiumWithCamera(chromium, film)
  try {
    const contexts = [
      await browser.newContext({ viewport: WIDE }),
      await browser.newContext({ viewport: PHONE })
    ]
    for (const context of contexts) await context.grantPermissions(['camera'])
    const [first, second] = (await Promise.all(contexts.map(context => openAlone(context, url)))) as [
      WatchedPage,
      WatchedPage
    ]
    for (const tab of [first, second]) await tab.unfold('invite')
    await invite(first)
    await writeFile(film, await filmOf(first.page, '.exchange:first-child .qr-code'))
    await second.page.getByRole('button', { name: 'Scan an invitation' }).click()
    await offeredBy(second, 'Copy answer')
    await writeFile(film, await filmOf(second.page, '.exchange:last-child .qr-code'))
    await first.page.getByRole('button', { name: 'Scan their answer' }).click()
    for (const tab of [first, second]) await tab.waitForStatus(/connected to 1 node$/)
  } finally {
    await browser.close()
  }
}

async function openAlone(context: BrowserContext, url: string): Promise<WatchedPage> {
  const tab = await WatchedPage.open(context, url)
  await tab.waitForStatus(/Nobody is connected/)
  return tab
}

/** @returns the link */
async function invite(tab: WatchedPage): Promise<string> {
  await tab.page.getByRole('button', { name: 'Make an invitation' }).click()
  const link = await offeredBy(tab, 'Copy invitation')
  assert.match(link, /^http:.*#invitation=[\w-]+$/)
  const result = tab.page.locator('.exchange:first-child .result')
  assert.match(await result.innerText(), /opens on this machine only/)
  assert.equal(await result.locator('code').innerText(), link.replace(/.*=/, ''), 'the text alone')
  return link
}

/** What is to be given to the other. */
async function offeredBy({ page }: WatchedPage, button: string): Promise<string> {
  const line = page.locator('.offered .links', { has: page.getByRole('button', { name: button }) })
  return line.locator('code').innerText()
}

function isShown({ page }: WatchedPage, button: string): Promise<boolean> {
  return page.getByRole('button', { name: button }).isVisible()
}

function urlOf(server: Server): string {
  const address = server.address()
  assert.ok(typeof address === 'object' && address)
  return `http://127.0.0.1:${address.port}/`
}

/** A film (YUV4MPEG2) of one frame, with what is on the screen in its middle. */
async function filmOf(page: Page, selector: string): Promise<Buffer> {
  const picture = await page.locator(selector).screenshot()
  const { width, height } = CAMERA
  const luma = Buffer.from(
    await page.evaluate(greyOf, { picture: picture.toString('base64'), width, height }),
    'base64'
  )
  const header = Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\nFRAME\n`)
  return Buffer.concat([header, luma, Buffer.alloc((width * height) / 2, 128)])
}

// What follows runs in the page.

async function greyOf(given: { picture: string; width: number; height: number }): Promise<string> {
  const { picture, width, height } = given
  const bytes = Uint8Array.from(atob(picture), character => character.charCodeAt(0))
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
  const context = new OffscreenCanvas(width, height).getContext('2d')
  if (!context) throw new Error('no canvas')
  context.fillStyle = '#888'
  context.fillRect(0, 0, width, height)
  const size = height * 0.8
  context.drawImage(bitmap, (width - size) / 2, (height - size) / 2, size, size)
  const { data } = context.getImageData(0, 0, width, height)
  let text = ''
  for (let i = 0; i < data.length; i += 4) text += String.fromCharCode(data[i] ?? 0)
  return btoa(text)
}
