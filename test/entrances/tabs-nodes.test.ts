/** Nodes that know nothing but `tabs:`. In Node.js the channel reaches all threads of the process. */

import test from 'tape'
import { WebTorrentDHT, type WebTorrentDHTOptions } from '../../src/index.js'
import { createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'

let networks = 0

function createTab(network: string, options: WebTorrentDHTOptions = {}): WebTorrentDHT {
  const simple_peer_opts = { config: { iceServers: [] } }
  return new WebTorrentDHT({ bootstrap: 'tabs:', network, simple_peer_opts, ...options })
}

async function ready(node: WebTorrentDHT): Promise<void> {
  if (!node.ready) await within("'ready'", new Promise<void>(resolve => node.once('ready', resolve)))
}

const idsAround = ({ socket }: WebTorrentDHT) =>
  socket
    .known_nodes()
    .filter(({ state }) => state === 'connected')
    .map(({ id }) => id)
const idOf = ({ nodeId }: WebTorrentDHT) => nodeId.toString('hex')

test('nodes of one process meet by `tabs:`, and find what the others have stored', async t => {
  const network = `tabs ${++networks}`
  const first = createTab(network)
  await ready(first)
  t.deepEqual(idsAround(first), [], 'the first is alone')
  const [second, third] = [createTab(network), createTab(network)]
  const all = [first, second, third]
  for (const node of all) t.ok(await eventually(() => idsAround(node).length === 2))
  const { key } = await first.promises.put('a value')
  t.equal(String((await third.promises.get(key))?.v), 'a value')
  await destroyAll(...all)
})

test('two nodes that begin at the same time meet', async t => {
  const network = `tabs ${++networks}`
  const pair = [createTab(network), createTab(network)] as const
  for (const [node, other] of [pair, [...pair].reverse()] as [WebTorrentDHT, WebTorrentDHT][]) {
    t.ok(await eventually(() => idsAround(node).includes(idOf(other))))
  }
  await destroyAll(...pair)
})

test('nodes of two networks do not meet by `tabs:`', async t => {
  const nodes = [createTab(`tabs ${++networks}`), createTab(`tabs ${++networks}`)]
  await Promise.all(nodes.map(ready))
  t.deepEqual(nodes.flatMap(idsAround), [])
  await destroyAll(...nodes)
})

test('a node that gets in over HTTP lets others in by `tabs:`', async t => {
  const network = `tabs ${++networks}`
  const server = await createNode()
  const first = createTab(network, { bootstrap: [placeOf(server), 'tabs:'] })
  await ready(first)
  t.deepEqual(idsAround(first), [idOf(server)])
  const second = createTab(network)
  t.ok(await eventually(() => idsAround(second).includes(idOf(server))), 'it meets the rest of the network')
  await destroyAll(server, first, second)
})
