/** How the page looks with many nodes, and with nobody. */

import { join } from 'node:path'
import { WebTorrentDHT } from '../../src/index.js'
import { startDemoNode, withDemoNode } from './demo-node.js'
import type { Parts } from './parts.js'
import { WatchedPage } from './watched-page.js'

const WIDE = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
const OTHER_NODES = 12
/** One a second: the picture has settled by then. */
const SAMPLES = 4

/** In both sizes and both colour schemes. */
export function testLooks({ browser, artifacts }: Parts): Promise<void> {
  return withDemoNode(async node => {
    const bootstrap = `127.0.0.1:${node.port}`
    const others = Array.from({ length: OTHER_NODES }, () => new WebTorrentDHT({ bootstrap }))
    const looks = Object.entries({ wide: WIDE, phone: PHONE }).flatMap(([size, viewport]) =>
      (['light', 'dark'] as const).map(colorScheme => ({ size, viewport, colorScheme }))
    )
    const testLook = async ({ size, viewport, colorScheme }: (typeof looks)[number]) => {
      const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
      const tab = await WatchedPage.open(context, node.url)
      await tab.waitForStatus(/connected to ([5-9]|\d\d) nodes/)
      await tab.assertAccessible()
      await tab.page.screenshot({ path: join(artifacts, `${size}-${colorScheme}.png`), fullPage: true })
      for (const name of ['device', 'invite', 'inside']) await tab.unfold(name)
      await tab.waitForSamples(SAMPLES)
      await tab.assertPictureTakesKeys()
      await tab.page.locator('.connections-panel tbody button').first().press('Enter')
      await tab.page.locator('.details-box .mono').waitFor()
      await tab.assertArrowKeysMove()
      await tab.assertAccessible()
      await tab.page.screenshot({
        path: join(artifacts, `${size}-${colorScheme}-inside.png`),
        fullPage: true
      })
      await tab.assertCalm()
      await context.close()
    }
    try {
      await Promise.all(looks.map(testLook))
    } finally {
      await Promise.all(others.map(other => new Promise<void>(resolve => other.destroy(resolve))))
    }
  })
}

/** A node that has lost everybody says so, and is back when there is somebody again. */
export async function testLoneliness({ browser, artifacts }: Parts): Promise<void> {
  const node = await startDemoNode()
  const context = await browser.newContext({ viewport: WIDE })
  try {
    const tab = await WatchedPage.open(context, node.url)
    await tab.waitForStatus(/connected to 1 node$/)
    await tab.page.screenshot({ path: join(artifacts, 'first-tab.png'), fullPage: true })
    await tab.unfold('inside')
    await tab.assertCalm()
    await node.stop()
    await tab.waitForStatus(/Nobody is connected\. This tab goes on trying\./)
    await tab.page.getByLabel('Word or info hash').fill('hello')
    await tab.page.getByRole('button', { name: 'Look up' }).click()
    await tab.waitForResult('.peers-panel', /Nobody is connected, so there is nobody to ask/)
    await tab.page.screenshot({ path: join(artifacts, 'alone.png'), fullPage: true })
    const again = await startDemoNode(node.port)
    await tab.waitForStatus(/connected to 1 node$/).finally(() => again.stop())
  } finally {
    await context.close()
    await node.stop()
  }
}
