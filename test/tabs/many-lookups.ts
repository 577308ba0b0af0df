/**
 * A page that looks something up again and again in a network where nodes come and go, so that it has to make connections all
 * the time: 400 lookups, ten at a time.
 */

import { randomBytes } from 'node:crypto'
import type { CDPSession, Page } from 'playwright-core'
import test from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import { createJoined, createNode, destroyAll, placeOf } from '../helpers/nodes.js'
import { type BrowserPlace, Tabs } from './browser.js'

const NODES = 50
/** Nodes that came last, of which one goes in each round. */
const PASSERS_BY = 8
const LOOKUPS = 400
const ROUNDS = 40
const ROUND_TIME = 500
/** Chromium allows 500. */
const MOST_UNCOLLECTED = 100
const MEBIBYTE = 2 ** 20

interface Announcer {
  node: WebTorrentDHT
  hash: string
}

/** Nodes of which each has announced something, once all had joined. */
async function createAnnouncers(bootstrap: WebTorrentDHT): Promise<Announcer[]> {
  const nodes: WebTorrentDHT[] = []
  for (let i = 0; i < NODES; i++) nodes.push(await createJoined(bootstrap))
  const announcers = nodes.map(node => ({ node, hash: randomBytes(20).toString('hex') }))
  for (const { node, hash } of announcers) await new Promise(resolve => node.announce(hash, 6881, resolve))
  return announcers
}

/** Looks all of these up at once; says which are not found. */
function findMissing(page: Page, hashes: string[]): Promise<string[]> {
  return page.evaluate(async wanted => {
    const found = new Set<string>()
    const onPeer = (_: unknown, hash: Uint8Array) => {
      found.add(Array.from(hash, byte => byte.toString(16).padStart(2, '0')).join(''))
    }
    dht.on('peer', onPeer)
    await Promise.all(wanted.map(hash => new Promise(resolve => dht.lookup(hash, resolve))))
    dht.off('peer', onPeer)
    return wanted.filter(hash => !found.has(hash))
  }, hashes)
}

/** Bytes in use after a collection. */
async function measureHeap(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize
}

export function testManyLookups(chromium: BrowserPlace): void {
  test(`${LOOKUPS} lookups in a page: none fails, memory stays flat, connections stay far below Chromium’s limit`, async t => {
    const bootstrap = await createNode()
    const announcers = await createAnnouncers(bootstrap)
    const passersBy: WebTorrentDHT[] = []
    const tabs = await Tabs.open(chromium)
    try {
      const page = await tabs.openPage(placeOf(bootstrap))
      const session = await page.context().newCDPSession(page)
      const heaps: number[] = []
      let failed = 0
      for (let round = 0; round < ROUNDS; round++) {
        const pause = new Promise(resolve => setTimeout(resolve, ROUND_TIME))
        const wanted = Array.from(
          { length: LOOKUPS / ROUNDS },
          (_, i) => announcers[(round * 10 + i * 7) % NODES]?.hash ?? ''
        )
        failed += (await findMissing(page, wanted)).length
        passersBy.push(await createJoined(bootstrap))
        if (passersBy.length > PASSERS_BY) await destroyAll(...passersBy.splice(0, 1))
        if (round % 10 === 9) heaps.push(await measureHeap(session))
        await pause
      }
      const { made, mostUncollected } = await page.evaluate(() => connections)
      const memory = heaps.map(bytes => (bytes / MEBIBYTE).toFixed(1)).join(', ')
      console.log(
        `       ${made} RTCPeerConnections made, at most ${mostUncollected} not collected; heap ${memory} MiB`
      )
      t.equal(failed, 0, `all ${LOOKUPS} lookups found the announcer`)
      t.ok(
        mostUncollected <= MOST_UNCOLLECTED,
        `${made} RTCPeerConnections made, at most ${mostUncollected} of them not collected`
      )
      const [first = 0, last = 0] = [heaps[1], heaps.at(-1)]
      t.ok(
        last < first + 2 * MEBIBYTE,
        `heap ${(first / MEBIBYTE).toFixed(1)} MiB, then ${(last / MEBIBYTE).toFixed(1)} MiB`
      )
      t.deepEqual(tabs.errors, [], 'the page had no error')
    } finally {
      await tabs.close()
      await destroyAll(bootstrap, ...passersBy, ...announcers.map(({ node }) => node))
    }
  })
}
