/** Nodes with STUN servers on this machine, over real WebRTC: which one they ask, and what they learn of their network. */

import test, { type Test } from 'tape'
import WebTorrentDHT, { type NetworkKind } from '../../src/index.js'
import type { Platform } from '../../src/platform.js'
import { nodePlatform } from '../../src/platform-node.js'
import { addressKind } from '../../src/wire/address-kind.js'
import { createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'
import { createStunServer, type StunServer } from '../helpers/stun-server.js'

/** The NAT of these tests. */
const sees = '203.0.113.1'

/** A machine whose loopback interface is the Internet. */
function platformOf(own: string[] = ['10.0.0.1']): Platform {
  return {
    ...nodePlatform,
    ownAddresses: () => [...own],
    addressKind: address => (address.startsWith('127.') ? 'public' : addressKind(address))
  }
}

function join(t: Test, other: WebTorrentDHT, servers: StunServer[], platform = platformOf()): WebTorrentDHT {
  const config = { iceServers: [{ urls: servers.map(({ url }) => url) }] }
  const dht = new WebTorrentDHT({ bootstrap: placeOf(other), simple_peer_opts: { config }, platform })
  t.teardown(() => destroyAll(dht, other))
  return dht
}

async function describe(dht: WebTorrentDHT): Promise<string> {
  const { offers } = dht.socket.node.connector
  const lease = await offers.lease()
  const { sdp } = await lease.describe()
  lease.discard()
  return sdp
}

async function countWithAddress(dht: WebTorrentDHT, count: number): Promise<number> {
  let shown = 0
  for (let i = 0; i < count; i++) if ((await describe(dht)).includes(' typ srflx')) shown++
  return shown
}

test('one of two STUN servers is dead: after the first, every description has a public address', async t => {
  for (const isFirstDead of [true, false]) {
    const servers = [
      await createStunServer(t, { sees }),
      await createStunServer(t, { sees, host: '127.0.0.2' })
    ]
    const [dead] = isFirstDead ? servers : [...servers].reverse()
    if (dead) dead.isDead = true
    const dht = join(t, await createNode(), servers)
    await within('ready', dht.promises.ready())
    t.equal(await countWithAddress(dht, 20), 20)
    t.equal(dht.socket.node.connector.network.servers.urls.at(-1), dead?.url, 'the dead one is asked last')
  }
})

test('a server that dies later is left for the other, after one description', async t => {
  const servers = [
    await createStunServer(t, { sees }),
    await createStunServer(t, { sees, host: '127.0.0.2' })
  ]
  const dht = join(t, await createNode(), servers)
  t.equal(await countWithAddress(dht, 3), 3)
  await within(
    'nat',
    new Promise<void>(resolve => (dht.network === 'nat' ? resolve() : dht.once('network', () => resolve())))
  )
  const [asked] = dht.socket.node.connector.network.servers.urls
  for (const server of servers) server.isDead = server.url === asked
  t.equal(await countWithAddress(dht, 1), 0)
  t.equal(await countWithAddress(dht, 5), 5)
})

test('two servers tell the kind of NAT, and listeners hear of it', async t => {
  const first = await createStunServer(t, { sees })
  const second = await createStunServer(t, { sees, host: '127.0.0.2' })
  for (const [shift, kind] of [
    [0, 'nat'],
    [1, 'symmetric']
  ] as const) {
    second.shift = shift
    const dht = join(t, await createNode(), [first, second])
    t.equal(dht.network, 'unknown')
    const heard = new Promise<NetworkKind>(resolve => dht.once('network', resolve))
    t.equal(await within('network', heard), kind)
    t.deepEqual([dht.network, dht.stats().network], [kind, kind])
  }
})

test('a machine with a public address does not ask for it', async t => {
  const server = await createStunServer(t)
  const dht = join(t, await createNode(), [server], platformOf(['10.0.0.1', '127.0.0.1']))
  await within('ready', dht.promises.ready())
  t.equal(dht.network, 'public')
  t.ok(await eventually(() => server.requests === 1), 'but once, to be sure')
  t.equal(await countWithAddress(dht, 3), 0)
  t.equal(server.requests, 1)
})
