/** A tab of a browser that sends no UDP: its node uses the DHT over a WebSocket to a server. */

import test from 'tape'
import { Id } from '../../src/id.js'
import { tableOf } from '../helpers/line.js'
import { createNode, destroyAll, placeOf } from '../helpers/nodes.js'
import { type BrowserPlace, idOf, Tabs, waitForConnections } from './browser.js'
import { exchange } from './pairs.js'

/** As an administrator sets it, by the name of new and of old versions. Without a proxy nothing is left to WebRTC. */
const NO_UDP = ['', 'force-'].map(force => `--${force}webrtc-ip-handling-policy=disable_non_proxied_udp`)

export function testBlockedUdp(chromium: BrowserPlace): void {
  test('a tab that sends no UDP joins, finds, stores, and is asked, over a WebSocket', async t => {
    const hub = await createNode()
    const [blocked, others] = [await Tabs.open({ ...chromium, args: NO_UDP }), await Tabs.open(chromium)]
    try {
      const page = await blocked.openPage(placeOf(hub))
      const other = await others.openPage(placeOf(hub))
      const hubId = hub.nodeId.toString('hex')
      await waitForConnections(page, [hubId])
      const link = tableOf(hub).get(Id.fromHex(await idOf(page)))
      t.equal(link?.peer.constructor.name, 'WebSocketPeer')
      await exchange(t, page, other, 4001)
      await exchange(t, other, page, 4002)
      const { queries, stored } = await page.evaluate(() => dht.stats())
      t.ok((queries.received.get_peers ?? 0) > 0 && stored.values === 2, 'it was asked over routes')
      await waitForConnections(page, [hubId])
      t.deepEqual([...blocked.errors, ...others.errors], [], 'no page had an error')
    } finally {
      await Promise.all([blocked.close(), others.close(), destroyAll(hub)])
    }
  })
}
