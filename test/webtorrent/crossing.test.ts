/** Two real nodes whose clients dial each other at the same time. */

import { randomBytes } from 'node:crypto'
import test from 'tape'
import { Queue } from '../../src/faces/queue.js'
import type WebTorrentDHT from '../../src/index.js'
import type { FoundPeer, SimplePeerOptions } from '../../src/index.js'
import { SimplePeer } from '../../src/simple-peer.js'
import { attach } from '../../src/webtorrent/index.js'
import { createJoined, createNode, destroyAll, eventually } from '../helpers/nodes.js'
import { FakeClient, FakeTorrent } from './fakes.js'

const ROUNDS = 5

/** Every connection that a node has made, for whatever purpose. */
function countingClass(): { made: SimplePeer[]; Class: typeof SimplePeer } {
  const made: SimplePeer[] = []
  class Counted extends SimplePeer {
    constructor(options: SimplePeerOptions) {
      super(options)
      made.push(this)
    }
  }
  return { made, Class: Counted }
}

/** Connections that are open or may become so, and are not the DHT's. */
function openPeers(node: WebTorrentDHT, made: SimplePeer[]): number {
  return made.filter(peer => !peer.destroyed).length - node.socket.connection_counts().existing
}

/** @returns a function that has the watch of a node find another one */
function watchByHand(node: WebTorrentDHT, { nodeId: id }: WebTorrentDHT): () => void {
  let find = () => {}
  node.watch = (_, { signal } = {}) =>
    new Queue<FoundPeer>({
      signal,
      start: queue => {
        find = () => queue.push({ host: '127.0.0.1', port: 9, id })
        return () => {}
      }
    })
  return () => find()
}

test('crossing dials end with one connection, the same at both ends, and no other RTCPeerConnection', async t => {
  const counted = [countingClass(), countingClass()] as const
  const options = counted.map(({ Class }) => ({ simple_peer_constructor: Class }))
  const first = await createNode(options[0])
  const second = await createJoined(first, options[1])
  const nodes = [first, second] as const
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const infoHash = randomBytes(20)
      const torrents = nodes.map(() =>
        Object.assign(new FakeTorrent(), { infoHash: infoHash.toString('hex') })
      )
      const clients = nodes.map(() => new FakeClient())
      const finds = nodes.map((node, i) => watchByHand(node, nodes[1 - i] as WebTorrentDHT))
      const detachers = clients.map((client, i) => attach(client, nodes[i] as WebTorrentDHT))
      for (const [i, torrent] of torrents.entries())
        clients[i]?.add(Object.assign(torrent, { magnetURI: '' }))
      let refused = 0
      for (const node of nodes) {
        const { dial } = node
        node.dial = ((...args: Parameters<typeof dial>) => {
          const promise = dial.apply(node, args)
          promise.catch(() => refused++)
          return promise
        }) as typeof dial
      }
      for (const find of finds) find()
      t.ok(
        await eventually(() => torrents.every(({ added }) => added.length === 1)),
        'both have a connection'
      )
      const settled = () => counted.every(({ made }, i) => openPeers(nodes[i] as WebTorrentDHT, made) === 1)
      t.ok(await eventually(settled), 'and one RTCPeerConnection for it')
      t.equal(refused, 1, 'of two dials one came to nothing')
      const initiators = torrents.map(({ added }) => (added[0]?.peer as SimplePeer | undefined)?.initiator)
      const isFirstLower = first.nodeId.compare(second.nodeId) < 0
      t.deepEqual(initiators, [isFirstLower, !isFirstLower], 'that of the node with the lower id')
      for (const node of nodes) for (const name of ['dial', 'watch']) Reflect.deleteProperty(node, name)
      for (const detach of detachers) detach()
      const apart = () => counted.every(({ made }, i) => openPeers(nodes[i] as WebTorrentDHT, made) === 0)
      t.ok(await eventually(apart), 'none after detach')
    }
  } finally {
    await destroyAll(...nodes)
  }
})
