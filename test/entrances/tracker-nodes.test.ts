/** Nodes that meet through a tracker, and go on without it. */

import { randomBytes } from 'node:crypto'
import test, { type Test } from 'tape'
import WebTorrentDHT, { type WebTorrentDHTOptions } from '../../src/index.js'
import { createNode, destroyAll, eventually, within } from '../helpers/nodes.js'
import { startTracker } from '../helpers/tracker.js'

const NETWORK = 'webtorrent-dht'

/** A node whose only way in is a tracker. */
function createNewcomer(
  t: Test,
  bootstrap: string | string[],
  options: WebTorrentDHTOptions = {}
): WebTorrentDHT {
  const node = new WebTorrentDHT({ bootstrap, simple_peer_opts: { config: { iceServers: [] } }, ...options })
  node.on('warning', () => {})
  t.teardown(() => destroyAll(node))
  return node
}

const isConnected = (node: WebTorrentDHT) => node.nodes.count() > 0

test('nodes meet through a tracker, and go on when it is gone', async t => {
  const tracker = await startTracker()
  const nodes = Array.from({ length: 4 }, () => createNewcomer(t, tracker.url))
  // Two pairs may find each other first: they ask again, and become one network.
  const areAll = () => nodes.every(node => node.nodes.count() === nodes.length - 1)
  t.ok(await eventually(areAll, 30_000), 'all are connected')
  t.ok(await eventually(() => tracker.countOf(NETWORK).newcomers === 0), 'no request is under way')
  t.equal(tracker.countOf(NETWORK).doors, 4)
  await tracker.kill()
  const [first, second] = nodes as [WebTorrentDHT, WebTorrentDHT]
  const infoHash = randomBytes(20)
  await within('an announce', first.promises.announce(infoHash, 4001))
  const found = []
  for await (const peer of second.promises.lookup(infoHash)) found.push(peer.port)
  t.deepEqual(found, [4001])
})

test('a node that listens is a door; who met it once needs no tracker any more', async t => {
  const tracker = await startTracker()
  const server = await createNode({ bootstrap: tracker.url })
  server.on('warning', () => {})
  t.teardown(() => destroyAll(server))
  t.ok(await eventually(() => tracker.countOf(NETWORK).doors === 1))
  // A local place, so that a stranger may name another one.
  const page = createNewcomer(t, [tracker.url, '127.0.0.1:1'])
  t.ok(await eventually(() => page.toJSON().nodes.length > 0), 'it has met a server')
  const state = page.toJSON()
  await destroyAll(page)
  await tracker.kill()
  const again = createNewcomer(t, [tracker.url, '127.0.0.1:1'], { state })
  t.ok(await eventually(() => isConnected(again)), 'it has joined at the server')
})

test('nodes of another network at the same tracker stay apart', async t => {
  const tracker = await startTracker()
  t.teardown(() => tracker.kill())
  const ours = [
    createNewcomer(t, tracker.url, { network: 'ours' }),
    createNewcomer(t, tracker.url, { network: 'ours' })
  ]
  const other = createNewcomer(t, tracker.url, { network: 'other' })
  t.ok(await eventually(() => ours.every(isConnected), 20_000))
  await new Promise<void>(resolve => (other.ready ? resolve() : other.once('ready', resolve)))
  t.notOk(isConnected(other))
  t.match(other.statusReason?.message ?? '', /no node of the network is there yet$/)
})

test('a destroyed node leaves its tracker', async t => {
  const tracker = await startTracker()
  t.teardown(() => tracker.kill())
  const node = createNewcomer(t, tracker.url)
  t.ok(await eventually(() => tracker.countOf(NETWORK).doors === 1))
  await destroyAll(node)
  t.ok(await eventually(() => tracker.sockets === 0))
  t.deepEqual(tracker.countOf(NETWORK), { doors: 0, newcomers: 0 })
})
