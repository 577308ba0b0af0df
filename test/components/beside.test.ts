/** An attempt beside another one, between real nodes: both ends keep the same connection, whichever opens, and lose none. */

import test from 'tape'
import type { Id } from '../../src/id.js'
import WebTorrentDHT from '../../src/index.js'
import { nodePlatform } from '../../src/platform-node.js'
import { SimplePeer } from '../../src/simple-peer.js'
import type { Description } from '../../src/wire/description.js'
import { countsOf, createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'
import { countOpen } from '../helpers/signals.js'

const tableOf = (node: WebTorrentDHT) => node.socket.node.table
const closedOf = (node: WebTorrentDHT) => tableOf(node).counters.closed

/** Makes peers of which the first to offer gets its answer late, as if the handshake had stalled. */
function createStalling() {
  let answer: (() => void) | undefined
  class StallingPeer extends SimplePeer {
    readonly #isFirst = this.initiator && !answer

    override signal(description: Description): void {
      if (!this.#isFirst || answer) super.signal(description)
      else answer = () => super.signal(description)
    }
  }
  return { StallingPeer, release: () => answer?.() }
}

/** A node that joins through another, and whose first attempt stalls. */
async function createStalled() {
  const server = await createNode()
  const { StallingPeer, release } = createStalling()
  const node = new WebTorrentDHT({
    bootstrap: placeOf(server),
    platform: { ...nodePlatform, openLinkSocket: null }, // else WebSocket may be first on a busy machine
    simple_peer_constructor: StallingPeer,
    simple_peer_opts: { config: { iceServers: [] } }
  })
  const gone: string[] = []
  for (const one of [server, node]) one.socket.on('node_disconnected', id => gone.push(id))
  await within('ready', new Promise<void>(resolve => node.once('ready', resolve)))
  return { server, node, gone, release }
}

test('a first attempt that stalls has another beside it, and is let go at both ends without a failure', async t => {
  const { server, node, gone } = await createStalled()
  t.ok(await eventually(() => countOpen([node]) === 1 && countOpen([server]) === 1))
  t.deepEqual([countsOf(node).made, countsOf(server).made], [2, 2])
  t.ok(await eventually(() => countsOf(node).pending + countsOf(server).pending === 0), 'no attempt is left')
  for (const one of [node, server]) {
    t.deepEqual([closedOf(one).duplicate, closedOf(one)['not opened'], closedOf(one).failed], [1, 0, 0])
  }
  t.deepEqual(gone, [])
  await destroyAll(node, server)
})

test('of two attempts that both open, both ends keep the one that was open first where the offers were made', async t => {
  const { server, node, gone, release } = await createStalled()
  const kept = tableOf(node).get(idOf(server))
  release()
  const isSettled = () => tableOf(node).all.size === 1 && tableOf(server).all.size === 1
  t.ok(await eventually(isSettled), 'one connection is left on each side')
  t.equal(tableOf(node).get(idOf(server)), kept, 'the one that opened first')
  t.equal(tableOf(server).get(idOf(node))?.remoteFingerprint, kept?.fingerprint, 'it is the same one')
  t.deepEqual(gone, [], 'nobody was disconnected')
  await destroyAll(node, server)
})

function idOf(node: WebTorrentDHT): Id {
  return node.socket.node.options.id
}
