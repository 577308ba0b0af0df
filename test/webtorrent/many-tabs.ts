/** More than two tabs, and nodes that go away. */

import test from 'tape'
import { createNode, destroyAll, placeOf } from '../helpers/nodes.js'
import type { BrowserPlace } from '../tabs/browser.js'
import { countsOf, downloadIn, openTabs, seedIn } from './page.js'
import { FILE_SIZE } from './pairs.js'
import type { Release } from './releases.js'

const LEECHERS = 9

export function testTenTabs(release: Release, browser: BrowserPlace): void {
  test(`${release.name}: ten tabs of ${browser.name}, of which the seeder leaves after one copy`, async t => {
    const bootstrap = await createNode()
    const tabs = await openTabs(browser, release)
    try {
      const seeder = await tabs.openPage(placeOf(bootstrap))
      const pages = []
      for (let i = 0; i < LEECHERS; i++) pages.push(await tabs.openPage(placeOf(bootstrap)))
      const [first, ...others] = pages
      if (!first) throw new Error('no page')
      const { magnet, hash } = await seedIn(seeder, 'file', FILE_SIZE)
      const copy = await downloadIn(first, magnet)
      await seeder.close()
      const copies = await Promise.all(others.map(page => downloadIn(page, magnet)))
      t.deepEqual(
        [copy, ...copies].map(download => download.hash),
        pages.map(() => hash),
        'all have the content'
      )
      const counts = await Promise.all(pages.map(countsOf))
      const sum = (numbers: number[]) => numbers.reduce((first, second) => first + second, 0)
      const slowest = Math.max(...copies.map(({ complete }) => complete))
      console.log(
        `       the slowest after ${Math.round(slowest)} ms; RTCPeerConnections of the nine for the DHT: ` +
          `${sum(counts.map(({ dht }) => dht))}; for the torrent: ${sum(counts.map(({ torrents }) => torrents))}`
      )
      t.deepEqual(tabs.errors, [], 'the pages had no error')
    } finally {
      await tabs.close()
      await destroyAll(bootstrap)
    }
  })
}

export function testWithoutBootstrap(release: Release, browser: BrowserPlace): void {
  test(`${release.name}: a torrent that is new when the bootstrap node is dead`, async t => {
    const bootstrap = await createNode()
    const tabs = await openTabs(browser, release)
    try {
      const seeder = await tabs.openPage(placeOf(bootstrap))
      const leecher = await tabs.openPage(placeOf(bootstrap))
      for (const page of [seeder, leecher]) await page.waitForFunction(() => dht.nodes.count() === 2)
      await destroyAll(bootstrap)
      for (const page of [seeder, leecher]) await page.waitForFunction(() => dht.nodes.count() === 1)
      const { magnet, hash } = await seedIn(seeder, 'file', FILE_SIZE)
      const download = await downloadIn(leecher, magnet)
      t.equal(download.hash, hash, 'the content is what was seeded')
      t.deepEqual(tabs.errors, [], 'the pages had no error')
    } finally {
      await tabs.close()
      await destroyAll(bootstrap)
    }
  })
}
