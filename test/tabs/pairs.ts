/**
 * Two tabs, of one browser or of two, with default settings (addresses hidden behind mDNS names), that a Node.js node has
 * introduced to each other. Then it leaves, so that what one finds came from the other, over their own connection.
 */

import type { Page } from 'playwright-core'
import test from 'tape'
import { createNode, destroyAll, placeOf } from '../helpers/nodes.js'
import { type BrowserPlace, idOf, Tabs, waitForConnections } from './browser.js'

const ANNOUNCED = 'ab'.repeat(20)

/** Announces and puts in one page what the other one then finds. */
export async function exchange(t: test.Test, from: Page, to: Page, port: number): Promise<void> {
  const text = `from ${port}`
  const key = await from.evaluate(
    async ([hash, port, text]) => {
      await new Promise(resolve => dht.announce(hash, port, resolve))
      return new Promise<string>(resolve => dht.put(text, (_, key) => resolve(key.toString('hex'))))
    },
    [ANNOUNCED, port, text] as const
  )
  const found = await to.evaluate(
    async ([hash, key]) => {
      const peers: { port: number; id: string | undefined }[] = []
      dht.on('peer', peer => peers.push({ port: peer.port, id: peer.id?.toString('hex') }))
      await new Promise(resolve => dht.lookup(hash, resolve))
      const text = await new Promise<string | undefined>(resolve =>
        dht.get(key, (_, value) => resolve(value?.v.toString()))
      )
      return { peers, text }
    },
    [ANNOUNCED, key] as const
  )
  const id = await idOf(from)
  t.ok(
    found.peers.some(peer => peer.port === port && peer.id === id),
    'the announcement, with the id of its node'
  )
  t.equal(found.text, text, 'the value')
}

export function testPairs(chromium: BrowserPlace, firefox: BrowserPlace): void {
  const pairs = [
    [chromium, chromium],
    [firefox, firefox],
    [chromium, firefox]
  ] as const
  for (const [one, other] of pairs) {
    test(`a tab of ${one.name} and a tab of ${other.name} find what the other has, in both directions`, async t => {
      const bootstrap = await createNode()
      const tabs = await Tabs.open(one)
      const otherTabs = one === other ? tabs : await Tabs.open(other)
      try {
        const first = await tabs.openPage(placeOf(bootstrap))
        const second = await otherTabs.openPage(placeOf(bootstrap))
        const [firstId, secondId] = [await idOf(first), await idOf(second)]
        const bootstrapId = bootstrap.nodeId.toString('hex')
        await waitForConnections(first, [bootstrapId, secondId])
        await waitForConnections(second, [bootstrapId, firstId])
        await destroyAll(bootstrap)
        await waitForConnections(first, [secondId])
        await waitForConnections(second, [firstId])
        await exchange(t, first, second, 4001)
        await exchange(t, second, first, 4002)
        t.deepEqual([...tabs.errors, ...otherTabs.errors], [], 'no page had an error')
      } finally {
        await tabs.close()
        if (otherTabs !== tabs) await otherTabs.close()
        await destroyAll(bootstrap)
      }
    })
  }
}
