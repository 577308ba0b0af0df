/**
 * A tab dials another one that it has never been connected to: their offer and answer go along nodes in a line, of which each
 * is connected to the next one only. The connection is the application's, and the DHT makes none for it.
 */

import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import test from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import type { SimplePeer } from '../../src/index.js'
import { createLine } from '../helpers/line.js'
import { createNode, destroyAll, placeOf, within } from '../helpers/nodes.js'
import { type BrowserPlace, idOf, Tabs, waitForConnections } from './browser.js'

const MESSAGE_TIMEOUT = 5000
/** Milliseconds. ICE takes 5 seconds and more to notice. */
const FAREWELL_TIME = 10_000
/**
 * Milliseconds. Chromium answers once a second for the mDNS name of a tab (RFC 6762, section 6). Firefox, which asks for it again
 * with each connection, finds no way to that tab before the second is over, and sometimes none in the seconds after.
 */
const NAME_INTERVAL = 1200

declare global {
  /** In a page: the peer of its last call. */
  var called: SimplePeer
}

/** What a tab's node and the tab itself have done. */
function measure(page: Page) {
  return page.evaluate(() => {
    const { connections: ofNode, queries, frames } = dht.stats()
    const { replied, refused, unanswered } = queries.sent.peer_connection
    return {
      /** `RTCPeerConnection`s that the page counts and the DHT does not. */
      ofApplication: connections.made - ofNode.made,
      /** Connections of the DHT's. One that tries to reach a bootstrap node which is gone opens none. */
      opened: ofNode.opened,
      /** Offers of the DHT's to other nodes, and by them. */
      offers: replied + refused + unanswered + queries.received.peer_connection,
      dialsReceived: queries.received.dial,
      passedOn: frames.passedOn,
      met
    }
  })
}

/** Has a tab take calls, and say back what it hears. */
function takeCalls(page: Page): Promise<void> {
  return page.evaluate(() => {
    dht.handle('chat', ({ id, accept }) => {
      const peer = accept()
      peer.once('connect', () => peer.send('welcome'))
      peer.on('data', (bytes: Uint8Array) => {
        const answer = `${new TextDecoder().decode(bytes)} from ${id.toString('hex')}`
        peer.send(new TextEncoder().encode(answer))
      })
    })
  })
}

/** Dials, says something and gives what comes back; it listens only when a message is there already. */
function call(page: Page, id: string, text: string): Promise<{ steps: string[]; heard: string[] }> {
  return page.evaluate(
    async ([id, text, timeout]) => {
      const steps: string[] = []
      const peer = await dht.dial(id, 'chat', { onProgress: step => steps.push(step) })
      globalThis.called = peer
      const { _pc: connection } = peer as unknown as { _pc: RTCPeerConnection }
      const hasMessage = async () =>
        [...(await connection.getStats()).values()].some(({ messagesReceived = 0 }) => messagesReceived > 0)
      const deadline = Date.now() + timeout
      while (!(await hasMessage()) && Date.now() < deadline)
        await new Promise(resolve => setTimeout(resolve, 20))
      const heard: string[] = []
      peer.send(new TextEncoder().encode(text))
      await new Promise<void>(resolve => {
        setTimeout(resolve, timeout) // what was not heard is missing then
        peer.on('data', (bytes: Uint8Array) => {
          if (heard.push(new TextDecoder().decode(bytes)) === 2) resolve()
        })
      })
      return { steps, heard }
    },
    [id, text, MESSAGE_TIMEOUT] as const
  )
}

/** Calls from one end of a line to the other. */
async function callOver(t: test.Test, first: Page, last: Page): Promise<void> {
  const [firstId, lastId] = [await idOf(first), await idOf(last)]
  const ends = [first, last]
  const before = await Promise.all(ends.map(measure))
  await takeCalls(last)
  const { steps, heard } = await call(first, lastId, 'hello')
  t.deepEqual(heard, ['welcome', `hello from ${firstId}`], 'text and data, there and back')
  t.deepEqual(steps, ['finding', 'signalling', 'connected'])
  const after = await Promise.all(ends.map(measure))
  t.deepEqual(
    after.map(({ ofApplication }, i) => ofApplication - (before[i]?.ofApplication ?? 0)),
    [1, 1],
    'each tab has made one RTCPeerConnection that is not the DHT’s'
  )
  t.deepEqual(
    after.map(({ opened, offers }) => [opened, offers]),
    before.map(({ opened, offers }) => [opened, offers]),
    'and the DHT none'
  )
  t.notOk(
    after[0]?.met.includes(lastId) || after[1]?.met.includes(firstId),
    'their nodes have never been connected'
  )
  t.equal(after[1]?.dialsReceived, 1)
}

async function testNodeRelays(t: test.Test, one: Tabs, other: Tabs): Promise<void> {
  const relays = (await createLine(2)) as [WebTorrentDHT, WebTorrentDHT]
  try {
    const first = await one.openPage(placeOf(relays[0]), { keepsToItself: true })
    const last = await other.openPage(placeOf(relays[1]), { keepsToItself: true })
    const passedOn = relays.map(relay => relay.stats().frames.passedOn)
    await callOver(t, first, last)
    for (const [i, relay] of relays.entries()) {
      const { frames, queries } = relay.stats()
      t.ok(frames.passedOn >= (passedOn[i] ?? 0) + 2, 'relays have passed it on, there and back')
      t.equal(queries.received.dial, 0, 'and read nothing of it')
    }
    const ended = first.evaluate(() => new Promise<void>(resolve => called.once('close', () => resolve())))
    await last.close()
    await within('the end of the call', ended, FAREWELL_TIME)
    t.pass('the tab is closed, and the other end of the call knows at once')
    await first.close()
  } finally {
    await destroyAll(...relays)
  }
}

async function testTabRelays(t: test.Test, one: Tabs, other: Tabs): Promise<void> {
  const bootstrap = await createNode()
  try {
    const pages: Page[] = []
    for (const tabs of [one, other, one, other]) {
      pages.push(await tabs.openPage(placeOf(bootstrap), { keepsToItself: true }))
    }
    const ids = await Promise.all(pages.map(idOf))
    for (const [i, page] of pages.slice(0, -1).entries()) {
      await page.evaluate(id => connectTo(id), ids[i + 1] ?? '')
      await pause(NAME_INTERVAL)
    }
    await destroyAll(bootstrap)
    const neighboursOf = (i: number) => ids.filter((_, j) => Math.abs(i - j) === 1)
    await Promise.all(pages.map((page, i) => waitForConnections(page, neighboursOf(i))))
    const relays = pages.slice(1, -1)
    const before = await Promise.all(relays.map(measure))
    await callOver(t, pages[0] as Page, pages[3] as Page)
    for (const [i, { passedOn, dialsReceived }] of (await Promise.all(relays.map(measure))).entries()) {
      t.ok(passedOn >= (before[i]?.passedOn ?? 0) + 2, 'tabs have passed it on, there and back')
      t.equal(dialsReceived, 0, 'and read nothing of it')
    }
    for (const page of pages) await page.close()
  } finally {
    await destroyAll(bootstrap)
  }
}

export function testDialling(chromium: BrowserPlace, firefox: BrowserPlace): void {
  const pairs = [
    [chromium, chromium],
    [firefox, firefox],
    [chromium, firefox]
  ] as const
  for (const [one, other] of pairs) {
    test(`a tab of ${one.name} dials a tab of ${other.name} that it was never connected to`, async t => {
      const tabs = await Tabs.open(one)
      const otherTabs = one === other ? tabs : await Tabs.open(other)
      try {
        await testNodeRelays(t, tabs, otherTabs)
        await testTabRelays(t, tabs, otherTabs)
        t.deepEqual([...tabs.errors, ...otherTabs.errors], [], 'no page had an error')
      } finally {
        await tabs.close()
        if (otherTabs !== tabs) await otherTabs.close()
      }
    })
  }
}
