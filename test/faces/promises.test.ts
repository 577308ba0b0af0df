/** The methods of the DHT as promises and async iterables. */

import { EventEmitter } from 'node:events'
import test from 'tape'
import { Calls } from '../../src/faces/calls.js'
import { DHTPromises } from '../../src/faces/promises.js'
import type { Watches } from '../../src/faces/watches.js'
import DHT, { type FoundPeer, type Peer } from '../../src/index.js'
import { codeOf, failureOf } from '../helpers/calls.js'
import { createJoined, createNode, createPair, destroyAll, placeOf, within } from '../helpers/nodes.js'

const infoHash = Buffer.alloc(20, 7)
const ownId = Buffer.alloc(20, 1)
const HOST = '192.0.2.1'

type OnPeer = (peer: FoundPeer, from: Peer | null) => void

/** Promises of a DHT whose searches the test runs. */
function createPromises() {
  const searches: {
    infoHash: string
    found: OnPeer
    end: (error: Error | null) => void
    isStopped: boolean
  }[] = []
  const dht = Object.assign(new EventEmitter(), { nodeId: ownId, destroyed: false, _host: HOST })
  const calls = new Calls()
  const searchFor = (given: Uint8Array | string) => (found: OnPeer, end: (error: Error | null) => void) => {
    const search = { infoHash: String(given), found, end, isStopped: false }
    searches.push(search)
    return () => {
      search.isStopped = true
    }
  }
  const watches = {} as Watches // test/components/watching.test.ts has them
  const promises = new DHTPromises(dht as unknown as DHT, calls, searchFor, watches)
  const destroy = () => {
    dht.destroyed = true
    calls.close()
  }
  return { promises, searches, destroy }
}

const from: Peer = { host: '10.0.0.1', port: 1 }

function peerOf(port: number, id?: Buffer, host = '240.0.0.1'): FoundPeer {
  const peer = { host, port }
  return id ? Object.defineProperty(peer, 'id', { value: id }) : peer
}

async function portsOf(peers: AsyncIterable<FoundPeer>): Promise<number[]> {
  const ports: number[] = []
  for await (const { port } of peers) ports.push(port)
  return ports
}

test('a lookup gives each peer that its search finds, and ends with the search', async t => {
  const { promises, searches } = createPromises()
  const found = portsOf(promises.lookup('aa'))
  const [search] = searches
  const id = Buffer.alloc(20, 2)
  search?.found(peerOf(1, id), from)
  search?.found(peerOf(2, id), from)
  search?.found(peerOf(1, Buffer.alloc(20, 3)), from)
  search?.found(peerOf(3), from)
  search?.end(null)
  t.deepEqual(await within('the end', found), [1, 2, 1, 3])
  t.ok(search?.isStopped)
})

test('a lookup leaves out this node, unless it is asked for', async t => {
  for (const own of [undefined, false, true]) {
    const { promises, searches } = createPromises()
    const found = portsOf(promises.lookup('aa', { ...(own !== undefined && { own }) }))
    const [search] = searches
    search?.found(peerOf(1, Buffer.from(ownId)), from)
    search?.found(peerOf(2, undefined, HOST), null) // what `host` has it store itself
    search?.found(peerOf(3, undefined, HOST), from) // another program there
    search?.found(peerOf(4, Buffer.alloc(20, 2)), null)
    search?.end(null)
    t.deepEqual(await within('the end', found), own ? [1, 2, 3, 4] : [3, 4])
  }
})

test('lookups of one info hash do not mix, and a slow one loses nothing', async t => {
  const { promises, searches } = createPromises()
  const slow = promises.lookup('aa')
  const first = slow.next()
  const quick = portsOf(promises.lookup('aa'))
  t.deepEqual(
    searches.map(({ infoHash }) => infoHash),
    ['aa', 'aa']
  )
  const [one, other] = searches
  for (let port = 1; port <= 1000; port++) one?.found(peerOf(port), from)
  other?.found(peerOf(7), from)
  other?.end(null)
  t.deepEqual(await within('the quick one', quick), [7])
  one?.end(null)
  t.equal((await first).value?.port, 1)
  const rest = await within('the slow one', portsOf(slow))
  t.deepEqual([rest.length, rest[0], rest.at(-1)], [999, 2, 1000])
})

test('a lookup stops when its loop is left; it begins when the first peer is wanted', async t => {
  const { promises, searches } = createPromises()
  const peers = promises.lookup('aa')
  t.equal(searches.length, 0)
  const loop = (async () => {
    for await (const { port } of peers) if (port === 2) break
  })()
  const [search] = searches
  for (const port of [1, 2, 3]) search?.found(peerOf(port), from)
  await within('the loop', loop)
  t.ok(search?.isStopped)
  t.deepEqual(await peers.next(), { done: true, value: undefined })
})

test('a lookup throws the reason of its signal, the error of its search, or ECLOSED', async t => {
  const { promises, searches, destroy } = createPromises()
  const controller = new AbortController()
  const reason = new Error('of the application')
  const aborted = promises.lookup('aa', { signal: controller.signal }).next()
  const failed = promises.lookup('aa').next()
  const closed = promises.lookup('aa').next()
  controller.abort(reason)
  t.equal(await failureOf(aborted), reason)
  t.equal(await failureOf(promises.lookup('aa', { signal: controller.signal }).next()), reason)
  searches[1]?.end(reason)
  t.equal(((await failureOf(failed)) as Error).cause, reason)
  destroy()
  t.equal(await codeOf(closed), 'ECLOSED')
  t.equal(await codeOf(promises.lookup('aa').next()), 'ECLOSED')
  t.deepEqual(
    searches.map(({ isStopped }) => isStopped),
    [true, true, true],
    'three have begun, and all are stopped'
  )
})

test('a node joins, announces, finds, puts and gets with promises, and is disposed of', async t => {
  const first = await createNode()
  const options = { bootstrap: placeOf(first), simple_peer_opts: { config: { iceServers: [] } } }
  const second = new DHT(options)
  const third = new DHT(options)
  t.teardown(() => destroyAll(first, second, third))
  await within(
    'ready',
    Promise.all([second.promises.ready(), third.promises.ready(), second.promises.ready()])
  )
  await within('ready again', second.promises.ready())
  t.ok(second.nodes.count() > 0)
  t.equal(second.promises, second.promises, 'they are one object')

  const events: unknown[] = []
  second.on('peer', peer => events.push(peer))
  t.ok((await first.promises.announce(infoHash, 4000)) > 0)
  t.ok((await third.promises.announce(infoHash.toString('hex'), 4001)) > 0)
  events.length = 0
  const found: string[] = []
  for await (const { port, id } of second.promises.lookup(infoHash))
    found.push(`${port} ${id?.toString('hex')}`)
  const expected = [first, third].map((node, i) => `${4000 + i} ${node.nodeId.toString('hex')}`)
  t.deepEqual(found.sort(), expected)
  t.deepEqual(events, [], 'without an event')
  t.deepEqual(await portsOf(third.promises.lookup(infoHash)), [4000])
  t.deepEqual((await portsOf(third.promises.lookup(infoHash, { own: true }))).sort(), [4000, 4001])

  const { key, nodes, stored, refused } = await first.promises.put('hello')
  t.deepEqual([nodes, stored, refused], [2, 2, {}])
  t.equal(String((await second.promises.get(key))?.v), 'hello')
  t.equal(await second.promises.get(Buffer.alloc(20, 9), { cache: false }), null)

  await within('the end', second[Symbol.asyncDispose]())
  t.ok(second.destroyed)
  await within('the second end', second[Symbol.asyncDispose]())
})

test('an abort rejects with its reason, and one before sends nothing', async t => {
  const [first, second] = await createPair()
  t.teardown(() => destroyAll(first, second))
  const reason = new Error('of the application')
  const signal = AbortSignal.abort(reason)
  const sent = () => JSON.stringify(second.stats().queries.sent)
  const before = sent()
  t.equal(await failureOf(second.promises.get(infoHash, { signal })), reason)
  t.equal(await failureOf(second.promises.put('x', { signal })), reason)
  t.equal(await failureOf(second.promises.announce(infoHash, 1, { signal })), reason)
  t.equal(await failureOf(second.promises.ready({ signal })), reason)
  t.equal(sent(), before)
  const controller = new AbortController()
  const got = second.promises.get(infoHash, { signal: controller.signal })
  controller.abort(reason)
  t.equal(await failureOf(got), reason)
})

test('what is under way when the node is destroyed is ECLOSED, as is what comes later', async t => {
  const [first, second] = await createPair()
  const { promises } = second
  const keys = await DHT.keyPair()
  const calls = () => [
    promises.get(infoHash),
    promises.put('x'),
    promises.announce(infoHash, 1),
    promises.lookup(infoHash).next(),
    promises.record(keys).get(),
    promises.record(keys).set('x'),
    promises.record(keys).watch().next()
  ]
  const underWay = calls().map(codeOf)
  const joining = new DHT({ bootstrap: placeOf(first) })
  const ready = codeOf(joining.promises.ready())
  await destroyAll(first, second, joining)
  for (const code of [...underWay, ready]) t.equal(await code, 'ECLOSED')
  for (const code of [...calls(), promises.ready()].map(codeOf)) t.equal(await code, 'ECLOSED')
  t.equal(await codeOf(new Promise((_, reject) => joining.promises.ready().catch(reject))), 'ECLOSED')
})

test('many promises at a time leave neither listeners nor warnings', async t => {
  const node = await createNode()
  const other = await createJoined(node)
  t.teardown(() => destroyAll(node, other))
  const warnings: Error[] = []
  const note = (warning: Error) => warnings.push(warning)
  process.on('warning', note)
  t.teardown(() => process.off('warning', note))
  const { promises } = other
  await promises.ready()
  const count = () => (['ready', 'peer', 'warning', 'close'] as const).map(name => other.listenerCount(name))
  const before = count()
  await Promise.all(Array.from({ length: 30 }, () => promises.ready()))
  await Promise.all(Array.from({ length: 30 }, () => portsOf(promises.lookup(infoHash))))
  await Promise.all(Array.from({ length: 30 }, () => promises.get(infoHash)))
  const { signal } = new AbortController()
  for (let i = 0; i < 30; i++) {
    await promises.get(infoHash, { signal })
    await portsOf(promises.lookup(infoHash, { signal }))
  }
  t.deepEqual(count(), before)
  await new Promise(resolve => setImmediate(resolve)) // warnings come in the next turn
  t.deepEqual(
    warnings.map(({ name }) => name),
    []
  )
})
