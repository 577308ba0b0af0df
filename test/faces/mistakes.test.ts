/** Mistakes of the application and of its store: each is told, at once where it can be, and nothing else breaks. */

import test from 'tape'
import WebTorrentDHT from '../../src/index.js'
import { codeOf } from '../helpers/calls.js'
import { HandClock } from '../helpers/hand-clock.js'
import { createNode, createPair, destroyAll, within } from '../helpers/nodes.js'
import { RawClient } from '../helpers/raw-client.js'

test('a query with arguments that no node would take is thrown, and no node leaves the table', async t => {
  const [b, a] = await createPair()
  t.teardown(() => destroyAll(a, b))
  const nodes = a.nodes.count()
  const place = { host: '127.0.0.1', port: b.address().port }
  const endless: unknown[] = []
  endless.push(endless)
  const wrong: [x: unknown, said: RegExp][] = [
    ...[1.5, () => {}, Symbol('x'), 5n].map((x): [unknown, RegExp] => [x, /^Bencode has /]),
    [endless, /^The message is nested too deep, or is part of itself$/],
    [JSON.parse('{"__proto__":1}'), /without keys that end in __proto__$/],
    [Buffer.alloc(300_000), /^The message has 3\d{5} bytes; 65536 are the most$/]
  ]
  const ofNode = a._rpc.socket.inflight // its own, which nothing here changes: no event comes in between
  for (const [x, said] of wrong) {
    const query = { q: 'mine', a: { x } as never }
    const fail = () => t.fail('called back')
    for (const asker of [a._rpc, a._rpc.socket])
      t.throws(() => asker.query(place, query, fail), { code: 'EINVAL', message: said }, String(said))
  }
  t.equal(a._rpc.socket.inflight, ofNode)
  const rpc = a._rpc as unknown as { closest(...args: unknown[]): void }
  const query = { q: 'mine', a: { x: 1.5 } }
  const visited = new Promise<void>(resolve =>
    rpc.closest(
      a.nodeId,
      query,
      () => {},
      () => resolve()
    )
  )
  await within('the end of the search', visited)
  t.equal(a.nodes.count(), nodes)
})

test('an announcement that was refused for its arguments is not repeated', async t => {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const node = new WebTorrentDHT({ bootstrap: false })
  t.teardown(() => node.destroy())
  const { pending } = clock
  const code = new Promise(resolve =>
    node.announce(Buffer.alloc(20, 1), 99999, error => resolve((error as { code?: unknown }).code))
  )
  t.throws(() => node.announce('my-room', 5), { code: 'EINVAL' })
  t.equal(clock.pending, pending, 'no timer waits to repeat it')
  t.equal(await within('the callback', code), 'EINVAL')
  node.announce(Buffer.alloc(20, 1), 5)
  t.equal(clock.pending, pending + 1, 'as one does for a right one')
})

test('a query that throws is not under way', async t => {
  const [b, a] = await createPair()
  t.teardown(() => destroyAll(a, b))
  const { socket } = a._rpc
  const args = {
    get x() {
      throw new Error('of the application')
    }
  }
  const inflight = socket.inflight
  t.throws(() => socket.query({ host: '127.0.0.1', port: b.address().port }, { q: 'mine', a: args }))
  t.equal(socket.inflight, inflight)
})

test('a response that bencode has no place for is a warning, and error 202 for the asker', async t => {
  const [b, a] = await createPair()
  t.teardown(() => destroyAll(a, b))
  const warnings: unknown[] = []
  b.on('warning', error => warnings.push((error as { code?: unknown }).code))
  const responses = [{ x: 1.5 }, { x: 5n }, null, 'text'] as Record<string, unknown>[]
  const left = [...responses]
  b._rpc.on('query', (query, peer) => {
    if (String(query.q) === 'mine') b._rpc.response(peer, query, left.shift() as Record<string, unknown>)
  })
  for (let i = 0; i < responses.length; i++) {
    const place = { host: '127.0.0.1', port: b.address().port }
    const code = new Promise(resolve => a._rpc.query(place, { q: 'mine' }, error => resolve(error?.code)))
    t.equal(await within('the callback', code), 202)
  }
  t.deepEqual(warnings, Array(responses.length).fill('EINVAL'))
})

test('a node that listens cannot be told to listen again; one that could not may', async t => {
  const a = await createNode()
  const b = new WebTorrentDHT({ bootstrap: false })
  t.teardown(() => destroyAll(a, b))
  t.throws(() => a.listen(0), { code: 'EINVAL' })
  const failed = new Promise(resolve => b.once('error', resolve))
  b.listen(a.address().port)
  await within('an error', failed)
  await within('listening', new Promise<void>(resolve => b.listen(0, resolve)))
  t.ok(b.address().port > 0)
})

test('a value in a store that bencode has no place for is error 202 for the asker, and ends nothing', async t => {
  const value = {
    v: Buffer.from('x'),
    id: Buffer.alloc(20),
    k: Buffer.alloc(32),
    sig: Buffer.alloc(64),
    seq: 1.5
  }
  const node = await createNode({ store: storeOf({ get: async () => value }) as never })
  t.teardown(() => destroyAll(node))
  const client = await RawClient.connect(node)
  t.teardown(() => client.close())
  const reply = await client.query('get', { target: Buffer.alloc(20) })
  t.equal(reply.e?.[0], 202)
})

test('a store that throws is as one that rejects', async t => {
  const fail = () => {
    throw new Error('of the store')
  }
  const node = await createNode({ store: storeOf({ get: fail, put: fail }, fail) as never })
  const got = new Promise(resolve => node.get(Buffer.alloc(20, 1), error => resolve(error)))
  await within('get', got)
  await within('put', new Promise(resolve => node.put('hello', resolve)))
  await within('destroy', new Promise<void>(resolve => node.destroy(resolve)))
  t.pass('all call back')
})

test('what is no handler and no peer is an error at once', async t => {
  const [a, b] = await createPair()
  t.teardown(() => destroyAll(a, b))
  t.throws(() => a.handle('chat', 'x' as never), { code: 'EINVAL' })
  for (const peer of [{}, 'x']) {
    t.equal(await codeOf(a.dial(b.nodeId, 'chat', { peer: peer as never })), 'EINVAL')
  }
})

/** A store of which some methods are given, and the others do nothing. */
function storeOf(methods: Record<string, unknown>, close = () => {}): unknown {
  const nothing = { size: 0, get: () => undefined, put: () => {}, remove: () => {}, entries: () => [] }
  return { values: { ...nothing, ...methods }, peers: { ...nothing, get: () => [] }, close }
}
