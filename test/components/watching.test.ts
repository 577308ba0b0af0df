/** `dht.watch`: real nodes are told of peers that announce later. */

import { randomBytes } from 'node:crypto'
import test, { type Test } from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import type { FoundPeer } from '../../src/index.js'
import { codeOf } from '../helpers/calls.js'
import { createJoined, createNode, destroyAll, eventually, within } from '../helpers/nodes.js'

/** A node that listens, and others that have joined through it. */
async function createNetwork(t: Test, count: number): Promise<WebTorrentDHT[]> {
  const first = await createNode()
  const nodes = [first]
  t.teardown(() => destroyAll(...nodes))
  while (nodes.length < count) nodes.push(await createJoined(first))
  return nodes
}

/** Collects the ports of what a node is told. */
function collect(node: WebTorrentDHT, infoHash: Buffer, own = false) {
  const end = new AbortController()
  const ports: number[] = []
  const peers: FoundPeer[] = []
  const over = (async () => {
    for await (const peer of node.watch(infoHash, { signal: end.signal, own })) {
      ports.push(peer.port)
      peers.push(peer)
    }
  })()
  over.catch(() => {}) // awaited later
  return { ports, peers, stop: () => end.abort(), over }
}

/** The name of what a loop has ended with. */
const nameOf = (over: Promise<void>) =>
  over.then(
    () => undefined,
    (error: Error) => error.name
  )
const announce = (node: WebTorrentDHT, infoHash: Buffer, port: number) =>
  node.promises.announce(infoHash, port)
const lookupsOf = (node: WebTorrentDHT) => node.stats().queries.sent.get_peers.replied

test('a watcher gets the peers that are there, and each that announces later, once, without a lookup', async t => {
  const [, watcher, early, late] = (await createNetwork(t, 6)) as [
    WebTorrentDHT,
    WebTorrentDHT,
    WebTorrentDHT,
    WebTorrentDHT
  ]
  const infoHash = randomBytes(20)
  await announce(early, infoHash, 1001)
  const { ports, peers, stop, over } = collect(watcher, infoHash)
  t.ok(await eventually(() => ports.includes(1001)), 'one that was there')
  t.ok(await eventually(() => watcher.stats().queries.sent.watch_peers.replied >= 4), 'four nodes tell')
  const before = lookupsOf(watcher)
  await announce(late, infoHash, 1002)
  t.ok(await eventually(() => ports.includes(1002)), 'one that came later')
  t.equal(lookupsOf(watcher), before, 'nothing was looked up for it')
  t.ok(peers.find(({ port }) => port === 1002)?.id?.equals(late.nodeId), 'with its id')
  await announce(late, infoHash, 1002)
  await announce(watcher, infoHash, 1003)
  await announce(early, infoHash, 1004)
  t.ok(await eventually(() => ports.includes(1004)))
  t.deepEqual([...ports].sort(), [1001, 1002, 1004], 'no repetition before, and nothing of its own')
  stop()
  t.equal(await nameOf(over), 'AbortError')
  const told = () => watcher.stats().queries.sent.watch_peers.replied
  t.ok(await eventually(() => told() >= 8), 'it tells the nodes that it has stopped')
})

test('a peer that left and comes back is told of again', async t => {
  const [first, watcher, guest] = (await createNetwork(t, 4)) as [WebTorrentDHT, WebTorrentDHT, WebTorrentDHT]
  const infoHash = randomBytes(20)
  const { ports } = collect(watcher, infoHash)
  t.ok(await eventually(() => watcher.stats().queries.sent.watch_peers.replied > 0))
  await announce(guest, infoHash, 1001)
  t.ok(await eventually(() => ports.length === 1))
  await destroyAll(guest)
  const again = await createJoined(first)
  t.teardown(() => destroyAll(again))
  await announce(again, infoHash, 1002)
  t.ok(await eventually(() => ports.includes(1002)))
})

test('where nobody is connected yet a watch waits, and begins with the network', async t => {
  const infoHash = randomBytes(20)
  const [first, second] = (await createNetwork(t, 2)) as [WebTorrentDHT, WebTorrentDHT]
  const alone = await createNode()
  t.teardown(() => destroyAll(alone))
  const { ports, over } = collect(alone, infoHash)
  await announce(second, infoHash, 1001)
  alone.addNode({ host: '127.0.0.1', port: first.address().port })
  t.ok(await eventually(() => ports.includes(1001)), 'it has found the network')
  await within('destroy', destroyAll(alone))
  t.equal(await codeOf(over), 'ECLOSED', 'the node’s end is the end of the loop')
})

test('wrong arguments of watch are told at once', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  for (const wrong of [() => node.watch('no hash'), () => node.watch(randomBytes(20), { own: 1 } as never)]) {
    t.throws(wrong, { code: 'EINVAL' })
  }
  const { ports, stop, over } = collect(node, randomBytes(20))
  stop()
  t.equal(await nameOf(over), 'AbortError')
  t.deepEqual(ports, [])
})
