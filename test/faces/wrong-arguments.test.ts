/**
 * Wrong arguments of every public method: each is an error at once, with a code, told once. Nothing is sent or stored, and nothing
 * comes later.
 */

import test from 'tape'
import WebTorrentDHT, { KRPCSocketWebRTC, KRPCWebRTC, WebTorrentDHTError } from '../../src/index.js'
import type { KRPCMessage, Peer } from '../../src/upstream.js'
import { createPair, destroyAll, placeOf, watchProcess, within } from '../helpers/nodes.js'
import { CALLS, type Call, type Nodes } from './wrong-calls.js'
import { PROMISE_CALLS } from './wrong-promise-calls.js'
import { VALUE_CALLS } from './wrong-value-calls.js'
import { NOT_OBJECTS, nothing, WRONG_OPTIONS } from './wrong-values.js'

test('wrong arguments are errors at once, with a code, and nothing else happens', async t => {
  const { crashes, stop } = watchProcess()
  const [b, a] = await createPair()
  const nodes = { a, b, ...(await meet(a, b)) }
  a.handle('chat', nothing)
  const events: unknown[] = []
  for (const node of [a, b])
    for (const name of ['warning', 'error'] as const) node.on(name, e => events.push(e))
  const sent = watchQueries(a)
  const before = [a.stats().stored, b.stats().stored, a.nodes.count(), a.stats().connections.made]
  let count = 0
  for (const [name, values, call] of [...CALLS, ...VALUE_CALLS, ...PROMISE_CALLS]) {
    const wrong = await Promise.all(values.map(value => wrongCall(nodes, value, call)))
    t.deepEqual(wrong.filter(Boolean), [], `${name}: ${values.length}`)
    count += values.length
  }
  t.ok(count > 600, `${count} calls`)
  await new Promise(resolve => setTimeout(resolve, 0))
  t.deepEqual(sent, [], 'nothing is sent')
  const after = [a.stats().stored, b.stats().stored, a.nodes.count(), a.stats().connections.made]
  t.deepEqual(after, before, 'nothing is stored, nobody added, and no connection made')
  t.deepEqual([a.destroyed, a.listenerCount('warning')], [false, 1], 'the node goes on')
  await within('destroy', destroyAll(a, b))
  stop()
  t.deepEqual([events, crashes], [[], []], 'no warning, and nothing later')
})

test('wrong options are errors of the constructors; null is as none', t => {
  const creators = [WebTorrentDHT, KRPCWebRTC, KRPCSocketWebRTC].map(
    One => (given: unknown) => void new One(given as never).destroy()
  )
  for (const create of creators) {
    const wrong = NOT_OBJECTS.map(value => failureOf(() => create(value)))
    t.deepEqual(wrong.filter(Boolean), [], 'what is no object')
    t.deepEqual(
      [null, undefined].map(value => failureOf(() => create(value))),
      ['taken', 'taken']
    )
  }
  for (const [name, values] of Object.entries(WRONG_OPTIONS)) {
    const wrong = values.map(value =>
      failureOf(() => new WebTorrentDHT({ bootstrap: false, [name]: value } as never))
    )
    t.deepEqual(wrong.filter(Boolean), [], `${name}: ${values.length}`)
  }
  t.end()
})

/** Has one node ask the other, so that it has a query to answer. */
async function meet(a: WebTorrentDHT, b: WebTorrentDHT): Promise<Pick<Nodes, 'place' | 'query' | 'remote'>> {
  const [host = '', port] = placeOf(b).split(':')
  const asked = new Promise<[KRPCMessage, Peer]>(resolve =>
    a._rpc.once('query', (query, remote) => resolve([query, remote]))
  )
  b._rpc.query(b.nodes.toArray()[0] as Peer, { q: 'hello' })
  const [query, remote] = await within('a query', asked)
  return { place: { host, port: Number(port) }, query, remote }
}

/** The methods of the queries that a node sends from now on, for applications. Its own searches go on. */
function watchQueries({ socket }: WebTorrentDHT): string[] {
  const { ledger } = socket.node
  const methods: string[] = []
  const open = ledger.open.bind(ledger)
  ledger.open = options => {
    const query = open(options)
    const send = query.send.bind(query)
    query.send = (link, args) => {
      send(link, args)
      if (!query.isOver && !['find_node', 'ping', 'neighbours'].includes(query.method))
        methods.push(query.method)
    }
    return query
  }
  return methods
}

/** What is wrong with how a call ends; `undefined` if it ends as it should: with one `EINVAL`. */
async function wrongCall(nodes: Nodes, value: unknown, call: Call): Promise<string | undefined> {
  const ends: unknown[] = []
  const early: unknown[] = []
  let target = early
  const over = new Promise<void>(resolve => {
    const callback = (error: unknown) => {
      target.push(error)
      resolve()
    }
    try {
      const result = call(nodes, value as never, callback)
      target = ends
      if (result instanceof Promise) result.then(() => callback(null), callback)
      else if (call.length < 3) callback(null) // it does not call back, and so should have thrown
    } catch (error) {
      target = ends
      callback(error)
    }
  })
  await within('the end', over, 4000).catch(error => ends.push(error))
  await new Promise(resolve => setImmediate(resolve))
  if (early.length > 0) return `${String(value)}: called back before it returned`
  return ends.length === 1 ? wrongWith(value, ends[0]) : `${String(value)}: ${ends.length} ends`
}

function failureOf(create: () => unknown): string | undefined {
  try {
    create()
    return 'taken'
  } catch (error) {
    return wrongWith(undefined, error)
  }
}

function wrongWith(value: unknown, error: unknown): string | undefined {
  const isRight = error instanceof WebTorrentDHTError && error.code === 'EINVAL' && error.message.length < 300
  return isRight ? undefined : `${String(value)}: ${String(error)}`
}
