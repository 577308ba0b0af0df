/** Tabs that are hidden, closed, or whose process dies, as the others see it. */

import test from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import { createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'
import { type BrowserPlace, Tabs, waitForConnections } from './browser.js'

/** A process that died is found out by pings. */
const LONGEST_SILENCE = 20_000
/** Where one farewell in eleven is lost, as it once was, two runs of three see it. */
const FAREWELL_ROUNDS = 3
const TABS_LEFT = 4
/** Milliseconds, less than it takes pings to find it out. */
const FAREWELL_TIMEOUT = 5000

/** Waits until a node is connected to nobody any more. */
const waitUntilAlone = (node: WebTorrentDHT, deadline: number) =>
  eventually(() => node.socket.node.table.isAlone, deadline)

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

  test('a node in Node.js that leaves is gone from tabs at once', async t => {
    const tabs = await Tabs.open(chromium)
    for (let round = 1; round <= FAREWELL_ROUNDS; round++) {
      const node = await createNode()
      const pages = []
      for (let i = 0; i < TABS_LEFT; i++) {
        pages.push(await tabs.openPage(placeOf(node), { keepsToItself: true }))
      }
      await destroyAll(node)
      for (const page of pages) await waitForConnections(page, [], FAREWELL_TIMEOUT)
      t.pass(`round ${round}`)
      for (const page of pages) await page.close()
    }
    await tabs.close()
  })

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
    const [connection] = node.socket.node.table.all
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
