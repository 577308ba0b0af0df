/** WebTorrent in Node.js, whose peers are tabs. */

import { pathToFileURL } from 'node:url'
import test from 'tape'
import type { SimplePeerConstructor } from '../../src/index.js'
import { attach } from '../../src/webtorrent/index.js'
import { createJoined, createNode, destroyAll, placeOf, within } from '../helpers/nodes.js'
import type { BrowserPlace } from '../tabs/browser.js'
import { createClient, download, seed } from './node-client.js'
import { downloadIn, openTabs, seedIn, show } from './page.js'
import { FILE_SIZE } from './pairs.js'
import { pathOf, type Release } from './releases.js'

const DEADLINE = 60_000
const SMALL_SIZE = 500_000

export function testNodeSeeder(release: Release, browser: BrowserPlace): void {
  test(`${release.name}: a tab of ${browser.name} downloads what Node.js has`, async t => {
    const bootstrap = await createNode()
    const dht = await createJoined(bootstrap)
    const seeder = await createClient(release)
    const tabs = await openTabs(browser, release)
    try {
      attach(seeder.client, dht)
      const { magnet, hash } = await seed(seeder, 'file', FILE_SIZE)
      const page = await tabs.openPage(placeOf(bootstrap))
      const result = await downloadIn(page, magnet)
      console.log(`       ${show(result)}`)
      t.equal(result.hash, hash, 'the content is what was seeded')
      t.deepEqual(tabs.errors, [], 'the page had no error')
    } finally {
      await tabs.close()
      await seeder.close()
      await destroyAll(dht, bootstrap)
    }
  })
}

export function testNodeLeecher(release: Release, browser: BrowserPlace): void {
  test(`${release.name}: Node.js downloads what a tab of ${browser.name} has`, async t => {
    const bootstrap = await createNode()
    const dht = await createJoined(bootstrap)
    const leecher = await createClient(release)
    const tabs = await openTabs(browser, release)
    try {
      attach(leecher.client, dht)
      const page = await tabs.openPage(placeOf(bootstrap))
      const { magnet, hash } = await seedIn(page, 'file', FILE_SIZE)
      const result = await within('the download', download(leecher, magnet), DEADLINE)
      console.log(`       complete after ${Math.round(result.complete)} ms`)
      t.equal(result.hash, hash, 'the content is what was seeded')
    } finally {
      await tabs.close()
      await leecher.close()
      await destroyAll(dht, bootstrap)
    }
  })
}

export function testOwnPeer(release: Release, browser: BrowserPlace): void {
  test(`${release.name}: with WebTorrent’s own class of peers in Node.js, a tab downloads, and uploads`, async t => {
    const { default: Peer } = (await import(
      pathToFileURL(pathOf('@thaunknown/simple-peer/lite.js')).href
    )) as {
      default: SimplePeerConstructor
    }
    const bootstrap = await createNode()
    const dht = await createJoined(bootstrap)
    const here = await createClient(release)
    const tabs = await openTabs(browser, release)
    const peers: unknown[] = []
    try {
      attach(here.client, dht, { Peer, peerOptions: { config: { iceServers: [] } } })
      here.client.on('add', torrent => torrent.on('peer', (peer: unknown) => peers.push(peer)))
      const seeded = await seed(here, 'there', SMALL_SIZE)
      const page = await tabs.openPage(placeOf(bootstrap))
      t.equal((await downloadIn(page, seeded.magnet)).hash, seeded.hash, 'there')
      const other = await seedIn(page, 'back', SMALL_SIZE)
      const result = await within('the download', download(here, other.magnet), DEADLINE)
      t.equal(result.hash, other.hash, 'and back')
      t.ok(peers.length >= 2 && peers.every(peer => peer instanceof Peer), 'all peers are of that class')
    } finally {
      await tabs.close()
      await here.close()
      await destroyAll(dht, bootstrap)
    }
  })
}

/** A node of the UDP DHT, on this machine. */
interface UDPNode {
  listen(port: number, address: string, callback: () => void): void
  address(): { port: number }
  destroy(callback: () => void): void
}

export function testBothDHTs(release: Release, browser: BrowserPlace): void {
  test(`${release.name}: Node.js in both DHTs brings a tab what is known in that of UDP alone`, async t => {
    const { Client: UDPDHT } = (await import(pathToFileURL(pathOf('bittorrent-dht/index.js')).href)) as {
      Client: new (options: object) => UDPNode
    }
    const router = new UDPDHT({ bootstrap: false })
    await new Promise<void>(resolve => router.listen(0, '127.0.0.1', resolve))
    const udp = { dht: { bootstrap: [`127.0.0.1:${router.address().port}`] } }
    const bootstrap = await createNode()
    const dht = await createJoined(bootstrap)
    const seeder = await createClient(release, udp)
    const between = await createClient(release, udp)
    const tabs = await openTabs(browser, release)
    try {
      attach(between.client, dht)
      const { magnet, hash } = await seed(seeder, 'file', FILE_SIZE)
      const first = await within('the download over TCP', download(between, magnet), DEADLINE)
      t.equal(first.hash, hash, 'Node.js found the seeder in the DHT of UDP')
      const page = await tabs.openPage(placeOf(bootstrap))
      const second = await downloadIn(page, magnet)
      t.equal(second.hash, hash, 'the tab found Node.js in this DHT')
    } finally {
      await tabs.close()
      await Promise.all([seeder.close(), between.close()])
      await new Promise<void>(resolve => router.destroy(resolve))
      await destroyAll(dht, bootstrap)
    }
  })
}
