/** A room with a secret, of a tab of Chromium, a tab of Firefox and Node.js: messages, a file, media, a topic, and a tab that is closed. */

import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import test from 'tape'
import { join, openTopic, type Room, type RoomStream, type Topic } from '../../src/rooms/index.js'
import { createJoined, createNode, destroyAll, eventually, placeOf } from '../helpers/nodes.js'
import { type BrowserPlace, COUNTING_SCRIPT, SCRIPTS, type Site, Tabs } from './browser.js'

const SECRET = 'between us'
const TIMEOUT = 30_000
const FILE_SIZE = 300_000

declare global {
  /** In a page: its room, and what has come. */
  var room: Room
  var topic: Topic
  var heard: unknown[]
  var files: { name: string | undefined; sum: number }[]
  var tracks: string[]
}

const site: Site = {
  scripts: { ...SCRIPTS, '/rooms.browser.js': new URL('../../../dist/rooms.browser.js', import.meta.url) },
  page: `<!doctype html><title>A room</title>
${COUNTING_SCRIPT}
<script type="module">
  import DHT from './browser.js'
  import { join, openTopic } from './rooms.browser.js'
  const parameters = new URLSearchParams(location.search)
  globalThis.dht = new DHT({ bootstrap: parameters.get('bootstrap') })
  globalThis.heard = []
  globalThis.files = []
  globalThis.tracks = []
  globalThis.room = join(dht, parameters.get('room'), { secret: '${SECRET}', presence: 'a page' })
  globalThis.topic = openTopic(dht, parameters.get('room'))
  room.on('message', async data => {
    if (!data?.bytes) return heard.push(data)
    const bytes = await data.bytes()
    files.push({ name: data.name, sum: bytes.reduce((sum, byte) => sum + byte, 0) })
  })
  room.on('stream', stream => tracks.push(...stream.getTracks().map(({ kind }) => kind)))
</script>`
}

const areIn = (page: Page, count: number) =>
  page.waitForFunction(wanted => room.members.length === wanted, count, { timeout: TIMEOUT })

export function testRooms(chromium: BrowserPlace, firefox: BrowserPlace): void {
  test('a room of Chromium, Firefox and Node.js: messages, a file, media, and who leaves', async t => {
    const server = await createNode()
    const node = await createJoined(server)
    const name = randomBytes(8).toString('hex')
    const room = join(node, name, { secret: SECRET })
    const messages: unknown[] = []
    room.on('message', data => messages.push(data))
    const [inChromium, inFirefox] = await Promise.all([Tabs.open(chromium, site), Tabs.open(firefox, site)])
    try {
      const query = { room: name }
      const one = await inChromium.openPage(placeOf(server), { query })
      const other = await inFirefox.openPage(placeOf(server), { query })
      await Promise.all([areIn(one, 2), areIn(other, 2)])
      t.ok(await eventually(() => room.members.length === 2, TIMEOUT), 'all three are in')
      t.deepEqual(
        room.members.map(({ presence, isProven }) => [presence, isProven]),
        Array(2).fill(['a page', true])
      )
      await room.send({ from: 'Node.js' })
      await one.evaluate(() => room.send('from Chromium'))
      for (const page of [one, other]) {
        await page.waitForFunction(() => heard.length > 0, null, { timeout: TIMEOUT })
        t.deepEqual(await page.evaluate(() => heard[0]), { from: 'Node.js' })
      }

      await other.evaluate(
        size => room.send(new File([new Uint8Array(size).fill(7)], 'seven.bin')),
        FILE_SIZE
      )
      await one.waitForFunction(() => files.length > 0, null, { timeout: TIMEOUT })
      t.deepEqual(await one.evaluate(() => files), [{ name: 'seven.bin', sum: 7 * FILE_SIZE }])
      t.ok(await eventually(() => messages.length === 2, TIMEOUT))
      t.equal(messages[0], 'from Chromium')
      t.equal((await (messages[1] as RoomStream).bytes()).length, FILE_SIZE)

      const id = await other.evaluate(() => dht.nodeId.toString('hex'))
      await one.evaluate(to => {
        const canvas = document.body.appendChild(document.createElement('canvas'))
        canvas.getContext('2d')?.fillRect(0, 0, 9, 9)
        return room.addStream(canvas.captureStream(), to)
      }, id)
      await other.waitForFunction(() => tracks.length > 0, null, { timeout: TIMEOUT })
      t.deepEqual(await other.evaluate(() => tracks), ['video'], 'a stream of Chromium’s comes in Firefox')

      await Promise.all([
        one.evaluate(() => topic.publish('of Chromium')),
        openTopic(node, name).publish('of Node.js')
      ])
      const published = await other.evaluate(async () => (await topic.query()).map(({ value }) => value))
      t.deepEqual(published.sort(), ['of Chromium', 'of Node.js'], 'what others have published under a topic')

      await one.close()
      await areIn(other, 1)
      t.ok(await eventually(() => room.members.length === 1, TIMEOUT), 'a tab that is closed has left')
      t.deepEqual([...inChromium.errors, ...inFirefox.errors], [], 'no page had an error')
    } finally {
      await room.leave()
      await Promise.all([inChromium.close(), inFirefox.close()])
      await destroyAll(server, node)
    }
  })
}
