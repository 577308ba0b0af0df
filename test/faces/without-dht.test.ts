/** The classes of k-rpc and k-rpc-socket by themselves, among the nodes of a DHT: they ask what those answer. */

import test, { type Test } from 'tape'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import { KRPCSocketWebRTC, KRPCWebRTC } from '../../src/index.js'
import type { KRPCMessage, Peer, Query } from '../../src/upstream.js'
import { decodeNodes } from '../../src/wire/compact.js'
import { createJoined, createNode, destroyAll, placeOf, within } from '../helpers/nodes.js'

const INFO_HASH = Buffer.alloc(20, 7)
const LOCAL = { simple_peer_opts: { config: { iceServers: [] } } }
const SIZE = 5

async function createNetwork(t: Test): Promise<[WebTorrentDHT, ...WebTorrentDHT[]]> {
  const first = await createNode()
  const others: WebTorrentDHT[] = []
  for (let i = 1; i < SIZE; i++) others.push(await createJoined(first))
  t.teardown(() => destroyAll(first, ...others))
  return [first, ...others]
}

test('a node of k-rpc alone finds the nodes of a DHT, and the peers that are announced there', async t => {
  const [first, ...others] = await createNetwork(t)
  await within('announce', new Promise(resolve => others[0]?.announce(INFO_HASH, 5000, resolve)))
  const rpc = new KRPCWebRTC({ ...LOCAL, bootstrap: placeOf(first) })
  t.teardown(() => new Promise<void>(resolve => rpc.destroy(resolve)))
  const findNode = { q: 'find_node', a: { id: rpc.id, target: rpc.id } }
  const visited = await within(
    'populate',
    new Promise(resolve => rpc.populate(rpc.id, findNode, (_, count) => resolve(count)))
  )
  t.equal(visited, SIZE)
  const values: unknown[] = []
  const visit = ({ r }: KRPCMessage) => void values.push(...((r?.values as unknown[] | undefined) ?? []))
  const query = { q: 'get_peers', a: { id: rpc.id, info_hash: INFO_HASH } }
  await within('search', new Promise(resolve => rpc._closest(INFO_HASH, query, false, visit, resolve)))
  t.ok(values.length > 0, 'peers')
})

test('a node of k-rpc-socket alone gets nodes at addresses where it reaches them', async t => {
  const [first] = await createNetwork(t)
  const socket = new KRPCSocketWebRTC({ ...LOCAL, bootstrap: false })
  t.teardown(() => new Promise<void>(resolve => socket.destroy(resolve)))
  const ask = (peer: Peer, query: Query) =>
    within(
      String(query.q),
      new Promise<KRPCMessage>((resolve, reject) =>
        socket.query(peer, query, (error, reply) => (reply ? resolve(reply) : reject(error)))
      )
    )
  const place = { host: '127.0.0.1', port: first.address().port }
  const { r } = await ask(place, { q: 'find_node', a: { id: socket.id, target: socket.id } })
  const nodes = decodeNodes(r?.nodes as Buffer, 20).filter(({ id }) => !id.bytes.equals(socket.id))
  t.ok(nodes.length >= SIZE - 1)
  for (const { id, host, port } of nodes) {
    const reply = await ask({ host, port }, { q: 'ping', a: { id: socket.id } })
    t.deepEqual(Id.of(reply.r?.id as Buffer), id)
  }
})

test('a query of BEP 5 to a node without a DHT goes up to whoever listens, as it is', async t => {
  const asker = new KRPCSocketWebRTC({ ...LOCAL, bootstrap: false })
  const rpc = new KRPCWebRTC({ ...LOCAL, bootstrap: false })
  t.teardown(() => Promise.all([asker, rpc].map(one => new Promise<void>(resolve => one.destroy(resolve)))))
  await new Promise<void>(resolve => rpc.bind(0, '127.0.0.1', resolve))
  const place = { host: '127.0.0.1', port: rpc.address().port }
  const ask = (a: Record<string, unknown>) =>
    within(
      'an answer',
      new Promise<unknown>(resolve =>
        asker.query(place, { q: 'find_node', a: { id: asker.id, ...a } }, (error, reply) =>
          resolve(error ? error.code : reply?.r?.token)
        )
      )
    )
  t.equal(await ask({ target: INFO_HASH }), 204, 'nobody listens')
  const targets: unknown[] = []
  rpc.on('query', (query: KRPCMessage, peer: Peer) => {
    targets.push(query.a?.target)
    rpc.response(peer, query, { id: rpc.id, token: 'mine' })
  })
  t.deepEqual(await ask({ target: INFO_HASH }), Buffer.from('mine'))
  t.deepEqual(await ask({ target: 'short' }), Buffer.from('mine'), 'whatever it means to the application')
  t.deepEqual(targets, [INFO_HASH, Buffer.from('short')])
})
