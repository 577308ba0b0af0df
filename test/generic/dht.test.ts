/** The DHT: methods that it does not know go up to whoever listens, and its own work as if nobody did. */

import type { Test } from 'tape'
import type { BittorrentDHT, KRPC, KRPCMessage, Peer } from '../../src/upstream.js'
import {
  type ApplicationQuery,
  arrived,
  ask,
  closing,
  type Implementation,
  idOf,
  nextEvent,
  onBoth,
  placeOf,
  recordEvents,
  soon
} from '../helpers/implementations.js'
import { eventually } from '../helpers/nodes.js'
import { decodeRaw, type RawMessage } from '../helpers/raw-client.js'

const INFO_HASH = Buffer.alloc(20, 8)

/** A node that listens, and one that has joined through it. */
async function createPair(t: Test, { createDHT }: Implementation) {
  const first = closing(t, createDHT())
  await soon('listening', new Promise<void>(resolve => first.listen(0, '127.0.0.1', resolve)))
  const place = { host: '127.0.0.1', port: first.address().port }
  const second = await join(t, createDHT({ bootstrap: [placeOf(place)] }))
  return { first, second, place }
}

async function join(t: Test, dht: BittorrentDHT): Promise<BittorrentDHT> {
  closing(t, dht)
  await nextEvent(dht, 'ready')
  return dht
}

/** The contact that a node has for another one. */
function contactOf(dht: BittorrentDHT, other: BittorrentDHT): Peer {
  const contact = dht.nodes.get(other.nodeId)
  if (!contact) throw new Error('the node is not in the table')
  return contact
}

/** Answers a method of the application's on any emitter of queries. */
function answer(dht: BittorrentDHT, method: string, r: Record<string, unknown> = {}): void {
  dht._rpc.on('query', (query: KRPCMessage, peer: Peer) => {
    if (String(query.q) === method) dht._rpc.response(peer, query, { ...r, echo: query.a })
  })
}

onBoth(
  'a method that the DHT does not know is answered by who listens on _rpc',
  async (t, implementation) => {
    const { first, second } = await createPair(t, implementation)
    for (const [asker, answerer] of [
      [second, first],
      [first, second]
    ] as [BittorrentDHT, BittorrentDHT][]) {
      answer(answerer, 'chat', { nodes: 7, values: { n: 1 }, token: 0 })
      const a = { text: 'hello', target: [1], signals: 'none' }
      const { error, message } = await ask(asker._rpc, contactOf(asker, answerer), { q: 'chat', a: { ...a } })
      t.equal(error, null)
      const echo = { ...(arrived(a) as object), id: asker.nodeId }
      t.deepEqual(message?.r, { echo, nodes: 7, values: { n: 1 }, token: 0, id: answerer.nodeId })
    }
  }
)

onBoth(
  'an application may ask at _rpc.socket, with arguments that are no dictionary',
  async (t, implementation) => {
    const { first, second, place } = await createPair(t, implementation)
    first._rpc.on('query', (query, peer) => {
      if (String(query.q) === 'chat') first._rpc.socket.response(peer, query, { echo: query.a })
    })
    for (const a of [[1, 'two'], 7, 'text', { n: 1 }, undefined]) {
      const query: ApplicationQuery = a === undefined ? { q: 'chat' } : { q: 'chat', a }
      const { message } = await ask(second._rpc.socket, place, query)
      t.deepEqual(message?.r, a === undefined ? {} : { echo: arrived(a) })
    }
  }
)

onBoth('who listens on _rpc.socket answers as well as who listens on _rpc', async (t, implementation) => {
  const { first, second, place } = await createPair(t, implementation)
  first._rpc.socket.on('query', (query, peer) => {
    if (String(query.q) === 'below') first._rpc.socket.response(peer, query, { n: 1 })
  })
  answer(first, 'above')
  t.deepEqual((await ask(second._rpc, place, { q: 'below' })).message?.r, { n: 1 })
  t.deepEqual((await ask(second._rpc, place, { q: 'above' })).message?.r?.id, first.nodeId)
})

onBoth('a listener may refuse, with a code and text of its own', async (t, implementation) => {
  const { first, second, place } = await createPair(t, implementation)
  first._rpc.on('query', (query, peer) => {
    if (String(query.q) === 'chat') first._rpc.error(peer, query, [403, 'not you'])
  })
  const { error } = await ask(second._rpc, place, { q: 'chat' })
  t.deepEqual([error?.message, error?.code], ['403 not you', 403])
})

onBoth('the DHT’s own methods are not disturbed by who only looks', async (t, implementation) => {
  const { first, second, place } = await createPair(t, implementation)
  const seen: string[] = []
  first._rpc.on('query', query => seen.push(`${query.q} ${query.t.toString('hex')}`))
  first._rpc.socket.on('query', () => {})
  const rpc = second._rpc
  const target = INFO_HASH
  const ping = await ask(rpc, place, { q: 'ping' })
  const findNode = await ask(rpc, place, { q: 'find_node', a: { target } })
  const getPeers = await ask(rpc, place, { q: 'get_peers', a: { info_hash: target } })
  const token = getPeers.message?.r?.token
  const announce = { info_hash: target, port: 6000, token }
  const announced = await ask(rpc, place, { q: 'announce_peer', a: announce })
  const get = await ask(rpc, place, { q: 'get', a: { target } })
  const put = await ask(rpc, place, {
    q: 'put',
    a: { v: Buffer.from('value'), token: get.message?.r?.token }
  })
  const errors = [ping, findNode, getPeers, announced, get, put].map(({ error }) => error?.message ?? null)
  t.deepEqual(errors, [null, null, null, null, null, null])
  for (const { message } of [ping, findNode, getPeers, announced, get, put]) {
    t.deepEqual(message?.r?.id, first.nodeId)
  }
  t.ok(Buffer.isBuffer(findNode.message?.r?.nodes))
  t.deepEqual([first._peers.size, first._values.length], [1, 1])
  for (const { request } of [findNode, getPeers, announced, get, put]) {
    t.ok(seen.includes(`${request?.q} ${request?.t.toString('hex')}`), `who looks has seen ${request?.q}`)
  }
})

onBoth('query comes with what arrived', async (t, implementation) => {
  const { first, second, place } = await createPair(t, implementation)
  const queries: [KRPCMessage, Peer][] = []
  first._rpc.on('query', (query, peer) => {
    if (query.a?.target instanceof Uint8Array && INFO_HASH.equals(query.a.target)) queries.push([query, peer])
  })
  const { request } = await ask(second._rpc, place, { q: 'find_node', a: { target: INFO_HASH } })
  const [[query, peer]] = queries as [[KRPCMessage, Peer]]
  t.ok(Buffer.isBuffer(query.q) && Buffer.isBuffer(query.t))
  t.equal(String(query.q), 'find_node')
  t.deepEqual(query.t, request?.t)
  t.deepEqual([query.a?.id, query.a?.target], [second.nodeId, INFO_HASH])
  t.equal(peer.port, contactOf(first, second).port)
  t.equal(peer.address, contactOf(first, second).host)
})

onBoth('the DHT says which queries it has had', async (t, implementation) => {
  const { first, second, place } = await createPair(t, implementation)
  const events: string[] = []
  for (const event of ['find_node', 'get_peers', 'announce_peer', 'get', 'put'] as const) {
    first.on(event, (...[target]) => {
      if (INFO_HASH.equals(target)) events.push(event)
    })
  }
  const rpc = second._rpc
  await ask(rpc, place, { q: 'find_node', a: { target: INFO_HASH } })
  const { message } = await ask(rpc, place, { q: 'get_peers', a: { info_hash: INFO_HASH } })
  const announce = { info_hash: INFO_HASH, port: 6000, token: message?.r?.token }
  await ask(rpc, place, { q: 'announce_peer', a: announce })
  await ask(rpc, place, { q: 'get', a: { target: INFO_HASH } })
  t.deepEqual(events, ['find_node', 'get_peers', 'announce_peer', 'get'])
})

onBoth('closest takes a method of the application’s to all nodes', async (t, implementation) => {
  const { first, second, place } = await createPair(t, implementation)
  const third = await join(t, implementation.createDHT({ bootstrap: [placeOf(place)] }))
  for (const dht of [first, second]) answer(dht, 'find_friends')
  // Ours is ready with its first connection. Replies of this method name nobody.
  t.ok(await eventually(() => third.nodes.count() === 2))
  const rpc = third._rpc as KRPC
  const ids: string[] = []
  const visited = new Promise<number>(resolve =>
    rpc.closest(
      INFO_HASH,
      { q: 'find_friends', a: { target: INFO_HASH } },
      message => ids.push(idOf(message)) > 0,
      (_, count = 0) => resolve(count)
    )
  )
  t.equal(await soon('closest', visited), 2)
  t.deepEqual(ids.sort(), [first, second].map(({ nodeId }) => nodeId.toString('hex')).sort())
})

onBoth('fields that consumers read are filled', async (t, implementation) => {
  const { first, second } = await createPair(t, implementation)
  const key = INFO_HASH.toString('hex')
  const nodes: unknown[] = []
  second.on('node', node => nodes.push(node))
  const error = await soon('announce', new Promise(resolve => second.announce(INFO_HASH, 6000, resolve)))
  t.equal(error, null)
  t.ok(second._tables.get(key)?.get(first.nodeId), '_tables: the nodes of a search')
  t.equal(first._peers.get(key).length, 1, '_peers: announcements')
  const put = new Promise<Buffer>(resolve => second.put('value', (_, key) => resolve(key)))
  const valueKey = (await soon('put', put)).toString('hex')
  t.equal(String(first._values.get(valueKey)?.v), 'value', '_values')
  t.ok(second.nodes === second._rpc.nodes)
  t.deepEqual(
    second.nodes.toArray().map(({ id }) => id),
    [first.nodeId]
  )
  t.ok(await eventually(() => second._rpc.socket.inflight === 0), 'inflight')
  t.deepEqual(second._rpc.pending, [])
})

onBoth('a lookup is seen in the events of _rpc.socket and of the socket below', async (t, implementation) => {
  const { first, second } = await createPair(t, implementation)
  const events = recordEvents(second._rpc.socket, ['response', 'update', 'postupdate'])
  const seen: Record<'first' | 'second', RawMessage[]> = { first: [], second: [] }
  first._rpc.socket.socket.on('message', bytes => seen.first.push(decodeRaw(bytes)))
  second._rpc.socket.socket.on('message', bytes => seen.second.push(decodeRaw(bytes)))
  await soon('lookup', new Promise(resolve => second.lookup(INFO_HASH, resolve)))
  t.deepEqual([...new Set(events)].sort(), ['postupdate', 'response', 'update'])
  const query = seen.first.find(({ q }) => q === 'get_peers')
  t.deepEqual([query?.a?.info_hash, query?.a?.id], [INFO_HASH, second.nodeId])
  const reply = seen.second.find(({ t }) => query && t.equals(query.t))
  t.deepEqual([reply?.y, reply?.r?.id], ['r', first.nodeId])
})

onBoth('a k-rpc that the application has made can be handed in', async (t, implementation) => {
  const { second: _, place } = await createPair(t, implementation)
  const krpc = implementation.createRPC({ nodes: [placeOf(place)] })
  const dht = await join(t, implementation.createDHT({ krpc, bootstrap: [placeOf(place)] }))
  closing(t, krpc)
  t.ok(dht._rpc === krpc)
  t.deepEqual(dht.nodeId, krpc.id)
})
