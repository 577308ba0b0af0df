/** Real nodes whose clients find each other. */

import { randomBytes } from 'node:crypto'
import test from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import { attach } from '../../src/webtorrent/index.js'
import { createJoined, createNode, destroyAll, eventually } from '../helpers/nodes.js'
import { FakeClient, FakeTorrent, settle } from './fakes.js'

/** More than tell. */
const OTHERS = 4

test('a downloader that came first is told of a seeder, and connects without a lookup', async t => {
  const bootstrap = await createNode()
  const nodes = [bootstrap]
  const join = async () => {
    const node = await createJoined(bootstrap)
    nodes.push(node)
    return node
  }
  const detachers: (() => void)[] = []
  const add = (node: WebTorrentDHT, torrent: FakeTorrent) => {
    const client = new FakeClient()
    detachers.push(attach(client, node))
    client.add(torrent)
  }
  t.teardown(async () => {
    for (const detach of detachers) detach()
    await destroyAll(...nodes)
  })
  for (let i = 0; i < OTHERS; i++) await join()
  const [downloader, seeder] = [await join(), await join()]
  const sent = () => downloader.stats().queries.sent
  const link = { infoHash: randomBytes(20).toString('hex'), magnetURI: '' }

  const torrent = Object.assign(new FakeTorrent(), link)
  add(downloader, torrent)
  t.ok(await eventually(() => sent().watch_peers.replied >= 4), 'four nodes will tell')
  const lookups = sent().get_peers.replied
  const seeded = Object.assign(new FakeTorrent(), link).verified()
  add(seeder, seeded)
  t.ok(await eventually(() => torrent.added.length > 0 && seeded.added.length > 0), 'both have a connection')
  t.equal(sent().get_peers.replied, lookups, 'nothing was looked up for it')
})

test('many torrents of one node are no warning of too many listeners', async t => {
  const node = await createNode()
  const client = new FakeClient()
  const detach = attach(client, node)
  const warnings: Error[] = []
  const note = (warning: Error) => warnings.push(warning)
  process.on('warning', note)
  t.teardown(async () => {
    process.off('warning', note)
    detach()
    await destroyAll(node)
  })
  for (let i = 0; i < 20; i++) client.addReady()
  await settle()
  t.deepEqual(warnings, [])
})
