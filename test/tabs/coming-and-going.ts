/** Tabs that are hidden, closed, or whose process dies, as the others see it. */

import test from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import { createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'
import { type BrowserPlace, Tabs } from './browser.js'

/** A process that died is found out by pings. */
const LONGEST_SILENCE = 20_000

/** Waits until a node is connected to nobody any more. */
const waitUntilAlone = (node: WebTorrentDHT, deadline: number) =>
  eventually(() => node._rpc.socket.socket.table.isAlone, deadline)

export function testComingAndGoing(chromium: BrowserPlace, firefox: BrowserPlace): void {
  for (const place of [chromium, firefox]) {
    test(`a tab of ${place.name} that is closed is gone from the others at once`, async t => {
      const node = await createNode()
      const tabs = await Tabs.open(place)
      const page = await tabs.openPage(placeOf(node))
      await page.close()
      t.ok(await waitUntilAlone(node, 5000))
      await tabs.close()
      await destroyAll(node)
    })
  }

  test('a tab whose process dies is found out', async t => {
    const node = await createNode()
    const tabs = await Tabs.open(chromium)
    const page = await tabs.openPage(placeOf(node))
    const crashed = new Promise(resolve => page.once('crash', resolve))
    page.goto('chrome://crash').catch(() => {}) // nobody is left to answer
    await within('the end of the process', crashed)
    t.ok(await waitUntilAlone(node, LONGEST_SILENCE))
    await tabs.close()
    await destroyAll(node)
  })

  test('a hidden tab stays a member', async t => {
    const node = await createNode()
    const tabs = await Tabs.open(chromium)
    const page = await tabs.openPage(placeOf(node))
    await page.evaluate(() => slowTimersDown())
    const [connection] = node._rpc.socket.socket.table.all
    if (!connection) throw new Error('not connected')
    const longAgo = performance.now() - 60_000
    connection.lastHeard = longAgo // so that the node wants to know whether it is still there
    t.ok(await eventually(() => connection.lastHeard > longAgo), 'it answers pings')
    const key = await new Promise<Buffer>(resolve => node.put('a value', (_, key) => resolve(key)))
    const text = await page.evaluate(
      hex => new Promise(resolve => dht.get(hex, (_, value) => resolve(value?.v.toString()))),
      key.toString('hex')
    )
    t.equal(text, 'a value', 'it finds what is there')
    t.ok(connection.isOpen)
    await tabs.close()
    await destroyAll(node)
  })
}
