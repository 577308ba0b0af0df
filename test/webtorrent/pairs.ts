/** A tab that has a file, and a tab that has a magnet link: no tracker, and nothing but this DHT. */

import test from 'tape'
import { createNode, destroyAll, placeOf } from '../helpers/nodes.js'
import type { BrowserPlace } from '../tabs/browser.js'
import { countsOf, downloadIn, openTabs, seedIn, show } from './page.js'
import type { Release } from './releases.js'

export const FILE_SIZE = 5_000_000

export function testPair(release: Release, from: BrowserPlace, to: BrowserPlace): void {
  test(`${release.name}: a tab of ${to.name} downloads what a tab of ${from.name} has`, async t => {
    const bootstrap = await createNode()
    const tabs = await openTabs(from, release)
    const otherTabs = from === to ? tabs : await openTabs(to, release)
    try {
      const seeder = await tabs.openPage(placeOf(bootstrap))
      const leecher = await otherTabs.openPage(placeOf(bootstrap))
      const { magnet, hash } = await seedIn(seeder, 'file', FILE_SIZE)
      const download = await downloadIn(leecher, magnet)
      t.notOk(magnet.includes('tr='), 'the magnet link names no tracker')
      t.equal(download.hash, hash, 'the content is what was seeded')
      const [seeders, leechers] = [await countsOf(seeder), await countsOf(leecher)]
      // Not those that were made: one that did not open is made again.
      t.equal(seeders.torrentsOpen, 1, 'the seeder has one RTCPeerConnection for the torrent')
      t.equal(leechers.torrentsOpen, 1, 'the leecher likewise')
      console.log(`       ${show(download)}`)
      console.log(
        `       RTCPeerConnections for the DHT: ${seeders.dht} and ${leechers.dht}; for the torrent: ${seeders.torrents} and ${leechers.torrents}`
      )
      t.deepEqual([...tabs.errors, ...otherTabs.errors], [], 'the pages had no error')
    } finally {
      await tabs.close()
      if (otherTabs !== tabs) await otherTabs.close()
      await destroyAll(bootstrap)
    }
  })
}
