/** What must not happen, or must be over. */

import type { Page } from 'playwright-core'
import test from 'tape'
import { createNode, destroyAll, placeOf } from '../helpers/nodes.js'
import type { BrowserPlace } from '../tabs/browser.js'
import { countsOf, downloadIn, openTabs, seedIn } from './page.js'
import type { Release } from './releases.js'

const SIZE = 500_000

declare global {
  /** In a page: the info hashes, in hex, for which the node was asked for something. */
  var asked: string[]
}

export function testPrivateTorrents(release: Release, browser: BrowserPlace): void {
  test(`${release.name}: a private torrent is not announced, not looked up, and nobody is dialled`, async t => {
    const bootstrap = await createNode()
    const tabs = await openTabs(browser, release)
    try {
      const seeder = await tabs.openPage(placeOf(bootstrap))
      const leecher = await tabs.openPage(placeOf(bootstrap))
      for (const page of [seeder, leecher]) await page.evaluate(noteAsked)
      const secret = await seedIn(seeder, 'secret', SIZE, { private: true })
      await leecher.evaluate(file => void client.add(new Uint8Array(file)), secret.file)
      // By then the private one would have been found, too.
      const { magnet } = await seedIn(seeder, 'public', SIZE)
      await downloadIn(leecher, magnet)
      const infoHash = /btih:([0-9a-f]{40})/.exec(magnet)?.[1]
      for (const page of [seeder, leecher]) {
        const hashes = await page.evaluate(() => asked)
        t.deepEqual([...new Set(hashes)], [infoHash], `the public one alone, ${hashes.length} times`)
        t.equal((await countsOf(page)).torrents, 1, 'one RTCPeerConnection, for the public one')
      }
    } finally {
      await tabs.close()
      await destroyAll(bootstrap)
    }
  })
}

export function testDetaching(release: Release, browser: BrowserPlace): void {
  test(`${release.name}: after detach, and after the client is destroyed, nothing is left`, async t => {
    const bootstrap = await createNode()
    const tabs = await openTabs(browser, release)
    try {
      const seeder = await tabs.openPage(placeOf(bootstrap))
      const leecher = await tabs.openPage(placeOf(bootstrap))
      const before = await leecher.evaluate(countListeners)
      const { magnet } = await seedIn(seeder, 'file', SIZE)
      await downloadIn(leecher, magnet)
      t.equal((await countsOf(leecher)).torrentsOpen, 1, 'they are connected')
      await leecher.evaluate(() => detach())
      for (const page of [seeder, leecher]) await waitUntilApart(page)
      t.deepEqual(await leecher.evaluate(countListeners), before, 'the listeners are those of before')

      await leecher.evaluate(() => attachAgain())
      await leecher.waitForFunction(() => client.torrents[0]?.wires.length === 1)
      t.pass('attached again, they connect again: the protocol was free')
      await leecher.evaluate(() => new Promise<void>(resolve => client.destroy(resolve)))
      for (const page of [seeder, leecher]) await waitUntilApart(page)
      t.deepEqual(await leecher.evaluate(countListeners), before, 'the listeners are those of before')
      t.deepEqual(tabs.errors, [], 'the pages had no error')
    } finally {
      await tabs.close()
      await destroyAll(bootstrap)
    }
  })
}

export function testClientsDHT(release: Release, browser: BrowserPlace): void {
  test(`${release.name}: the client may have the node as its DHT`, async t => {
    const bootstrap = await createNode()
    const tabs = await openTabs(browser, release)
    try {
      const seeder = await tabs.openPage(placeOf(bootstrap), { query: { isClientsDHT: '' } })
      const leecher = await tabs.openPage(placeOf(bootstrap), { query: { isClientsDHT: '' } })
      const secret = await seedIn(seeder, 'secret', SIZE, { private: true })
      t.ok(secret.hash, 'seed calls back for a private torrent')
      const { magnet, hash } = await seedIn(seeder, 'file', SIZE)
      t.ok(magnet, 'and for one that is announced')
      const download = await downloadIn(leecher, magnet)
      t.equal(download.hash, hash, 'the content is what was seeded')
      for (const page of [seeder, leecher]) {
        t.equal(await page.evaluate(() => client.torrents.at(-1)?.wires.length), 1, 'one connection')
        t.notOk(await page.evaluate(() => dht.destroyed), 'the node is alive')
      }
      t.deepEqual(tabs.errors, [], 'the pages had no error')
    } finally {
      await tabs.close()
      await destroyAll(bootstrap)
    }
  })
}

/** Waits until a page has no connection to a peer of a torrent. */
function waitUntilApart(page: Page) {
  return page.waitForFunction(() => countConnections().torrentsOpen === 0)
}

// What follows runs in the page.

function noteAsked(): void {
  globalThis.asked = []
  const hex = (infoHash: string | Uint8Array) =>
    typeof infoHash === 'string'
      ? infoHash
      : Array.from(infoHash, byte => byte.toString(16).padStart(2, '0')).join('')
  const { announce, watch, dial } = dht
  dht.announce = (infoHash, ...rest) => {
    asked.push(hex(infoHash))
    announce.call(dht, infoHash, ...rest)
  }
  dht.watch = (infoHash, ...rest) => {
    asked.push(hex(infoHash))
    return watch.call(dht, infoHash, ...rest)
  }
  dht.dial = ((target, protocol, options) => {
    asked.push(protocol.replace('webtorrent:', ''))
    return dial.call(dht, target, protocol, options)
  }) as typeof dht.dial
}

function countListeners(): number[] {
  return (['status', 'close'] as const).map(event => dht.listenerCount(event))
}
