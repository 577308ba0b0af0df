/** Twenty tabs of one Chromium, with default settings, and one Node.js node that they join through and that dies then. */

import type { Page } from 'playwright-core'
import test from 'tape'
import { createNode, destroyAll, placeOf } from '../helpers/nodes.js'
import { type BrowserPlace, Tabs } from './browser.js'

const TABS = 20

const hashOf = (i: number) => (i + 16).toString(16).repeat(20)

function announce(page: Page, i: number): Promise<string | null> {
  return page.evaluate(
    ([hash, port]) =>
      new Promise<string | null>(resolve =>
        dht.announce(hash, port, error => resolve(error?.message ?? null))
      ),
    [hashOf(i), 5000 + i] as const
  )
}

/** The number of all other tabs' announcements that a page finds. */
function countFound(page: Page, own: number): Promise<number> {
  const others = Array.from({ length: TABS }, (_, i) => i).filter(i => i !== own)
  return page.evaluate(
    async wanted => {
      const find = ({ hash, port }: { hash: string; port: number }) =>
        new Promise<boolean>(resolve => {
          let isFound = false
          const onPeer = (peer: { port: number }) => {
            isFound ||= peer.port === port
          }
          dht.on('peer', onPeer)
          dht.lookup(hash, () => {
            dht.off('peer', onPeer)
            resolve(isFound)
          })
        })
      const found = []
      for (const one of wanted) found.push(await find(one))
      return found.filter(Boolean).length
    },
    others.map(i => ({ hash: hashOf(i), port: 5000 + i }))
  )
}

export function testTwentyTabs(chromium: BrowserPlace): void {
  test('twenty tabs find each other’s announcements, and still do when their bootstrap node has died', async t => {
    const bootstrap = await createNode()
    const tabs = await Tabs.open(chromium)
    try {
      const pages: Page[] = []
      for (let i = 0; i < TABS; i++) pages.push(await tabs.openPage(placeOf(bootstrap)))
      const errors = await Promise.all(pages.map(announce))
      t.deepEqual([...new Set(errors)], [null], 'all have announced')
      const all = TABS * (TABS - 1)
      const sum = async () =>
        (await Promise.all(pages.map(countFound))).reduce((total, found) => total + found, 0)
      t.equal(await sum(), all, 'each finds all the others')
      await destroyAll(bootstrap)
      t.equal(await sum(), all, 'without the bootstrap node too')
      const made = await Promise.all(pages.map(page => page.evaluate(() => connections.made)))
      t.ok(Math.max(...made) <= 64, `no page made more than ${Math.max(...made)} RTCPeerConnections`)
      t.deepEqual(tabs.errors, [], 'no page had an error')
    } finally {
      await tabs.close()
      await destroyAll(bootstrap)
    }
  })
}
