/** Nodes that meet over the DHT of UDP and in the local network, and options that ask for it. */

import test, { type Test } from 'tape'
import { createLocalNetworkEntrance } from '../../src/entrances/local-network.js'
import type { NodeEntrances } from '../../src/entrances/of-node.js'
import WebTorrentDHT, { type WebTorrentDHTOptions } from '../../src/index.js'
import { nodePlatform } from '../../src/platform-node.js'
import { destroyAll, within } from '../helpers/nodes.js'
import { createUdpNetwork } from '../helpers/udp-network.js'

const LOCAL: WebTorrentDHTOptions = { bootstrap: false, simple_peer_opts: { config: { iceServers: [] } } }

function create(t: Test, options: WebTorrentDHTOptions): WebTorrentDHT {
  const node = new WebTorrentDHT({ ...LOCAL, ...options })
  t.teardown(() => destroyAll(node))
  return node
}

const connected = (node: WebTorrentDHT) =>
  within(
    'a connection',
    new Promise<void>(resolve => {
      if (node.status === 'connected') return resolve()
      node.on('status', status => status === 'connected' && resolve())
    }),
    30_000
  )

const listening = (node: WebTorrentDHT, host: string) =>
  new Promise<void>(resolve => node.listen(0, host, resolve))

test('nodes that know nothing of each other meet over a DHT of UDP', async t => {
  const { nodes, bootstrap } = await createUdpNetwork(t, 4)
  const server = create(t, { udpDht: { bootstrap }, network: 'club' })
  const isAnnounced = new Promise<void>(resolve => {
    for (const node of nodes) node.on('announce', () => resolve())
  })
  await listening(server, '127.0.0.1')
  await within('an announcement', isAnnounced, 30_000)
  const newcomer = create(t, { udpDht: { bootstrap }, network: 'club' })
  await Promise.all([server, newcomer].map(connected))
  const { key } = await within('a put', newcomer.promises.put('hello'))
  t.equal(String((await within('a get', server.promises.get(key)))?.v), 'hello')
})

test('nodes that know nothing of each other meet in the local network', async t => {
  const multicast = { port: 45_000 + (process.pid % 10_000), interface: '127.0.0.1' }
  const nodeEntrances: NodeEntrances = {
    udpDht: () => {
      throw new Error('nobody asked for it')
    },
    localNetwork: network => createLocalNetworkEntrance({ network, multicast })
  }
  const platform = { ...nodePlatform, nodeEntrances }
  const server = create(t, { localNetwork: true, platform })
  await listening(server, '0.0.0.0')
  const newcomer = create(t, { localNetwork: true, platform })
  await Promise.all([server, newcomer].map(connected))
  t.equal(newcomer.status, 'connected')
})

test('without these options nothing of them is opened, and no packet sent', async t => {
  let loaded = 0
  const load = () => {
    loaded++
    throw new Error('loaded')
  }
  const platform = { ...nodePlatform, nodeEntrances: { udpDht: load, localNetwork: load } }
  for (const options of [{}, { udpDht: false, localNetwork: false }]) {
    const node = create(t, { ...options, platform })
    await listening(node, '127.0.0.1')
  }
  t.equal(loaded, 0)
})

test('wrong values of these options are an error at once, and so is any where there is no Node.js', t => {
  const wrong: [options: object, text: RegExp][] = [
    [{ udpDht: 5 }, /options.udpDht/],
    [{ udpDht: { bootstrap: ['x'] } }, /options.udpDht.bootstrap\[0\]/],
    [{ udpDht: { nodes: [] } }, /options.udpDht has no field 'nodes'/],
    [{ localNetwork: 'yes' }, /options.localNetwork/]
  ]
  for (const [options, text] of wrong) {
    t.throws(() => new WebTorrentDHT({ ...LOCAL, ...options } as WebTorrentDHTOptions), text)
  }
  const { nodeEntrances: _, ...page } = nodePlatform
  for (const options of [{ udpDht: true }, { localNetwork: true }]) {
    t.throws(() => new WebTorrentDHT({ ...LOCAL, ...options, platform: page }), /only Node.js has it/)
  }
  t.end()
})
