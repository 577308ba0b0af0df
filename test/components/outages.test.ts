/** Real nodes that are cut off, and come back. */

import test from 'tape'
import { Id } from '../../src/id.js'
import WebTorrentDHT from '../../src/index.js'
import type { Platform } from '../../src/platform.js'
import { nodePlatform } from '../../src/platform-node.js'
import { createJoined, createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'
import { RawClient } from '../helpers/raw-client.js'

const LOCAL = { simple_peer_opts: { config: { iceServers: [] } } }
const INFO_HASH = Buffer.alloc(20, 7)
const tableOf = (node: WebTorrentDHT) => node.socket.node.table

function announce(node: WebTorrentDHT): Promise<void> {
  return new Promise((resolve, reject) =>
    node.announce(INFO_HASH, 6881, error => (error ? reject(error) : resolve()))
  )
}

/** Whether a lookup finds what another node has announced. */
async function finds(node: WebTorrentDHT, announcer: WebTorrentDHT): Promise<boolean> {
  const ids: string[] = []
  const note = ({ id }: { id?: Uint8Array | null }) => id && ids.push(Buffer.from(id).toString('hex'))
  node.on('peer', note)
  await new Promise(resolve => node.lookup(INFO_HASH, resolve))
  node.off('peer', note)
  return ids.includes(announcer.nodeId.toString('hex'))
}

/** Closes all connections of a node as if it were not heard any more; the other ends notice the same. */
function cutOff(node: WebTorrentDHT): void {
  for (const connection of tableOf(node).all) connection.close('unresponsive')
}

/** A platform that tells of changes when the test says so. */
function createPlatform() {
  const listeners = new Set<(isNew: boolean) => void>()
  const platform: Platform = {
    ...nodePlatform,
    onNetworkChange: callback => {
      listeners.add(callback)
      return () => listeners.delete(callback)
    }
  }
  return {
    platform,
    listeners,
    tell: (isNew: boolean) => listeners.forEach(listener => void listener(isNew))
  }
}

test('a node that was cut off announces again at once when it is back', async t => {
  const hub = await createNode()
  const other = await createJoined(hub)
  const node = await createJoined(hub)
  await announce(node)
  t.ok(await finds(other, node))
  const again = new Promise<void>(resolve => hub.once('announce', () => resolve()))
  const statuses: string[] = []
  node.on('status', status => statuses.push(status))
  cutOff(node)
  t.equal(node.status, 'alone')
  await within('the announcement', again)
  t.deepEqual(statuses, ['alone', 'connected'])
  t.ok(await finds(other, node))
  await destroyAll(node, other, hub)
})

test('what a node announced is found while it is not heard, and no longer once it has left', async t => {
  const hub = await createNode()
  const other = await createJoined(hub)
  const node = await createJoined(hub, { bootstrap: placeOf(hub) })
  await announce(node)
  t.ok(await finds(other, node))
  const gone: string[] = []
  hub.socket.node.on('gone', id => gone.push(id.hex))
  const silent = new Promise<void>(resolve => hub.socket.node.once('silent', () => resolve()))
  tableOf(hub).get(tableOf(node).id)?.close('unresponsive')
  await within('the silence', silent)
  t.ok(await finds(hub, node), 'it may be back in a moment')
  t.deepEqual(gone, [])
  t.ok(await eventually(() => tableOf(hub).get(tableOf(node).id) !== undefined), 'it is back')
  await destroyAll(node)
  t.ok(await eventually(() => gone.includes(tableOf(node).id.hex)), 'now it has left')
  t.equal(hub.stats().stored.peers, 0, 'and the announcement is forgotten')
  await destroyAll(other, hub)
})

test('an announcement that nobody could take is made once the node is in', async t => {
  const hub = await createNode()
  const place = placeOf(hub)
  const { port } = hub.address()
  await destroyAll(hub)
  const node = new WebTorrentDHT({ ...LOCAL, bootstrap: place })
  node.on('warning', () => {})
  await within('ready', new Promise<void>(resolve => node.once('ready', resolve)), 30_000)
  t.equal(node.status, 'alone')
  node.announce(INFO_HASH, 6881, () => {})
  const late = new WebTorrentDHT({ ...LOCAL, bootstrap: false })
  const announced = new Promise<void>(resolve => late.once('announce', () => resolve()))
  await new Promise<void>(resolve => late.listen(port, '127.0.0.1', resolve))
  await within('the announcement', announced, 20_000)
  t.pass('it was')
  await destroyAll(node, late)
})

test('a lone node that is told of a new network tries at once', async t => {
  const hub = await createNode()
  const { port } = hub.address()
  const { platform, tell, listeners } = createPlatform()
  const node = await createJoined(hub, { platform })
  node.on('warning', () => {})
  await destroyAll(hub)
  const { destinations } = node.socket.node
  t.ok(await eventually(() => node.status === 'alone' && !destinations.isConnecting), 'it waits')
  tell(false)
  t.ok(destinations.isConnecting)
  t.ok(await eventually(() => !destinations.isConnecting))
  const late = new WebTorrentDHT({ ...LOCAL, bootstrap: false })
  await new Promise<void>(resolve => late.listen(port, '127.0.0.1', resolve))
  tell(true)
  t.ok(await eventually(() => node.status === 'connected'), 'and is in')
  await destroyAll(node, late)
  t.equal(listeners.size, 0, 'a destroyed node listens no more')
})

test('in a new network a node keeps the neighbours that answer, and drops the others within seconds', async t => {
  const { platform, tell } = createPlatform()
  const hub = await createNode({ platform })
  const node = await createJoined(hub)
  const client = await RawClient.connect(hub) // it answers nothing
  const clientId = Id.of(client.id)
  t.ok(await eventually(() => tableOf(hub).get(clientId) !== undefined))
  const reasons: string[] = []
  hub.socket.on('node_disconnected', (_, reason) => reasons.push(reason))
  const connection = tableOf(hub).get(tableOf(node).id)
  const before = performance.now()
  tell(true)
  t.ok(await eventually(() => tableOf(hub).get(clientId) === undefined, 5000))
  t.deepEqual(reasons, ['unresponsive'])
  t.ok((connection?.lastHeard ?? 0) > before, 'the other one was asked, and answered')
  t.ok(connection?.isOpen)
  await client.close()
  await destroyAll(node, hub)
})
