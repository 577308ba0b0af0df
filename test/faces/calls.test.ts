/** Every call calls back once, later, with an error that has a code: also where the node is destroyed meanwhile, or was before. */

import test from 'tape'
import WebTorrentDHT, { WebTorrentDHTError } from '../../src/index.js'
import { createJoined, createNode, createPair, destroyAll, placeOf, within } from '../helpers/nodes.js'

type Callback = (error?: unknown) => void

const KEY = Buffer.alloc(20, 5)
const ignore = () => {}

/** Calls that need other nodes. `place`: of a node that is there. */
const calls: Record<string, (node: WebTorrentDHT, callback: Callback, place: string) => unknown> = {
  lookup: (node, callback) => node.lookup(KEY, callback),
  announce: (node, callback) => node.announce(KEY, 6881, callback),
  'announce without a port': (node, callback) => node.announce(KEY, callback),
  get: (node, callback) => node.get(KEY, callback),
  put: (node, callback) => node.put('a value', callback),
  closest: (node, callback) => node._rpc.closest(KEY, { q: 'find_node', a: { target: KEY } }, null, callback),
  populate: (node, callback) => node._rpc.populate(KEY, { q: 'find_node', a: { target: KEY } }, callback),
  query: (node, callback, place) => node._rpc.query(peerAt(place), { q: 'ping' }, callback),
  'query of the socket': (node, callback, place) =>
    node._rpc.socket.query(peerAt(place), { q: 'ping', a: { id: node.nodeId } }, callback),
  queryAll: (node, callback, place) =>
    node._rpc.queryAll([peerAt(place), peerAt(place)], { q: 'ping' }, null, callback),
  connect: (node, callback) => node.connect(KEY).then(() => callback(null), callback),
  dial: (node, callback) => node.dial(KEY, 'chat').then(() => callback(null), callback)
}

/** What the calls have come to so far, by name. */
function callAll(node: WebTorrentDHT, place: string): Map<string, unknown[]> {
  const ends = new Map<string, unknown[]>()
  for (const [name, call] of Object.entries(calls)) {
    const end: unknown[] = []
    ends.set(name, end)
    let hasReturned = false
    call(node, error => end.push(hasReturned ? codeOf(error) : 'called back before it returned'), place)
    hasReturned = true
  }
  return ends
}

function codeOf(error: unknown): unknown {
  return error instanceof WebTorrentDHTError ? error.code : (error ?? null)
}

test('calls under way end once, with ECLOSED, when the node is destroyed; later ones do so, too', async t => {
  const b = await createNode()
  const place = placeOf(b)
  const joining = new WebTorrentDHT({ bootstrap: place, simple_peer_opts: { config: { iceServers: [] } } })
  // Of each: the calls that have begun a few turns of the event loop before it is destroyed.
  for (const [node, turns] of [[joining, 1], ...(await createAll(b, [0, 1, 5]))] as [
    WebTorrentDHT,
    number
  ][]) {
    const under = callAll(node, place)
    for (let i = 0; i < turns; i++) await new Promise(resolve => setImmediate(resolve))
    for (const [name, end] of under) if (end.length > 0) under.delete(name) // it was quick
    const destroyed = new Promise<void>(resolve => node.destroy(resolve))
    const after = callAll(node, place)
    await within('destroy', destroyed)
    for (const [name, end] of under) t.deepEqual(end, ['ECLOSED'], `${name}, under way`)
    for (const [name, end] of after) t.deepEqual(end, ['ECLOSED'], `${name}, after destroy`)
    const later = callAll(node, place)
    await within('all ends', allEnd(later))
    for (const [name, end] of later) t.deepEqual(end, ['ECLOSED'], `${name}, once all is closed`)
    t.deepEqual(await within('destroy again', new Promise(resolve => node.destroy(() => resolve(0)))), 0)
    for (const [name, end] of [...under, ...after]) if (end.length !== 1) t.fail(`${name}: ${end}`)
  }
  await destroyAll(b)
})

test('queries that wait for others end with ECLOSED, too', async t => {
  const [b, a] = await createPair({ concurrency: 2 })
  b._rpc.on('query', ignore) // takes the queries, and answers none
  const ends: unknown[] = []
  for (let i = 0; i < 5; i++)
    a._rpc.query(peerAt(placeOf(b)), { q: 'mine' }, error => ends.push(codeOf(error)))
  t.ok(a._rpc.pending.length >= 3)
  await within('destroy', destroyAll(a, b))
  t.deepEqual(ends, Array(5).fill('ECLOSED'))
})

test('destroy calls back each of its callers once, when all is closed', async t => {
  const node = await createNode()
  const steps: string[] = []
  node.on('close', () => steps.push('close'))
  node.destroy(() => steps.push('first'))
  node.destroy(() => steps.push('second'))
  node.destroy()
  await within('destroy', destroyAll(node))
  t.deepEqual(steps, ['close', 'first', 'second'])
})

test('where nobody is, each error has a code', async t => {
  const node = await createNode()
  const place = placeOf(node)
  const gone = await createNode()
  const goneFrom = placeOf(gone)
  await destroyAll(gone)
  const ends = callAll(node, goneFrom)
  await within('all ends', allEnd(ends))
  t.deepEqual(
    Object.fromEntries(ends),
    {
      lookup: [null],
      announce: ['ENONODES'],
      'announce without a port': ['ENONODES'],
      get: [null],
      put: ['ENONODES'],
      closest: [null],
      populate: [null],
      query: ['ETIMEDOUT'],
      'query of the socket': ['ETIMEDOUT'],
      queryAll: ['ETIMEDOUT'],
      connect: ['ENOTFOUND'],
      dial: ['ENOTFOUND']
    },
    place
  )
  await destroyAll(node)
})

test('an announcement that all refuse is EREFUSED, in upstream’s words, with the errors of each', async t => {
  const [b, a] = await createPair({ limits: { peersPerNode: 1 } })
  const announce = (infoHash: Buffer) =>
    within('announce', new Promise<Error | null>(resolve => a.announce(infoHash, 5, error => resolve(error))))
  t.equal(await announce(Buffer.alloc(20, 1)), null)
  const error = await announce(Buffer.alloc(20, 2))
  t.ok(error instanceof WebTorrentDHTError)
  t.deepEqual([codeOf(error), error?.message], ['EREFUSED', 'All queries failed'])
  const { cause } = error as { cause?: { errors?: Error[] } }
  t.deepEqual(
    cause?.errors?.map(({ message }) => message),
    ['429 share of the store used up']
  )
  await destroyAll(a, b)
})

/** Nodes that have joined, with something of their own. */
function createAll<Own>(through: WebTorrentDHT, own: Own[]): Promise<[WebTorrentDHT, Own][]> {
  return Promise.all(own.map(async one => [await createJoined(through), one] as [WebTorrentDHT, Own]))
}

function peerAt(place: string): { host: string; port: number } {
  const [host = '', port] = place.split(':')
  return { host, port: Number(port) }
}

async function allEnd(ends: Map<string, unknown[]>): Promise<void> {
  while ([...ends.values()].some(end => end.length === 0)) await new Promise(resolve => setImmediate(resolve))
}
