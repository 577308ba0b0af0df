/** No server is needed but a tracker: two browsers meet over it, it dies, a third joins where the others know a node, and a file is shared. */

import test from 'tape'
import { createNode, destroyAll } from '../helpers/nodes.js'
import { startTracker } from '../helpers/tracker.js'
import { type BrowserPlace, idOf, waitForConnections } from '../tabs/browser.js'
import { downloadIn, openTabs, seedIn, show } from './page.js'
import { FILE_SIZE } from './pairs.js'
import type { Release } from './releases.js'

export function testTracker(release: Release, one: BrowserPlace, other: BrowserPlace): void {
  test(`${release.name}: ${one.name} and ${other.name} meet over a tracker, and need it no more`, async t => {
    const tracker = await startTracker()
    const [tabs, otherTabs] = [await openTabs(one, release), await openTabs(other, release)]
    const server = await createNode({ bootstrap: tracker.url })
    server.on('warning', () => {}) // the tracker is gone
    try {
      const first = await tabs.openPage(tracker.url)
      const second = await otherTabs.openPage(tracker.url)
      const [firstId, secondId, serverId] = [
        await idOf(first),
        await idOf(second),
        server.nodeId.toString('hex')
      ]
      await waitForConnections(first, [secondId, serverId])
      await waitForConnections(second, [firstId, serverId])
      await tracker.kill()
      const place = await first.evaluate(() => {
        const { httpServer } = dht.socket.known_nodes().find(({ httpServer }) => httpServer) ?? {}
        return httpServer ? `${httpServer.host}:${httpServer.port}` : ''
      })
      const third = await tabs.openPage(place)
      await waitForConnections(third, [firstId, secondId, serverId])
      await destroyAll(server)
      const { magnet, hash } = await seedIn(second, 'file', FILE_SIZE)
      const download = await downloadIn(third, magnet)
      t.notOk(magnet.includes('tr='), 'the magnet link names no tracker')
      t.equal(download.hash, hash, 'the content is what was seeded')
      console.log(`       ${show(download)}`)
      t.deepEqual([...tabs.errors, ...otherTabs.errors], [], 'the pages had no error')
    } finally {
      await tabs.close()
      await otherTabs.close()
      await destroyAll(server)
      await tracker.kill()
    }
  })
}
