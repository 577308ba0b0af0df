/** k-rpc-socket: an application's queries and responses go through as they are. */

import { getDefaultResultOrder, setDefaultResultOrder } from 'node:dns'
import type { Test } from 'tape'
import type { KRPCMessage, Peer } from '../../src/upstream.js'
import {
  type ApplicationQuery,
  arrived,
  ask,
  bind,
  closing,
  createEchoing,
  createHasty,
  createSockets,
  echoOn,
  type Implementation,
  nextQueries,
  nextQuery,
  onBoth,
  placeOf
} from '../helpers/implementations.js'

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, i) => i))

/** The keys that the messages of the DHT have. */
const KEYS = [
  ...['id', 'nodes', 'values', 'signals', 'signal', 'token', 'target', 'info_hash', 'port', 'implied_port'],
  ...['v', 'k', 'sig', 'seq', 'salt', 'cas', 'routes', 'next', 'paths', 'recursive', 'neighbours', 'protocol']
]
const VALUES = [7, 'text', Buffer.alloc(20, 9), [1, 'two'], { deep: { er: 1 } }, '', []]
/** In every response. */
const OWN_MEANING = { nodes: 'none', values: 1, signals: [] }
const ANY_MEANING = VALUES.map(value => Object.fromEntries(KEYS.map(key => [key, value])))

const DICTIONARIES: Record<string, unknown>[] = [
  { hej: 10 },
  {},
  { text: 'größer 漢字 🐟', bytes: ALL_BYTES, empty: '' },
  { zero: 0, negative: -42, large: Number.MAX_SAFE_INTEGER, small: Number.MIN_SAFE_INTEGER },
  { list: [1, 'two', [3], { four: 4 }], none: [], dictionary: { in: { dictionary: {} } } },
  { größe: 1, 漢字: 2, 'with spaces': 3, '': 4, '0': 5, constructor: 6, toString: 7 },
  { bytes: new Uint8Array([0, 255]), left: undefined, out: null, list: [1, null, 2, undefined] },
  ...ANY_MEANING
]

const shown = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 60)

onBoth('a query arrives as it was sent, and so does its response', async (t, implementation) => {
  const { server, client, place } = await createSockets(t, implementation)
  const queries: unknown[][] = []
  server.on('query', (...values) => {
    queries.push(values)
    const [query, peer] = values
    server.response(peer, query, { hello: 42 })
  })
  const { error, message } = await ask(client, place, { q: 'hello_world', a: { hej: 10 } })
  t.equal(error, null)
  t.deepEqual(message?.r, { hello: 42 })
  t.equal(queries.length, 1)
  t.equal(queries[0]?.length, 2, 'the listener gets the query and the peer')
  const [query, peer] = queries[0] as [KRPCMessage, Peer & { family: string; size: number }]
  t.deepEqual(Object.keys(query).sort(), ['a', 'q', 't', 'y'])
  for (const key of ['t', 'q', 'y'] as const) t.ok(Buffer.isBuffer(query[key]), `${key} is a Buffer`)
  t.deepEqual([String(query.q), String(query.y), query.a], ['hello_world', 'q', { hej: 10 }])
  t.equal(peer.address, '127.0.0.1')
  t.ok(peer.port > 0 && peer.port < 65536, `port ${peer.port}`)
  t.equal(peer.family, 'IPv4')
  t.ok(peer.size > 0)
})

onBoth('the callback gets error, message, peer and request', async (t, implementation) => {
  const { client, place } = await createEchoing(t, implementation)
  const query = { q: 'echo', a: { hello: 'world' } }
  let transaction: unknown
  const values = await new Promise<unknown[]>(resolve => {
    transaction = client.query(place, query, (...values) => resolve(values))
  })
  const [error, message, peer, request] = values as [null, KRPCMessage, Peer, KRPCMessage]
  t.equal(error, null)
  t.deepEqual(Object.keys(message).sort(), ['r', 't', 'y'])
  t.ok(Buffer.isBuffer(message.t) && Buffer.isBuffer(message.y))
  t.deepEqual([String(message.y), message.r], ['r', { echo: arrived({ hello: 'world' }) }])
  t.equal(placeOf(peer), placeOf(place))
  t.equal(transaction, request.t.readUInt16BE(0), 'query returns the transaction id')
  t.deepEqual(message.t, request.t)
  t.deepEqual([request.y, request.q, request.a], ['q', 'echo', { hello: 'world' }])
  t.deepEqual(query, { q: 'echo', a: { hello: 'world' } }, "the caller's query is not written to")
})

async function exchange(t: Test, implementation: Implementation, queries: ApplicationQuery[]) {
  const { server, client, place } = await createSockets(t, implementation)
  const seen: unknown[] = []
  server.on('query', (query, peer) => {
    seen.push(query)
    server.response(peer, query, { echo: query.a, method: query.q, ...OWN_MEANING })
  })
  for (const { q, a } of queries) {
    const { error, message } = await ask(client, place, a === undefined ? { q } : { q, a })
    const { t: _, y, ...query } = (seen.pop() ?? {}) as Record<string, unknown>
    const expected = arrived(a === undefined ? { q } : { q, a })
    t.deepEqual(query, expected, `${shown(String(q))} with ${shown(a)} arrives`)
    if (error) t.fail(`${shown(String(q))} with ${shown(a)}: ${error.message}`)
    else
      t.deepEqual(
        message?.r,
        arrived({ ...(a !== undefined && { echo: a }), method: q, ...OWN_MEANING }),
        'and comes back'
      )
  }
}

onBoth('arguments may be any dictionary', (t, implementation) =>
  exchange(
    t,
    implementation,
    DICTIONARIES.map(a => ({ q: 'echo', a }))
  )
)

onBoth('arguments may be a list, a number, a string, or none', (t, implementation) => {
  const others = [[], [1, 'two', [3], { four: 4 }], 0, 1, -5, Number.MAX_SAFE_INTEGER, '', 'text', ALL_BYTES]
  return exchange(
    t,
    implementation,
    [...others, undefined].map(a => ({ q: 'echo', a }))
  )
})

onBoth('a method may have any name', (t, implementation) => {
  const names = [
    ...['echo', 'x', 'with spaces', 'größer 漢字 🐟', 'line\nbreak', '0', '', 'l'.repeat(300)],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', Buffer.from([0xff, 0, 0xfe])]
  ]
  return exchange(
    t,
    implementation,
    names.map(q => ({ q, a: { n: 1 } }))
  )
})

onBoth(
  'the names of the DHT’s methods are free, with arguments and answers of any kind',
  (t, implementation) => {
    const names = ['ping', 'find_node', 'get_peers', 'announce_peer', 'get', 'put']
    const args = [
      { n: 1 },
      {},
      [1],
      'text',
      undefined,
      { id: Buffer.alloc(20, 3), target: Buffer.alloc(20, 4) }
    ]
    return exchange(
      t,
      implementation,
      names.flatMap(q => args.map(a => ({ q, a })))
    )
  }
)

onBoth('a response may be any dictionary', async (t, implementation) => {
  const { server, client, place } = await createSockets(t, implementation)
  let response: Record<string, unknown> = {}
  server.on('query', (query, peer) => server.response(peer, query, response))
  for (response of DICTIONARIES) {
    const { error, message } = await ask(client, place, { q: 'tell', a: {} })
    if (error) t.fail(`${shown(response)}: ${error.message}`)
    else t.deepEqual(message?.r, arrived(response), shown(response))
  }
})

onBoth('parallel queries each get their own response, whatever its turn', async (t, implementation) => {
  const { server, client, place } = await createSockets(t, implementation)
  const waiting: (() => void)[] = []
  server.on('query', (query, peer) => {
    waiting.push(() => server.response(peer, query, { echo: query.a }))
    if (waiting.length === 40) for (const respond of waiting.reverse()) respond()
  })
  t.equal(client.inflight, 0)
  const outcomes = Array.from({ length: 40 }, (_, i) => ask(client, place, { q: 'echo', a: i }))
  t.equal(client.inflight, 40, 'they count at once')
  const replies = await Promise.all(outcomes)
  t.deepEqual(
    replies.map(({ message }) => message?.r?.echo),
    replies.map((_, i) => i)
  )
  t.equal(new Set(replies.map(({ request }) => request?.t.toString('hex'))).size, 40)
  t.equal(client.inflight, 0)
})

onBoth('several askers each get their own response', async (t, implementation) => {
  const { client, place } = await createEchoing(t, implementation)
  const others = Array.from({ length: 3 }, () => closing(t, implementation.createSocket()))
  const askers = [client, ...others]
  const outcomes = await Promise.all(askers.map((asker, i) => ask(asker, place, { q: 'echo', a: { i } })))
  t.deepEqual(
    outcomes.map(({ message }) => message?.r),
    askers.map((_, i) => ({ echo: { i } }))
  )
})

onBoth('who is asked can ask back, and who answered can be asked again', async (t, implementation) => {
  const { server, client, place } = await createEchoing(t, implementation)
  echoOn(client)
  const [[, asker], first] = await Promise.all([
    nextQuery(server),
    ask(client, place, { q: 'echo', a: { way: 'there' } })
  ])
  const back = { host: asker.address ?? '', port: asker.port }
  const { message } = await ask(server, back, { q: 'echo', a: { way: 'back' } })
  t.deepEqual(message?.r, { echo: arrived({ way: 'back' }) })
  const again = { host: first.from?.address ?? '', port: first.from?.port ?? 0 }
  const second = await ask(client, again, { q: 'echo', a: { way: 'again' } })
  t.deepEqual(second.message?.r, { echo: arrived({ way: 'again' }) })
})

onBoth('a response may come late, and go to a copy of the peer', async (t, implementation) => {
  const { server, client, place } = await createSockets(t, implementation)
  const outcomes = ['first', 'second'].map(q => ask(client, place, { q }))
  const held = await nextQueries(server, 2)
  for (const [{ t, q }, { address, port }] of held.reverse()) {
    server.response({ host: address ?? '', port }, { t, y: 'q' }, { to: String(q) })
  }
  t.deepEqual(
    (await Promise.all(outcomes)).map(({ message }) => String(message?.r?.to)),
    ['first', 'second']
  )
})

onBoth('a socket can ask itself', async (t, implementation) => {
  const { server, place } = await createEchoing(t, implementation)
  const { message } = await ask(server, place, { q: 'echo', a: [1] })
  t.deepEqual(message?.r, { echo: [1] })
})

onBoth('a peer may be given by name', async (t, implementation) => {
  const order = getDefaultResultOrder()
  setDefaultResultOrder('ipv4first') // upstream's socket is for IPv4
  t.teardown(() => setDefaultResultOrder(order))
  const { server, client } = await createEchoing(t, implementation)
  const { message, from } = await ask(
    client,
    { host: 'localhost', port: server.address().port },
    { q: 'echo', a: 1 }
  )
  t.deepEqual(message?.r, { echo: 1 })
  t.ok(from?.address && from.port)
})

onBoth('a query needs no callback', async (t, implementation) => {
  const { server, client, place } = await createEchoing(t, implementation)
  client.query(place, { q: 'echo', a: { n: 1 } })
  t.equal(client.inflight, 1)
  t.deepEqual((await nextQuery(server))[0].a, { n: 1 })
  const { message } = await ask(client, place, { q: 'echo', a: { n: 2 } })
  t.deepEqual(message?.r, { echo: { n: 2 } })
  t.equal(client.inflight, 0)
})

onBoth('20,000 bytes go there and back; 70,000 do not get there', async (t, implementation) => {
  const { server, client, place } = await createHasty(t, implementation)
  echoOn(server)
  const methods: string[] = []
  server.on('query', query => methods.push(String(query.q)))
  const bytes = Buffer.alloc(20_000, 'x')
  const { message } = await ask(client, place, { q: 'large', a: { bytes } })
  t.deepEqual(message?.r, { echo: { bytes } })
  const { error } = await ask(client, place, { q: 'too large', a: { bytes: Buffer.alloc(70_000, 'x') } })
  t.equal(error?.code, implementation.isOurs ? 'EINVAL' : 'ETIMEDOUT')
  const after = await ask(client, place, { q: 'after', a: 1 })
  t.deepEqual(after.message?.r, { echo: 1 })
  t.deepEqual(methods, ['large', 'after'])
})

onBoth('two sockets that both listen ask each other', async (t, implementation) => {
  const { server, place } = await createEchoing(t, implementation)
  const other = closing(t, implementation.createSocket())
  echoOn(other)
  const otherPlace = await bind(other)
  const outcomes = [ask(server, otherPlace, { q: 'echo', a: 1 }), ask(other, place, { q: 'echo', a: 2 })]
  const replies = (await Promise.all(outcomes)).map(({ message }) => message?.r)
  t.deepEqual(replies, [{ echo: 1 }, { echo: 2 }])
})
